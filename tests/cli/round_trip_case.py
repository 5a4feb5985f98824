"""What goes in comes out, at every level, whatever the box."""

import json
import random

import numpy as np

from bench import CliCase, UNKNOWN, box_text, layered, levels, noise, only_large, part, pooled, triple

FLUIDS = [{"id": 0, "name": "air", "density": 1, "fluid": True, "color": "#e8f1f8"},
          {"id": 1, "name": "water", "density": 1025, "fluid": True, "color": "#2f6fa7"},
          {"id": 5, "name": "granite", "color": "#d0706c"}]


class TheRule(CliCase):
    def test_pooling_by_hand(self):
        """The oracle itself, on cases that one can do in the head."""
        def one(children, fluids=()):
            return int(pooled(np.array(children).reshape(2, 2, 2), fluids)[0, 0, 0])
        self.assertEqual(one([7, 7, 7, 2, 2, 2, 3, 4]), 2)
        self.assertEqual(one([7, 7, 7, 7, 2, 2, 2, 4]), 7)
        self.assertEqual(one([0, 0, 0, 0, 5, 6, 7, 8], {0}), 5)
        self.assertEqual(one([0, 0, 0, 1, 1, 6, 7, 8], {0, 1}), 0)
        edge = pooled(np.array([[[9, 9, 1]]]))
        self.assertEqual(edge.tolist(), [[[9, 1]]])


