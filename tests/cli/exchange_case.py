"""VTK image data with VTK on the other side, OpenVDB, and what holds for every format."""

import os
import pathlib

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOXML import vtkXMLImageDataReader

import bench
from bench import FAILED, noise, part
from exchange import BOXES, NAMES, SHAPE, Exchange


class VtkImageData(Exchange):
    def test_vtk_reads_what_terrane_exports(self):
        def read(path, lod):
            reader = vtkXMLImageDataReader()
            reader.SetFileName(path)
            reader.Update()
            image = reader.GetOutput()
            shape = [n - 1 for n in image.GetDimensions()]
            cells = vtk_to_numpy(image.GetCellData().GetScalars("material"))
            fields = image.GetFieldData()
            names, ids = fields.GetAbstractArray("material_names"), vtk_to_numpy(fields.GetArray("material_ids"))
            self.assertEqual({int(i): names.GetValue(n) for n, i in enumerate(ids)},
                             {m["id"]: m["name"] for m in NAMES})
            self.assertEqual(fields.GetAbstractArray("crs").GetValue(0), "EPSG:32632")
            return cells.reshape(shape[::-1]).transpose(2, 1, 0), image.GetOrigin(), image.GetSpacing()
        self.check_exports("a.vti", read)

    def test_many_blocks(self):
        array = noise((300, 290, 33), 9, 60000)
        store = self.stored("large.terrane", array)
        path, _ = self.export(store, "large.vti")
        reader = vtkXMLImageDataReader()
        reader.SetFileName(path)
        reader.Update()
        cells = vtk_to_numpy(reader.GetOutput().GetCellData().GetScalars())
        np.testing.assert_array_equal(cells.reshape(33, 290, 300).transpose(2, 1, 0), array)


class OpenVdb(Exchange):
    """libopenvdb itself is on the other side in terrane/io/vdb_test.cc: Debian's pyopenvdb has no integer grids."""

    def test_round_trip(self):
        store, every = self.place()
        for lod in (0, 1, 3):
            for box in BOXES:
                with self.subTest(lod=lod, box=box):
                    path, report = self.export(store, "a.vdb", box, lod)
                    want = part(every[lod], box or tuple((0, n) for n in SHAPE), lod, SHAPE)
                    np.testing.assert_array_equal(self.bring(path, want.shape), want)
                    np.testing.assert_array_equal(self.bring(path, want.shape, "--grid", "material"), want)
        self.refuse(path, "--grid", "density", says=["no grid", "density", "material (int32)"])
        # Under AddressSanitizer the process ends where OpenVDB, led astray, asks for more memory than there is.
        if b"__asan_init" not in pathlib.Path(bench.TERRANE).read_bytes():
            self.refuse(self.cut(path, 0.6), says=["OpenVDB", "a.vdb"])
        self.refuse(self.path("none.vdb"), says=["no such file", "none.vdb"])

    def test_a_grid_of_floats_is_refused(self):
        try:
            import pyopenvdb
        except ImportError:
            self.skipTest("Debian's python3-openvdb is not installed")
        grid = pyopenvdb.FloatGrid()
        grid.name = "density"
        grid.fill((0, 0, 0), (5, 5, 5), 1.0)
        pyopenvdb.write(self.path("float.vdb"), grids=[grid])
        self.refuse(self.path("float.vdb"), says=["no grid of 32-bit integers", "density (float)"])


class Names(Exchange):
    def test_names_that_say_nothing(self):
        store = self.stored("a.terrane", noise((10, 10, 10), 10))
        for name in ("out", "out.zip", "out.TIF.gz"):
            self.refused("export", store, "-o", self.path(name), says=[name, ".tif, .nc, .vdb, .vti, .npy or .raw"])
        with open(self.path("labels.xyz"), "w") as f:
            f.write("1 2 3")
        self.refuse(self.path("labels.xyz"), says=["labels.xyz", ".tif", ".nc", ".vdb"])

    def test_bad_calls(self):
        store = self.stored("a.terrane", noise((10, 10, 10), 10))
        out = self.path("a.tif")
        self.refused("export", store, says=["--output"])
        self.refused("export", store, "--box", "0:11,0:1,0:1", "-o", out, says=["x", "11"])
        self.refused("export", store, "--lod", 22, "-o", out, says=["22"])
        self.refused("export", self.path("none.terrane"), "-o", out, says=["none.terrane"])
        self.refused("export", store, "-o", self.path("none/a.tif"), code=FAILED, says=["none/a.tif"])
        planet = self.path("planet.terrane")
        self.call("create", planet, "--preset", "bluemarble")
        for kind in ("tif", "nc", "vdb", "vti", "npy"):
            self.refused("export", planet, "-o", self.path("p." + kind), says=["--lod"])
        wide = "0:131072,0:131072,0:64"
        self.refused("export", planet, "--box", wide, "-o", self.path("p.vdb"), says=["2^34"])
        self.refused("export", planet, "--box", wide, "-o", self.path("p.vti"), code=FAILED, says=["2^28"])
        self.refused("export", planet, "--box", "0:64,0:64,0:65536", "-o", self.path("p.tif"), says=["65,535"])
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith(("a.tif", "p."))], [])

    def test_arrays_are_those_of_read(self):
        store = self.stored("a.terrane", noise((100, 70, 90), 12))
        box = ((1, 99), (2, 68), (3, 71))
        for lod in (0, 2):
            path, _ = self.export(store, "a.npy", box, lod)
            np.testing.assert_array_equal(np.load(path), self.read(store, box, lod))
            raw, _ = self.export(store, "a.raw", box, lod)
            np.testing.assert_array_equal(np.fromfile(raw, "<u2"), self.read(store, box, lod).ravel())

    def test_what_is_unfinished_is_not_exported(self):
        """The broken input leaves an ingest behind, whose box cannot be read."""
        store = self.create("a.terrane", (60, 60, 60))
        array = noise((60, 60, 60), 13).astype(np.int32)
        array[50, 50, 50] = 70000
        self.refused("ingest", store, self.save("a.npy", array), says=["70000"])
        self.refused("export", store, "-o", self.path("a.tif"), code=FAILED, says=["--allow-incomplete"])
        self.call("export", store, "--allow-incomplete", "-o", self.path("a.tif"))
