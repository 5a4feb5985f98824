"""bench codecs: what it says of a small volume, against sizes that NumPy and zlib know."""

import json
import zlib

import numpy as np

from bench import CliCase, layered

CODECS = ["palette", "rows", "rle", "octree", "delta", "hybrid", "context", "tree", "archive"]
POLICIES = ["fast", "balanced", "archive"]


class BenchCodecs(CliCase):
    def run_bench(self, array, *options):
        out = self.path("figures.json")
        done = self.call("bench", "codecs", self.save("v.npy", array), "--repeats", "1", "--json", out, *options)
        self.assertIn("context", done.stdout)
        with open(out) as file:
            return json.load(file)

    def test_rows_are_those_of_every_codec_policy_and_peer(self):
        report = self.run_bench(layered((70, 64, 66), 1))
        self.assertEqual(report["raw_bytes"], 70 * 64 * 66 * 2)
        self.assertEqual(report["window"], 256)
        rows = {row["codec"]: row for row in report["rows"]}
        self.assertEqual([r["codec"] for r in report["rows"] if r["kind"] == "terrane"], CODECS)
        self.assertEqual([r["codec"] for r in report["rows"] if r["kind"] == "policy"], POLICIES)
        peers = [r["codec"] for r in report["rows"] if r["kind"] == "peer"]
        self.assertTrue({"zstd-1", "zstd-3", "zstd-9", "zstd-19", "zlib-6"} <= set(peers), peers)
        for row in rows.values():
            self.assertAlmostEqual(row["bits_per_voxel"], 16 * row["bytes"] / report["raw_bytes"])
            for key in ("encode_mb_s", "decode_mb_s", "box32_us_p50", "box32_us_p99"):
                self.assertGreater(row[key], 0, (row["codec"], key))
            self.assertLessEqual(row["box32_us_p50"], row["box32_us_p99"])
            self.assertLessEqual(row["voxel_ns_p50"], row["voxel_ns_p99"])

    def test_bytes_are_counted_brick_by_brick_at_their_true_size(self):
        array = layered((70, 40, 66), 2)
        array[64:, :, 64:] = 7  # one brick of one material: two bytes
        report = self.run_bench(array)
        expected = 0
        for x in (slice(0, 64), slice(64, None)):
            for z in (slice(0, 64), slice(64, None)):
                brick = np.ascontiguousarray(array[x, :, z])
                expected += 2 if (brick == brick.flat[0]).all() else len(zlib.compress(brick.tobytes(), 6))
        (zlib_row,) = [r for r in report["rows"] if r["codec"] == "zlib-6"]
        self.assertEqual(zlib_row["bytes"], expected)

    def test_the_window_is_the_one_with_the_most_mixed_bricks(self):
        array = np.zeros((64, 64, 256), np.uint16)
        array[5, 5, 130] = array[9, 9, 200] = 3
        report = self.run_bench(array, "--window", "128")
        self.assertEqual(report["box"], [[0, 0, 128], [64, 64, 256]])
        self.assertEqual((report["bricks"], report["mixed_bricks"]), (2, 2))
        whole = self.run_bench(array, "--window", "0")
        self.assertEqual((whole["bricks"], whole["mixed_bricks"]), (4, 2))
        self.assertEqual(whole["raw_bytes"], array.nbytes)

    def test_bad_calls_are_refused(self):
        volume = self.save("v.npy", np.zeros((8, 8, 8), np.uint16))
        self.refused("bench", "codecs", volume, "--window", "100", says="multiple of 64")
        self.refused("bench", "codecs", volume, "--window", "-64")
        self.refused("bench", "codecs", self.path("missing.npy"), says="missing.npy")
