"""Edits: what they change, what is kept of them, and what folding them does not change."""

import numpy as np

from bench import FAILED, CliCase, layered, levels


class Edits(CliCase):
    def whole(self, store, lod=0):
        out = self.path("read.npy")
        self.call("read", store, "-o", out, "--lod", lod)
        return np.load(out)

    def check(self, store, array):
        for lod, expected in enumerate(levels(array, 3)):
            np.testing.assert_array_equal(self.whole(store, lod), expected, f"level {lod}")
        self.call("verify", store)

    def test_voxels_boxes_and_files_of_them_change_what_is_read_and_leave_events(self):
        array = layered((150, 100, 70), 1)
        store = self.stored("a.terrane", array)
        report = self.json("edit", store, "--process", "erosion", "--voxel", "3,4,5", "--material", 9, "--json")
        self.assertEqual(report, {"batch": 1, "voxels": 1, "bricks": 1})
        array[3, 4, 5] = 9
        self.call("edit", store, "--process", "volcanism,tectonics", "--box", "10:140,20:90,3:70", "--material", 7,
                  "--author", "Etna", "--note", "again")
        array[10:140, 20:90, 3:70] = 7
        lines = ["x,y,z,material", "# a comment", "", "0,0,0,5", "149,99,69,6", "0,0,0,8"]
        with open(self.path("voxels.csv"), "w", encoding="ascii") as out:
            out.write("\n".join(lines))
        report = self.json("edit", store, "--process", "deposition", "--csv", self.path("voxels.csv"), "--json")
        self.assertEqual((report["voxels"], report["bricks"]), (2, 2))
        array[0, 0, 0], array[149, 99, 69] = 8, 6
        self.check(store, array)
        events = self.json("events", store, "--json")
        self.assertEqual([e["process"] for e in events], ["erosion", "volcanism,tectonics", "deposition"])
        self.assertEqual((events[1]["author"], events[1]["note"]), ("Etna", "again"))
        self.assertEqual(events[1]["box"], "10:140,20:90,3:70")
        self.assertEqual(events[1]["voxels"], 130 * 70 * 67)
        self.assertEqual([e["batch"] for e in self.json("events", store, "--since", 3, "--json")], [3])
        self.assertEqual([e["batch"] for e in self.json("events", store, "--box", "3:4,4:5,0:9", "--json")], [1, 3])
        folded = self.json("fold", store, "--json")
        self.assertGreater(folded["bricks"], 1)
        self.check(store, array)
        self.assertEqual(self.json("fold", store, "--json")["bricks"], 0)
        self.assertEqual(self.json("events", store, "--json"), events)

    def test_events_are_found_on_both_sides_of_the_seam(self):
        store = self.path("globe.terrane")
        self.call("create", store, "--extent", "100,64,64", "--wrap-x")
        self.call("edit", store, "--process", "erosion", "--box", "95:105,0:9,0:9", "--material", 7)
        for x, found in (("4:5", [1]), ("5:6", []), ("94:95", []), ("99:101", [1])):
            events = self.json("events", store, "--box", f"{x},8:9,8:9", "--json")
            self.assertEqual([e["batch"] for e in events], found, x)
        self.refused("events", store, "--box", "0:1,0:1,64:65", says="z=65")

    def test_bad_calls_say_what_is_wrong_and_change_nothing(self):
        array = layered((70, 64, 10), 2)
        store = self.stored("a.terrane", array)
        edit = ("edit", store, "--process", "erosion")
        self.refused(*edit, "--material", 1, says="--voxel, --box and --csv")
        self.refused(*edit, "--voxel", "1,1,1", says="--material")
        self.refused("edit", store, "--process", "magic", "--voxel", "1,1,1", "--material", 1, says=("magic", "glaciation"))
        self.refused(*edit, "--voxel", "70,0,0", "--material", 1, says=("70,0,0", "outside"))
        self.refused(*edit, "--voxel", "1,1,1", "--material", "granite", says="granite")
        with open(self.path("bad.csv"), "w", encoding="ascii") as out:
            out.write("1,1,1,2\n1,1,x,2\n")
        self.refused(*edit, "--csv", self.path("bad.csv"), says="line 2")
        self.refused(*edit, "--csv", self.path("none.csv"), "--material", 1, code=FAILED, says="none.csv")
        self.check(store, array)
        self.assertEqual(self.json("events", store, "--json"), [])
