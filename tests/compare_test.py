#!/usr/bin/python3
"""benchmarks/compare, small: compare_test.py BUILD [unittest options and names]

Runs it on a made volume with what BUILD and this machine have of the systems. Needs numpy (Debian's python3-numpy).
"""

import json
import lzma
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import numpy as np  # noqa: E402

from comparing import plan as plans  # noqa: E402
from comparing import processes, tables, volumes  # noqa: E402

BUILD = None
SEED = 20240607
ALWAYS = {"terrane balanced", "terrane fast", "RocksDB + zstd-3", "mmap .npy", "numpy memmap"}
CASES = {(name, heat) for name in ("box 32", "box 64", "box 256", "point") for heat in ("cold", "hot")}


def hills(size):
    """Layers below a bumpy ground, with ores, sides that are no multiple of a brick."""
    rng = np.random.default_rng(SEED)
    print(f"seed={SEED}", file=sys.stderr)
    height = size[2] * (0.5 + 0.2 * np.sin(np.arange(size[0]) / 17)[:, None] * np.cos(np.arange(size[1]) / 11)[None, :])
    depth = height[:, :, None] - np.arange(size[2])
    out = np.where(depth < 0, 0, np.minimum(1 + depth // 9, 5)).astype("<u2")
    out[(rng.random(size) < 0.01) & (out > 2)] = 40000
    return out


def compare(*args):
    return subprocess.run([ROOT / "benchmarks" / "compare", "--no-build", "--build", BUILD, *args], capture_output=True,
                          text=True, check=False)


class Whole(unittest.TestCase):
    def test_quick_run_reports_every_system_and_case(self):
        with tempfile.TemporaryDirectory() as scratch:
            npy, out, page = (pathlib.Path(scratch) / n for n in ("hills.npy", "out.json", "page.md"))
            np.save(npy, hills((128, 128, 120)))
            page.write_text(f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n")
            done = compare("--quick", "--no-made", "--volumes", npy, "--scratch", scratch, "--json", out, "--markdown", page)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(out.read_text())
            text = page.read_text()
            self.assertIn(done.stdout, text)
            self.assertTrue(text.startswith("before\n") and text.endswith("\nafter\n") and "old\n" not in text, text)
            again = compare("--from-json", out)
            self.assertEqual((again.returncode, again.stdout), (0, done.stdout), again.stderr)
        self.check(report)

    def check(self, report):
        for key in ("cpu", "cores", "memory_bytes", "load_before", "load_after", "load_most"):
            self.assertIn(key, report["machine"])
        self.assertEqual([v["shape"] for v in report["volumes"]], [[128, 128, 120]])
        systems = {s["system"]: s for s in report["volumes"][0]["systems"]}
        self.assertLessEqual(ALWAYS, set(systems))
        self.assertEqual(set(systems), set(report["versions"]))
        for name, system in systems.items():
            with self.subTest(system=name):
                reads = {(r["name"], r["heat"]): r for r in system["reads"]}
                levels = {key for key in reads if key[0].startswith("level")}
                self.assertEqual(set(reads) - levels, CASES)
                self.assertEqual(len(levels), 2 * len(plans.LEVELS) if name.startswith("terrane") else 0)
                for read in reads.values():
                    self.assertGreater(read["count"], 0)
                    self.assertGreaterEqual(read["wall_p99_us"], read["wall_p50_us"])
                self.assertEqual(reads["box 256", "cold"]["shape"], [128, 128, 120])
                self.assertGreater(system["disk_bytes"], 0)
                self.assertGreater(system["open_ms"], 0)


class Honesty(unittest.TestCase):
    """A system that gives other voxels than the volume has ends the run."""

    def test_wrong_voxels_end_the_run(self):
        with tempfile.TemporaryDirectory() as scratch:
            npy, plan_file = pathlib.Path(scratch) / "hills.npy", pathlib.Path(scratch) / "plan.json"
            volume = hills((80, 70, 60))
            np.save(npy, volume)
            plan = plans.make_plan(volume, SEED, quick=True)
            for command, system in (([BUILD / "bin" / "compare_cpp"], "mmap .npy"),
                                    (["/usr/bin/python3", ROOT / "benchmarks/comparing/python_systems.py"], "numpy memmap")):
                call = [*command, "read", system, npy, scratch, plan_file]
                plan_file.write_text(json.dumps(plan))
                self.assertTrue(processes.run_json(call)["cases"])
                for case in (0, 3):  # a box, a point
                    wrong = json.loads(json.dumps(plan))
                    wrong["cases"][case]["crc"][1] ^= 1
                    plan_file.write_text(json.dumps(wrong))
                    with self.assertRaisesRegex(processes.Failed, f"other voxels.*{plan['cases'][case]['name']}"):
                        processes.run_json(call)


class Volumes(unittest.TestCase):
    def test_takes_any_integers_and_refuses_the_rest(self):
        with tempfile.TemporaryDirectory() as scratch:
            data = pathlib.Path(scratch)
            volume = np.asfortranarray(hills((20, 10, 6)).astype("i4"))
            with lzma.open(data / "a.npy.xz", "wb") as file:
                np.save(file, volume)
            made = volumes.given(data / "a.npy.xz", data)
            array = np.load(made)
            self.assertTrue(array.dtype == "<u2" and array.flags.c_contiguous and (array == volume).all())
            for name, bad in (("floats", np.zeros((2, 2, 2))), ("flat", np.zeros((2, 2), "u2")),
                              ("negative", np.full((2, 2, 2), -1, "i8"))):
                np.save(data / f"{name}.npy", bad)
                with self.assertRaisesRegex(volumes.NoVolume, name):
                    volumes.given(data / f"{name}.npy", data)
            (data / "text.npy").write_text("no array")
            with self.assertRaisesRegex(volumes.NoVolume, "text.npy"):
                volumes.given(data / "text.npy", data)
            with self.assertRaisesRegex(volumes.NoVolume, "no such file"):
                volumes.found_in([data / "nowhere.npy"])
            self.assertEqual([p.name for p in volumes.found_in([data]) if p.suffix == ".xz"], ["a.npy.xz"])


class Tables(unittest.TestCase):
    @staticmethod
    def system(name, disk, us):
        read = {"name": "box 32", "heat": "cold", "shape": [32] * 3, "count": 1, "wall_p50_us": us, "wall_p99_us": us,
                "cpu_p50_us": us, "cpu_mean_us": us}
        return {"system": name, "ingest": None, "disk_bytes": disk, "read_peak_anon_bytes": 1, "open_ms": 1,
                "open_cpu_ms": 1, "reads": [read]}

    def test_losses_name_the_peer_and_the_factor(self):
        volume = {"name": "v", "systems": [self.system(tables.BASE, 100, 10), self.system("small", 50, 99),
                                           self.system("quick", 99, 2), self.system("terrane fast", 1, 1)]}
        self.assertEqual(tables.losses({"volumes": [volume]}), {("bytes on disk", "small"): [(2.0, "v")],
                                                                ("cold box 32", "quick"): [(5.0, "v")]})

    def test_a_page_without_marks_is_left_alone(self):
        with tempfile.TemporaryDirectory() as scratch:
            page = pathlib.Path(scratch) / "page.md"
            page.write_text("no marks")
            with self.assertRaises(ValueError):
                tables.replace_between_marks(page, "x")
            self.assertEqual(page.read_text(), "no marks")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
