"""Calls that are wrong: exit 2, a message that names what is wrong, and nothing written."""

import json
import os
import subprocess

import numpy as np

from bench import BAD_CALL, FAILED, FINE, TERRANE, CliCase, layered, noise, triple

SHAPE = (100, 80, 60)


class BadCall(CliCase):
    def setUp(self):
        super().setUp()
        self.array = layered(SHAPE, 1)
        self.store = self.stored("a.terrane", self.array)
        self.before = self.json("info", self.store)

    def tearDown(self):
        """Whatever was refused: the store is as it was."""
        np.testing.assert_array_equal(self.read(self.store), self.array)
        after = self.json("info", self.store)
        for key in ["ingested_bytes", "stored_bytes", "ranges", "unfinished"]:
            self.assertEqual(after[key], self.before[key])

    def test_usage(self):
        self.refused(says="--help")
        self.refused("conquer", says=["conquer"])
        self.refused("info", says=["STORE"])
        self.refused("info", self.store, "--jsn", says=["--jsn", "terrane info --help"])
        self.refused("read", self.store, says=["--output"])
        self.refused("read", self.store, "--lod", "two", "-o", self.path("o.npy"), says=["two"])
        self.refused("info", self.store, "--cache-bytes", "lots", says=["--cache-bytes", "lots"])
        self.refused("ingest", self.store, says=["FILE", "--earth"])
        self.refused("at", self.store, says=["--lonlat"])
        self.refused("at", self.store, "1,2", says=["1,2", "X,Y,Z"])
        self.refused("at", self.store, "-1,2,3", says=["x is -1"])
        self.refused("bench", says=["--help"])
        for option in ("--points", "--bricks", "--writes"):
            for count in ("-5", "1.5", "99999999999999999999", "many"):
                self.refused("explain", self.store, "1,1,1", option, count, says=[option, count, "whole number"])
        self.refused("explain", self.store, "1,1,1", "--points", 5, "--locality", "nan", says=["--locality"])
        for seconds in ("-1", "nan", "inf"):
            self.refused("report", self.store, "-o", self.path("o.html"), "--verify-seconds", seconds,
                         says=["--verify-seconds"])
        for verb in (["report", self.store, "-o", self.path("o.html")], ["bench", "store", self.store]):
            for option in ("--points", "--boxes", "--seed"):
                self.refused(*verb, option, "-1", says=[option, "-1", "whole number"])
            self.refused(*verb, "--points", "10000001", says=["10000001", "10000000"])

    def test_boxes(self):
        out = self.path("o.npy")
        for box, says in [("0:101,0:80,0:60", ["x", "101", "100"]), ("0:100,0:80,60:61", ["z"]),
                          ("5:5,0:80,0:60", ["x", "empty"]), ("0:100,9:3,0:60", ["y", "inverted"]),
                          ("0:100,-1:3,0:60", ["y", "-1"]), ("0:100,0:80", ["X0:X1,Y0:Y1,Z0:Z1"]),
                          ("0:1152921504606846976,0:1,0:1", ["x", "1152921504606846976"]),
                          ("0:1048576,0:1048576,0:1048576", ["x"])]:
            with self.subTest(box=box):
                self.refused("read", self.store, "--box", box, "-o", out, says=says)
                self.assertFalse(os.path.exists(out))
        self.refused("read", self.store, "--box", "90:110,0:80,0:60", "-o", out, says=["x"])

    def test_a_box_of_a_planet_is_refused_before_any_memory(self):
        planet = self.path("planet.terrane")
        self.call("create", planet, "--preset", "bluemarble")
        out = self.path("o.npy")
        self.refused("read", planet, "-o", out, says=["--lod"])
        self.refused("read", planet, "--box", "0:1048576,0:1048576,0:1048576", "-o", out, says=["--lod", "2^40"])
        self.assertFalse(os.path.exists(out))
        self.assertEqual(self.json("at", planet, "160300079,80150039,79999999")["material"], "unknown")

    def test_levels(self):
        for lod in (-1, 22, 1000):
            self.refused("read", self.store, "--lod", lod, "-o", self.path("o.npy"), says=[str(lod), "21"])
            self.refused("at", self.store, "0,0,0", "--lod", lod, says=[str(lod), "21"])
            self.refused("render", self.store, "--slice", "z=0", "--lod", lod, "-o", self.path("o.png"), says=[str(lod)])

    def test_points(self):
        self.refused("at", self.store, "100,0,0", says=["100,0,0", "0:100"])
        self.refused("at", self.store, "0,0,9999999999", says=["9999999999"])
        self.refused("at", self.store, "--lonlat", "0,0,0", says=["longitude"])
        self.refused("at", self.store, "--lonlat", "0,95,0", says=["latitude", "95"])

    def test_stores_that_are_not_there_or_already_are(self):
        missing = self.path("missing.terrane")
        for verb in (["info", missing], ["at", missing, "0,0,0"], ["verify", missing], ["compact", missing],
                     ["ingest", missing, self.save("b.npy", self.array)], ["bench", "store", missing],
                     ["read", missing, "-o", self.path("o.npy")]):
            self.refused(*verb, says=["missing.terrane"])
            self.assertFalse(os.path.exists(missing))
        self.refused("create", self.store, "--extent", "5,5,5", says=["a.terrane"])
        os.mkdir(self.path("empty"))
        self.refused("info", self.path("empty"), says=["empty"])
        with open(self.path("file"), "w") as f:
            f.write("not a store")
        self.refused("create", self.path("file"), "--extent", "5,5,5", says=["file"])
        self.refused("info", self.path("file"), says=["file"])

    def test_worlds_that_cannot_be(self):
        new = self.path("new.terrane")
        for options, says in [(["--extent", "0,5,5"], ["x is 0"]), (["--extent", "5,5"], ["NX,NY,NZ"]),
                              (["--extent", f"{2**28 + 1},5,5"], ["x"]), (["--extent", f"5,5,{2**27 + 1}"], ["z"]),
                              (["--extent", "5,5,5", "--voxel-size", "1,0,1"], ["y"]),
                              (["--extent", "5,5,5", "--voxel-size", "1,nan,1"], ["y", "nan"]),
                              (["--extent", "5,5,5", "--crs", "Mars"], ["Mars"]),
                              (["--extent", "5,5,5", "--fill", "65536"], ["65536"]),
                              (["--extent", "5,5,5", "--fill", "cheese"], ["cheese"]),
                              (["--extent", "5,5,5", "--catalogue", "no.json"], ["no.json"]),
                              (["--extent", "5,5,5", "--preset", "bluemarble"], ["--preset"]),
                              (["--preset", "marzipan"], ["marzipan"]), ([], ["--extent"])]:
            with self.subTest(options=options):
                self.refused("create", new, *options, says=says)
                self.assertFalse(os.path.exists(new))

    def test_catalogues_that_cannot_be(self):
        names = self.path("names.json")
        for text in ["{", "[]x", '[{"id": 70000, "name": "a"}]', '[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]']:
            with open(names, "w") as f:
                f.write(text)
            self.refused("create", self.path("new.terrane"), "--extent", "5,5,5", "--catalogue", names,
                         says=["names.json"])

    def test_files_that_are_no_arrays(self):
        def ingest(name, content, says):
            with open(self.path(name), "wb") as f:
                f.write(content)
            self.refused("ingest", self.store, self.path(name), says=[name, *says])

        ingest("text.npy", b"hello, this is not an array at all, only some text of no use", [])
        ingest("empty.npy", b"", [])
        ingest("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(100), [])
        with open(self.save("whole.npy", self.array), "rb") as f:
            whole = f.read()
        ingest("cut.npy", whole[: len(whole) // 2], [])
        ingest("head.npy", whole[:40], [])
        self.refused("ingest", self.store, self.path("nowhere.npy"), says=["nowhere.npy"])

    def test_arrays_that_are_no_voxels(self):
        for name, array, says in [("float.npy", np.zeros(SHAPE, "f4"), ["f4"]),
                                  ("complex.npy", np.zeros((4, 4, 4), "c8"), []),
                                  ("four.npy", np.zeros((2, 2, 2, 2), "u1"), []),
                                  ("none.npy", np.zeros((0, 4, 4), "u1"), [])]:
            with self.subTest(name=name):
                self.refused("ingest", self.store, self.save(name, array), says=[name, *says])

    def test_arrays_that_do_not_fit(self):
        file = self.save("b.npy", noise((50, 50, 50), 2))
        self.refused("ingest", self.store, file, "--at", "60,0,0", says=["x"])
        self.refused("ingest", self.store, file, "--at", "0,0,-5", says=["z is -5"])
        self.refused("ingest", self.store, self.save("c.npy", noise((101, 1, 1), 2)), says=["x"])

    def test_raw_without_a_shape_or_of_another_length(self):
        file = self.path("a.raw")
        self.array.tofile(file)
        shape = ["--shape", triple(SHAPE)]
        self.refused("ingest", self.store, file, says=["--shape", "--dtype"])
        self.refused("ingest", self.store, file, *shape, says=["--dtype"])
        self.refused("ingest", self.store, file, *shape, "--dtype", "f4", says=["f4", "u16"])
        self.refused("ingest", self.store, file, *shape, "--dtype", "u8", says=["a.raw"])
        self.refused("ingest", self.store, file, "--shape", "100,80,61", "--dtype", "u16", says=["a.raw"])
        self.refused("ingest", self.store, file, "--shape", "100,-80,60", "--dtype", "u16", says=["y is -80"])

    def test_pictures_that_cannot_be(self):
        out = self.path("o.png")
        for options, says in [([], ["--slice", "--section", "--map"]), (["--slice", "z=60"], ["z=60"]),
                              (["--slice", "w=1"], ["w=1"]), (["--slice", "z=1", "--map", "surface"], ["one of"]),
                              (["--map", "core"], ["core"]), (["--section", "1,1:2,2"], ["longitude"]),
                              (["--section", "1,1"], ["LON,LAT:LON,LAT"]),
                              (["--slice", "z=1", "--max-size", "10,10"], ["10,10"]),
                              (["--slice", "z=1", "--box", "0:101,0:1,0:2"], ["x"])]:
            with self.subTest(options=options):
                self.refused("render", self.store, *options, "-o", out, says=says)
                self.assertFalse(os.path.exists(out))

    def test_a_failed_read_leaves_what_stood_there(self):
        out = self.path("o.npy")
        self.call("read", self.store, "-o", out)
        with open(out, "rb") as f:
            before = f.read()
        self.refused("read", self.store, "--box", "0:999,0:1,0:1", "-o", out)
        with open(out, "rb") as f:
            self.assertEqual(f.read(), before)
        self.refused("read", self.store, "-o", self.path("o.txt"), says=["o.txt", ".npy"])
        self.refused("read", self.store, "-o", self.path("no/such/o.npy"), code=FAILED, says=["o.npy"])

    def test_a_full_pipe_is_a_failure(self):
        with open("/dev/full", "w") as full:
            self.call("info", self.store, "--json", code=FAILED, stdout=full)


class BadValues(CliCase):
    def test_values_that_are_no_ids_are_named_with_their_place(self):
        for name, value, dtype in [("large", 65536, "u4"), ("huge", 2**40, "u8"), ("negative", -3, "i2")]:
            with self.subTest(name=name):
                array = layered(SHAPE, 1).astype(dtype)
                array[70, 65, 3] = value
                store = self.create(name + ".terrane", SHAPE)
                self.refused("ingest", store, self.save(name + ".npy", array), says=[str(value), "70,65,3"])
                array[70, 65, 3] = 4
                self.call("ingest", store, self.save("good.npy", array), "--restart")
                np.testing.assert_array_equal(self.read(store), array)

    def test_the_largest_id_is_one(self):
        array = np.full((3, 3, 3), 65535, "u4")
        np.testing.assert_array_equal(self.read(self.stored("a.terrane", array)), array)


class Planets(CliCase):
    def test_earth_needs_its_own_materials(self):
        relief = self.path("flat.asc")
        with open(relief, "w") as f:
            f.write("ncols 4\nnrows 4\nxllcorner 10\nyllcorner 10\ncellsize 1\nNODATA_value -9999\n")
            f.write("100 200 300 400\n" * 3 + "100 200 -9999 400\n")
        geo = ["--voxel-size", "0.5,0.5,100", "--origin", "10,10,-1000", "--crs", "EPSG:4326"]
        names = self.path("names.json")
        with open(names, "w") as f:
            json.dump([{"id": 3, "name": "cheese"}], f)
        other = self.create("other.terrane", (8, 8, 20), *geo, "--catalogue", names)
        self.refused("ingest", other, "--earth", relief, code=FAILED, says=["--catalogue earth"])
        local = self.create("local.terrane", (8, 8, 20))
        self.refused("ingest", local, "--earth", relief)
        store = self.create("earth.terrane", (8, 8, 20), *geo)
        self.refused("ingest", store, "--earth", self.path("no.tif"), says=["no.tif"])
        self.refused("ingest", store, "--earth", relief, says=["12", "10"])  # the hole, by longitude and latitude
        self.refused("ingest", store, "--earth", relief, "--region", "100:110,0:5")
        self.refused("ingest", store, "--earth", relief, "--region", "100:90,0:5", says=["longitude"])
        self.refused("ingest", store, "--earth", relief, "--at", "0,0,0", says=["--region"])
        report = self.json("ingest", store, "--earth", relief, "--region", "10:13.9,11.6:13.9", "--restart")
        self.assertGreater(report["voxels"], 0)
        self.assertEqual(self.json("at", store, "--lonlat", "11,13,900")["material"], "air")
        self.assertNotEqual(self.json("at", store, "--lonlat", "11,13,-900")["material"], "air")