class RoundTrip(CliCase):
    def check_all(self, array, fluids=(), options=(), lods=range(7), boxes=6, seed=1):
        store = self.stored(f"s{seed}.terrane", array, *options)
        every = levels(array, max(lods), fluids)
        rng = random.Random(seed)
        extent = array.shape
        for lod in lods:
            np.testing.assert_array_equal(self.read(store, None, lod), every[lod], f"level {lod}")
            for _ in range(boxes):
                box = []
                for n in extent:
                    lo = rng.randrange(n)
                    box.append((lo, rng.randint(lo + 1, n)))
                np.testing.assert_array_equal(self.read(store, box, lod), part(every[lod], box, lod, extent),
                                              f"seed {seed}, level {lod}, box {box_text(box)}")
        return store

    def test_layers_in_plain_mode(self):
        self.check_all(layered((200, 131, 97), 1), seed=1)

    @only_large
    def test_layers_with_fluids(self):
        names = self.path("names.json")
        with open(names, "w") as f:
            json.dump(FLUIDS, f)
        self.check_all(layered((150, 200, 70), 2), {0, 1}, ["--catalogue", names], seed=2)

    def test_noise(self):
        self.check_all(noise((70, 65, 130), 3), seed=3, boxes=2)

    @only_large
    def test_a_map_one_voxel_thick(self):
        array = (np.add.outer(np.arange(4096), np.arange(4096)) // 97 % 11).astype(np.uint8)[:, :, None]
        array[1000:1003, 2000:2005] = 77
        store = self.stored("flat.terrane", array)
        every = levels(array, 6)
        for lod in range(7):
            np.testing.assert_array_equal(self.read(store, None, lod), every[lod])
        box = ((999, 1064), (1990, 2100), (0, 1))
        np.testing.assert_array_equal(self.read(store, box, 2), part(every[2], box, 2, array.shape))

    @only_large
    def test_single_voxel_and_thin_rods(self):
        for i, shape in enumerate([(1, 1, 1), (1, 300, 1), (1, 1, 300), (300, 1, 1)]):
            self.check_all(noise(shape, i), seed=10 + i, boxes=2)

    def test_boxes_over_the_seam(self):
        array = layered((147, 60, 40), 4)
        store = self.stored("wrap.terrane", array, "--wrap-x")
        every = levels(array, 4)
        for x0, x1 in [(146, 148), (100, 200), (1, 148), (140, 287), (64, 150)]:
            for lod in range(5):
                box = ((x0, x1), (3, 60), (0, 37))
                np.testing.assert_array_equal(self.read(store, box, lod), part(every[lod], box, lod, array.shape),
                                              f"level {lod}, box {box_text(box)}")

    def test_ingest_over_the_seam(self):
        array = noise((50, 30, 20), 6)
        store = self.create("wrap.terrane", (100, 40, 20), "--wrap-x", "--fill", 9)
        self.assertEqual(self.json("ingest", store, self.save("a.npy", array), "--at", "80,5,0")["box"],
                         "80:130,5:35,0:20")
        world = np.full((100, 40, 20), 9, np.uint16)
        world[80:, 5:35], world[:30, 5:35] = array[:20], array[20:]
        for lod, expected in enumerate(levels(world, 3)):
            np.testing.assert_array_equal(self.read(store, None, lod), expected)

    def test_a_patch_over_what_was_there(self):
        world = layered((180, 140, 90), 7)
        patch = noise((71, 40, 53), 8) + 20
        store = self.stored("patch.terrane", world)
        self.call("ingest", store, self.save("patch.npy", patch), "--at", "30,65,17")
        world[30:101, 65:105, 17:70] = patch
        for lod, expected in enumerate(levels(world, 6)):
            np.testing.assert_array_equal(self.read(store, None, lod), expected, f"level {lod}")

    def test_what_was_never_written_is_the_fill(self):
        store = self.create("fill.terrane", (100, 100, 100))
        self.assertTrue((self.read(store) == UNKNOWN).all())
        store = self.create("stone.terrane", (100, 100, 100), "--fill", 7)
        self.assertTrue((self.read(store, None, 3) == 7).all())


class Formats(CliCase):
    ARRAY = layered((60, 50, 40), 9)

    def test_every_integer_type_and_order(self):
        for dtype in ["?", "u1", "i1", "<u2", ">u2", "<i2", "<u4", ">u4", "<i4", "<u8", "<i8"]:
            for order in "CF":
                with self.subTest(dtype=dtype, order=order):
                    array = np.asarray(self.ARRAY > 2 if dtype == "?" else self.ARRAY, dtype=dtype, order=order)
                    name = f"{len(list(self.folder.iterdir()))}"
                    store = self.stored(name + ".terrane", array)
                    np.testing.assert_array_equal(self.read(store), array.astype(np.uint16))

    def test_raw_in_and_out(self):
        file = self.path("a.raw")
        self.ARRAY.astype(np.uint8).tofile(file)
        store = self.create("raw.terrane", self.ARRAY.shape)
        self.call("ingest", store, file, "--shape", triple(self.ARRAY.shape), "--dtype", "u8")
        out = self.path("b.raw")
        self.call("read", store, "-o", out)
        np.testing.assert_array_equal(np.fromfile(out, "<u2").reshape(self.ARRAY.shape), self.ARRAY)

    def test_policies_hold_the_same_voxels(self):
        file = self.save("a.npy", self.ARRAY)
        for policy in ["fast", "balanced", "archive"]:
            store = self.create(policy, self.ARRAY.shape)
            self.call("ingest", store, file, "--policy", policy)
            np.testing.assert_array_equal(self.read(store), self.ARRAY)

    @only_large
    def test_output_larger_than_a_slab(self):
        """Read in parts, joined without a seam: 300 MiB of rows that cross every border."""
        shape = (520, 600, 512)
        array = (np.add.outer(np.add.outer(np.arange(520) // 7, np.arange(600) // 11), np.arange(512) // 64) % 50)
        array = array.astype(np.uint16)
        store = self.stored("large.terrane", array)
        np.testing.assert_array_equal(self.read(store), array)
        self.assertEqual(array.shape, shape)


class Reports(CliCase):
    ARRAY = layered((130, 100, 80), 11)

    def test_ingest_reports_what_it_did(self):
        store = self.create("a.terrane", (200, 200, 100))
        report = self.json("ingest", store, self.save("a.npy", self.ARRAY), "--at", "5,6,7")
        self.assertEqual(report["box"], "5:135,6:106,7:87")
        self.assertEqual(report["voxels"], self.ARRAY.size)
        self.assertIs(report["resumed"], False)
        self.assertGreater(report["seconds"], 0)
        self.assertGreater(report["mb_per_s"], 0)

    def test_info_says_what_a_store_is_and_holds(self):
        store = self.stored("a.terrane", self.ARRAY, "--voxel-size", "0.5,0.5,100", "--origin", "-180,-90,-5000",
                            "--crs", "EPSG:4326")
        info = self.json("info", store)
        self.assertEqual(info["extent"], list(self.ARRAY.shape))
        self.assertEqual(info["voxel_size"], [0.5, 0.5, 100])
        self.assertEqual(info["crs"], "EPSG:4326")
        self.assertEqual(info["logical_bytes"], 2 * self.ARRAY.size)
        self.assertEqual(info["ingested_bytes"], 2 * self.ARRAY.size)
        self.assertGreater(info["stored_bytes"], info["level0_bytes"])
        self.assertGreater(info["disk_bytes"], 0)
        self.assertAlmostEqual(info["reduction"], 1 - info["stored_bytes"] / info["ingested_bytes"])
        self.assertEqual(set(info["ranges"]), {"uniform", "predicted", "brick"})
        self.assertEqual(sum(c["bricks"] for c in info["codecs"].values()), info["ranges"]["brick"])
        self.assertEqual(info["unfinished"], [])
        self.assertIn("130 x 100 x 80", self.call("info", store).stdout)

    def test_ingested_bytes_count_a_brick_once(self):
        store = self.create("a.terrane", (256, 256, 256))
        file = self.save("a.npy", noise((10, 10, 10), 1))
        for _ in range(2):
            self.call("ingest", store, file, "--at", "60,0,0")
        self.assertEqual(self.json("info", store)["ingested_bytes"], 2 * 2 * 64**3)

    def test_disk_and_stored_bytes_agree_after_compact(self):
        store = self.stored("a.terrane", noise((200, 200, 200), 12))
        self.call("compact", store)
        info = self.json("info", store)
        self.assertLessEqual(abs(info["disk_bytes"] - info["stored_bytes"]), 0.05 * info["stored_bytes"] + (1 << 20))

    def test_at_names_the_material_and_its_source(self):
        names = self.path("names.json")
        with open(names, "w") as f:
            json.dump(FLUIDS, f)
        store = self.create("a.terrane", (1024, 256, 256), "--catalogue", names, "--fill", 0)
        self.call("ingest", store, self.save("a.npy", np.full((64, 64, 64), 5, np.uint16)), "--at", "64,64,64")
        self.call("ingest", store, self.save("b.npy", noise((64, 64, 64), 2)), "--at", "128,128,128")
        at = self.json("at", store, "70,70,70")
        self.assertEqual((at["material_id"], at["material"], at["level"], at["source"]), (5, "granite", 0, "uniform"))
        at = self.json("at", store, "1000,0,0", "--lod", 2)
        self.assertEqual((at["material"], at["level"], at["source"]), ("air", 2, "predicted"))
        self.assertEqual(self.json("at", store, "130,130,130")["source"], "brick")
        self.assertIn("granite", self.call("at", store, "70,70,70").stdout)

    def test_at_agrees_with_read_at_every_level(self):
        store = self.stored("a.terrane", self.ARRAY)
        every = levels(self.ARRAY, 6)
        rng = random.Random(3)
        for lod in range(7):
            p = [rng.randrange(n) for n in self.ARRAY.shape]
            at = self.json("at", store, triple(p), "--lod", lod)
            self.assertEqual(at["material_id"], every[lod][tuple(v >> lod for v in p)])

    def test_at_takes_places_on_the_globe(self):
        store = self.create("a.terrane", (720, 360, 20), "--voxel-size", "0.5,0.5,1000", "--origin", "-180,-90,-10000",
                            "--crs", "EPSG:4326", "--wrap-x", "--fill", 4)
        self.assertEqual(self.json("at", store, "--lonlat", "-179.9,-89.9,-9999")["voxel"], [0, 0, 0])
        self.assertEqual(self.json("at", store, "--lonlat", "0.1,0.1,100")["voxel"], [360, 180, 10])
        self.assertEqual(self.json("at", store, "--lonlat", "360.1,0.1,100")["voxel"], [360, 180, 10])

    def test_verify_counts(self):
        store = self.stored("a.terrane", self.ARRAY)
        report = self.json("verify", store)
        self.assertGreater(report["checked"], 0)
        self.assertEqual((report["corrupt"], report["missing"]), (0, 0))
        self.call("verify", store, "--rebuild")
        np.testing.assert_array_equal(self.read(store, None, 2), levels(self.ARRAY, 2)[2])

    def test_render_draws_what_it_is_asked(self):
        store = self.create("a.terrane", self.ARRAY.shape, "--crs", "EPSG:4326", "--voxel-size", "0.1,0.1,100")
        self.call("ingest", store, self.save("a.npy", self.ARRAY))
        ways = [("--slice", "x=3"), ("--slice", "y=99"), ("--slice", "z=40"), ("--map", "surface"),
                ("--section", "1,1:9,8"), ("--slice", "z=40", "--box", "3:50,4:60,0:80", "--lod", 1, "--max-size", "500,400"),
                ("--section", "1,1:9,8", "--vertical", "0:3000")]
        for i, way in enumerate(ways):
            out = self.path(f"{i}.png")
            self.assertEqual(self.call("render", store, *way, "-o", out).stdout, "")
            with open(out, "rb") as f:
                head = f.read(24)
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
            limit = (500, 400) if i == 5 else (1600, 1000)
            self.assertTrue(0 < width <= limit[0] and 0 < height <= limit[1])

    def test_bench_store_measures(self):
        store = self.stored("a.terrane", noise((150, 150, 90), 13))
        out = self.path("bench.json")
        table = self.call("bench", "store", store, "--points", 50, "--boxes", 5, "--json", out).stdout
        self.assertIn("cold p50", table)
        with open(out) as f:
            figures = json.load(f)
        self.assertGreater(figures["open_ms"], 0)
        self.assertEqual([p["level"] for p in figures["points"]], [0])
        self.assertEqual(figures["points"][0]["count"], 50)
        self.assertGreater(figures["boxes"][0]["cold_p99_us"], 0)
        self.assertTrue(figures["machine"]["cpu"])

    def test_help_and_version(self):
        self.assertRegex(self.call("--version").stdout, r"terrane \d+\.\d+\.\d+")
        for verb in ["create", "ingest", "read", "at", "info", "verify", "compact", "render", "report",
                     "explain", "analyze", "histogram", "export", "bench store"]:
            text = self.call(*verb.split(), "--help").stdout
            self.assertIn(f"terrane {verb} ", text)

    def test_info_of_a_box_counts_its_bricks(self):
        store = self.stored("a.terrane", self.ARRAY)
        whole, info = self.json("info", store, "--box", "0:130,0:100,0:80"), self.json("info", store)
        self.assertEqual(whole["raw_bytes"], info["logical_bytes"])
        self.assertEqual(whole["ranges"]["brick"], info["ranges"]["brick"])
        self.assertEqual(whole["codecs"], info["codecs"])
        corner = self.json("info", store, "--box", "63:64,0:1,0:1")
        self.assertEqual(corner["raw_bytes"], 2 * 64**3)
        self.assertEqual(sum(corner["ranges"].values()), 1)
