"""What the tests of other programs' formats have in common: a store that lies somewhere, exports and imports."""

import json
import os

import numpy as np

from bench import FAILED, UNKNOWN, CliCase, box_text, layered, levels, part

NAMES = [{"id": 0, "name": "air", "fluid": True, "density": 1}, {"id": 1, "name": "fresh water", "fluid": True},
         {"id": 5, "name": "granite"}, {"id": 700, "name": "gneis: d'Ötz <&>"}]
PLACE = ["--origin", "500000,4200000,-300", "--voxel-size", "20,30,5", "--crs", "EPSG:32632"]
SHAPE = (140, 75, 66)
BOXES = [None, ((3, 130), (0, 75), (1, 66)), ((64, 65), (10, 11), (7, 8)), ((60, 140), (60, 70), (0, 66))]


class Exchange(CliCase):
    def place(self):
        """A store that lies somewhere, with names and unknown voxels, and its levels."""
        names = self.path("names.json")
        with open(names, "w", encoding="utf-8") as f:
            json.dump(NAMES, f)
        array = layered(SHAPE, 11)
        array[:4, :5, :6] = UNKNOWN
        array[100:, 3:30, 40:50] = 700
        store = self.stored("place.terrane", array, *PLACE, "--catalogue", names)
        return store, levels(array, 3, {0, 1})

    def export(self, store, out, box=None, lod=0, code=0):
        where = ["--box", box_text(box)] if box else []
        report = self.json("export", store, *where, "--lod", lod, "-o", self.path(out))
        self.assertEqual(report["bytes"], os.path.getsize(self.path(out)))
        self.assertEqual(report["lod"], lod)
        return self.path(out), report

    def check_exports(self, out, read):
        """Any box at any level is what `read(path, lod)` finds: (array [x, y, z], low corner, size of a voxel)."""
        store, every = self.place()
        for lod in (0, 1, 3):
            for box in BOXES:
                with self.subTest(lod=lod, box=box):
                    path, report = self.export(store, out, box, lod)
                    whole = box or tuple((0, n) for n in SHAPE)
                    low = [b[0] >> lod for b in whole]
                    want = part(every[lod], whole, lod, SHAPE)
                    array, origin, spacing = read(path, lod)
                    self.assertEqual(array.dtype, np.uint16)
                    np.testing.assert_array_equal(array, want)
                    self.assertEqual(tuple(report["shape"]), want.shape)
                    size = np.array([20, 30, 5]) * 2 ** lod
                    np.testing.assert_allclose(spacing, size)
                    np.testing.assert_allclose(origin, np.array([500000, 4200000, -300]) + size * low)
        self.assertEqual([n for n in os.listdir(self.folder) if "partial" in n], [])

    def bring(self, file, shape, *options):
        """What terrane makes of a file."""
        store = self.create(f"in{len(os.listdir(self.folder))}.terrane", shape, "--fill", 9)
        report = self.json("ingest", store, file, *options)
        self.assertEqual(report["box"], box_text([(0, n) for n in shape]))
        return self.read(store)

    def refuse(self, file, *options, says, code=2):
        if not hasattr(self, "empty"):
            self.empty = self.create("empty.terrane", (50, 50, 50))
        self.refused("ingest", self.empty, file, *options, says=says, code=code)

    def fails(self, *args):
        """As a bad call where the file does not open, as a failure where it does; the message."""
        try:
            return self.refused(*args)
        except AssertionError:
            return self.refused(*args, code=FAILED)

    def cut(self, path, share):
        with open(path, "rb") as f:
            data = f.read()
        name = f"cut_{int(share * 100)}_{os.path.basename(path)}"
        with open(self.path(name), "wb") as f:
            f.write(data[:int(len(data) * share)])
        return self.path(name)
