"""The work bench of the command line's tests: a scratch folder, calls of terrane, and what voxels should be."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import numpy as np

TERRANE = "terrane"  # set by cli_test.py
UNKNOWN = 65535
FINE, FAILED, BAD_CALL = 0, 1, 2

# A sanitizer makes each step dear, and what it looks for shows in a few of them.
SANITIZED = "TERRANE_SANITIZED" in os.environ
only_large = unittest.skipIf(SANITIZED, "differs only in size from what the other tests do")


def cheaper(args):
    """Models take minutes under a sanitizer; their own tests are codec_test's. What is not asked for is `fast` there."""
    chosen = any(str(a) in ("--policy", "--strategy", "--profile") for a in args)
    return ["--policy", "fast"] if SANITIZED and args[:1] == ("ingest",) and not chosen else []


class CliCase(unittest.TestCase):
    """A test with a scratch folder of its own, and ways to call terrane that check how it behaved."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="terrane_cli_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return str(self.folder / name)

    def call(self, *args, code=FINE, stdout=subprocess.PIPE):
        """Runs terrane. Whatever it does: errors are one `terrane: ` line on stderr, and data only on stdout."""
        argv = [TERRANE] + [str(a) for a in args] + cheaper(args)
        done = subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=300)
        shown = f"{' '.join(argv)}\nexit {done.returncode}, stdout {done.stdout!r:.300}, stderr {done.stderr!r:.600}"
        self.assertEqual(done.returncode, code, shown)
        if code == FINE:
            self.assertEqual(done.stderr, "", shown)
        else:
            self.assertRegex(done.stderr, r"\Aterrane: [^\n]+\n\Z", shown)
            if args[:1] != ("verify",) and stdout == subprocess.PIPE:
                self.assertEqual(done.stdout, "", shown)
        return done

    def refused(self, *args, code=BAD_CALL, says=()):
        """A call that fails, with a message that has all of `says`."""
        message = self.call(*args, code=code).stderr
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, message)
        return message

    def json(self, *args):
        return json.loads(self.call(*args, "--json").stdout)

    def create(self, name, extent, *options):
        store = self.path(name)
        self.call("create", store, "--extent", triple(extent), *options)
        return store

    def save(self, name, array):
        np.save(self.path(name), array)
        return self.path(name)

    def stored(self, name, array, *options):
        """A store of exactly this array."""
        store = self.create(name, array.shape, *options)
        self.call("ingest", store, self.save(name + ".npy", array))
        return store

    def read(self, store, box=None, lod=0, *options):
        out = self.path("out.npy")
        where = ["--box", box_text(box)] if box else []
        done = self.call("read", store, *where, "--lod", lod, "-o", out, *options)
        self.assertEqual(done.stdout, "")
        array = np.load(out)
        self.assertEqual(array.dtype, np.uint16)
        self.assertTrue(array.flags.c_contiguous)
        return array

    def start_ingest(self, store, file, *options):
        """An ingest that has begun, and is far from its end."""
        argv = [TERRANE, "ingest", store, file, *options] + cheaper(("ingest", *options))
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(end, process)
        begin = time.monotonic()
        while time.monotonic() - begin < 60:
            self.assertIsNone(process.poll(), "the ingest ended before it could be disturbed; give it more to do")
            done = subprocess.run([TERRANE, "info", store, "--json"], capture_output=True, text=True)
            if done.returncode == FINE and json.loads(done.stdout)["unfinished"]:
                return process
        self.fail("the ingest never began")


def end(process):
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stderr:
        process.stderr.close()


def triple(values):
    return ",".join(str(v) for v in values)


def box_text(box):
    """((x0, x1), (y0, y1), (z0, z1)) as the command line takes it."""
    return ",".join(f"{lo}:{hi}" for lo, hi in box)


def pooled(fine, fluids=()):
    """The next coarser level, straight from the rule: fluid against solid by majority of the children that
    exist, ties to solid; then the mode inside the winner, ties to the smallest id."""
    slab = 32  # fine rows at a time: the votes take 64 numbers a voxel
    parts = [fine[x:x + slab] for x in range(0, fine.shape[0], slab)]
    return np.concatenate([pooled_slab(p, list(fluids)) for p in parts])


def pooled_slab(fine, fluids):
    padded = np.pad(fine.astype(np.int32), [(0, n % 2) for n in fine.shape], constant_values=-1)
    children = np.stack([padded[x::2, y::2, z::2] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    exists = children >= 0
    fluid = exists & np.isin(children, fluids)
    solid = exists & ~fluid
    winner = np.where(solid.sum(0) >= fluid.sum(0), solid, fluid)
    votes = (children[:, None] == children[None, :]).sum(1, dtype=np.int32)
    score = np.where(winner, votes * (1 << 20) - children, -1)
    best = score.argmax(0)
    return np.take_along_axis(children, best[None], 0)[0].astype(np.uint16)


def levels(array, count, fluids=()):
    out = [array.astype(np.uint16)]
    for _ in range(count):
        out.append(pooled(out[-1], fluids))
    return out


def part(level_array, box, level, extent):
    """What a read of `box` at a level gives: the voxels it touches, a seam box in two parts."""
    (x0, x1), (y0, y1), (z0, z1) = box
    down, up = lambda v: v >> level, lambda v: -(-v >> level)
    rows = level_array[:, down(y0):up(y1), down(z0):up(z1)]
    if x1 <= extent[0]:
        return rows[down(x0):up(x1)]
    return np.concatenate([rows[down(x0):], rows[: up(x1 - extent[0])]])


def layered(shape, seed):
    """Rock under sediment under water and air: smooth horizons, with ore in places. Ids 0..6."""
    rng = np.random.default_rng(seed)
    x, y, z = (np.arange(n) for n in shape)
    ground = shape[2] * (0.5 + 0.2 * np.sin(x / 17.0)[:, None] * np.cos(y / 23.0)[None, :])
    depth = ground[:, :, None] - z[None, None, :]
    out = np.where(depth > 12, 5, np.where(depth > 4, 4, np.where(depth > 0, 3, 0)))
    out = np.where((depth <= 0) & (z[None, None, :] < shape[2] * 0.55), 1, out)
    ore = rng.random(shape) < 0.01
    return np.where(ore & (depth > 4), 6, out).astype(np.uint16)


def noise(shape, seed, materials=16):
    """Nothing to gain: every codec is at its worst."""
    return np.random.default_rng(seed).integers(0, materials, shape).astype(np.uint16)


def slow_input(shape=(256, 320, 320), seed=5):
    """Enough work that an ingest is still at it when the test has noticed it."""
    return noise(shape, seed, 200)
