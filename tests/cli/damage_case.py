"""Stores that something happened to: exit 1, never a wrong voxel; and ingests that were stopped."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess

import numpy as np

import bench
from bench import FAILED, FINE, CliCase, layered, levels, noise, only_large, slow_input


class Damage(CliCase):
    def outcome(self, store, array):
        """Reads everything: True where it is exact, False where terrane says that it is not."""
        out = self.path("read.npy")
        if os.path.exists(out):
            os.remove(out)
        done = subprocess.run([bench.TERRANE, "read", store, "-o", out], capture_output=True, text=True)
        if done.returncode == FINE:
            np.testing.assert_array_equal(np.load(out), array, "wrong voxels without a word")
            return True
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertRegex(done.stderr, r"\Aterrane: [^\n]+\n\Z")
        self.assertFalse(os.path.exists(out))
        return False

    def files(self, store, suffix):
        return sorted(p for p in pathlib.Path(store).rglob("*" + suffix) if p.is_file())

    def test_a_flipped_byte_is_an_error_and_never_a_material(self):
        array = noise((130, 100, 70), 1, 40)
        store = self.stored("a.terrane", array)
        self.call("compact", store)
        table = max(self.files(store, ".sst"), key=lambda p: p.stat().st_size)
        whole = table.read_bytes()
        rng = random.Random(2)
        caught = 0
        for _ in range(12):
            at = rng.randrange(len(whole))
            table.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1:])
            caught += not self.outcome(store, array)
        self.assertGreater(caught, 8)
        at = len(whole) // 3
        table.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1:])
        done = subprocess.run([bench.TERRANE, "verify", store, "--json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, FAILED, done.stderr)
        table.write_bytes(whole)
        self.assertTrue(self.outcome(store, array))
        self.call("verify", store)

    def test_a_deleted_table_is_an_error(self):
        array = noise((130, 100, 70), 3)
        store = self.stored("a.terrane", array)
        self.call("compact", store)
        for table in self.files(store, ".sst"):
            copy = self.path("copy")
            shutil.copytree(store, copy)
            os.remove(pathlib.Path(copy) / table.relative_to(store))
            self.assertFalse(self.outcome(copy, array))
            self.call("verify", copy, code=FAILED)
            shutil.rmtree(copy)

    def test_a_missing_epoch_file_or_manifest_is_an_error(self):
        array = layered((70, 70, 70), 4)
        store = self.stored("a.terrane", array)
        for name in sorted(p.relative_to(store) for p in pathlib.Path(store).rglob("*") if p.is_file()):
            if name.name in ("LOCK", "LOG", "IDENTITY") or name.name.startswith(("LOG.", "OPTIONS")):
                continue  # RocksDB's own notes, which hold no voxel
            with self.subTest(name=str(name)):
                copy = self.path("copy")
                shutil.copytree(store, copy)
                path = pathlib.Path(copy) / name
                empty = path.stat().st_size == 0
                os.remove(path)
                if self.outcome(copy, array) and not empty:
                    self.call("verify", copy, code=FAILED)
                shutil.rmtree(copy)

    @only_large
    def test_a_full_disk_loses_nothing(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a small tmpfs here: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        store = os.path.join(disk, "a.terrane")
        self.call("create", store, "--extent", "512,512,256", "--fill", 3)
        small = noise((64, 64, 64), 5, 1000)
        self.call("ingest", store, self.save("small.npy", small))
        large = self.save("large.npy", noise((448, 400, 200), 6, 60000))
        self.refused("ingest", store, large, "--at", "64,64,0", code=FAILED)
        box = ((0, 64), (0, 64), (0, 64))
        np.testing.assert_array_equal(self.read(store, box), small)
        out = os.path.join(disk, "out.npy")
        self.refused("read", store, "--allow-incomplete", "-o", out, code=FAILED, says=["out.npy"])
        self.assertFalse(os.path.exists(out))

    def test_a_store_is_written_by_one_process_and_read_by_many(self):
        store = self.create("a.terrane", (256, 320, 330))
        process = self.start_ingest(store, self.save("slow.npy", slow_input()))
        process.send_signal(signal.SIGSTOP)
        small = self.save("small.npy", noise((10, 10, 10), 7))
        self.refused("ingest", store, small, "--at", "0,0,320", code=FAILED, says=["a.terrane"])
        self.refused("compact", store, code=FAILED)
        self.assertEqual(self.json("at", store, "0,0,325")["material"], "unknown")
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.wait(timeout=300), FINE)
        self.call("ingest", store, small, "--at", "0,0,320")


class Stopped(CliCase):
    def setUp(self):
        super().setUp()
        self.array = slow_input()
        self.file = self.save("slow.npy", self.array)
        self.store = self.create("a.terrane", (260, 330, 330), "--fill", 9)

    def stop(self, how):
        process = self.start_ingest(self.store, self.file)
        process.send_signal(how)
        process.wait(timeout=300)
        return process

    def test_killed_and_continued(self):
        self.assertEqual(self.stop(signal.SIGKILL).returncode, -signal.SIGKILL)
        unfinished = self.json("info", self.store)["unfinished"]
        self.assertEqual([u["box"] for u in unfinished], ["0:256,0:320,0:320"])
        self.refused("read", self.store, "-o", self.path("o.npy"), code=FAILED, says=["--allow-incomplete"])
        self.refused("read", self.store, "--lod", 2, "-o", self.path("o.npy"), code=FAILED)
        before = self.read(self.store, None, 0, "--allow-incomplete")
        old = before[:256, :320, :320]
        self.assertTrue(((old == 9) | (old == self.array)).all(), "neither old nor new")
        outside = ((256, 260), (0, 330), (320, 330))
        self.assertTrue((self.read(self.store, outside) == 9).all())
        report = self.json("ingest", self.store, self.file)
        self.assertIs(report["resumed"], True)
        self.check_whole()

    def test_other_ingests_are_refused_until_it_is_done_or_dropped(self):
        self.stop(signal.SIGKILL)
        other = noise((40, 40, 40), 8)
        file = self.save("other.npy", other)
        self.refused("ingest", self.store, file, "--at", "220,290,290", code=FAILED, says=["--restart"])
        self.refused("ingest", self.store, self.file, "--at", "1,0,0", code=FAILED, says=["--restart"])
        self.call("ingest", self.store, self.save("apart.npy", other[:, :, :10]), "--at", "0,0,320")
        self.call("ingest", self.store, file, "--at", "220,290,290", "--restart")
        self.assertEqual(self.json("info", self.store)["unfinished"], [])
        np.testing.assert_array_equal(self.read(self.store, ((220, 260), (290, 330), (290, 330))), other)

    def test_interrupted_by_the_user(self):
        process = self.stop(signal.SIGINT)
        self.assertEqual(process.returncode, FAILED)
        self.assertRegex(process.stderr.read().decode(), r"\Aterrane: [^\n]+\n\Z")
        self.assertEqual(len(self.json("info", self.store)["unfinished"]), 1)
        self.assertIs(self.json("ingest", self.store, self.file)["resumed"], True)
        self.check_whole()

    @only_large
    def test_killed_many_times(self):
        for _ in range(4):
            self.stop(signal.SIGKILL)
            done = subprocess.run([bench.TERRANE, "verify", self.store, "--json"], capture_output=True, text=True)
            report = json.loads(done.stdout)
            self.assertEqual((report["corrupt"], report["missing"]), (0, 0), done.stderr)
        self.call("ingest", self.store, self.file)
        self.check_whole()

    def check_whole(self):
        self.assertEqual(self.json("info", self.store)["unfinished"], [])
        world = np.full((260, 330, 330), 9, np.uint16)
        world[:256, :320, :320] = self.array
        every = levels(world, 3)
        for lod in (0, 1, 3):
            np.testing.assert_array_equal(self.read(self.store, None, lod), every[lod], f"level {lod}")
        self.call("verify", self.store)
