"""edit, edit_box, fold and flush_levels, beside the same assignments to a plain array."""

import os
import shutil
import subprocess
import sys
import threading
from datetime import datetime

import numpy as np
import pytest

import terrane

from conftest import SHAPE
from test_threads import Stop, together

NX, NY, NZ = SHAPE


def same(volume, dense):
    return np.array_equal(volume[...], dense)


def set_box(dense, box, material):
    """As edit_box() does, across the seam."""
    (x0, x1), y, z = box
    xs = np.arange(x0, x1) % NX
    dense[xs, slice(*y), slice(*z)] = material


def random_box(random):
    box = []
    for n in SHAPE:
        size = int(random.integers(1, n if random.random() < 0.2 else 20))
        lo = int(random.integers(0, n - size + 1))
        box.append((lo, lo + size))
    if random.random() < 0.4:
        lo = int(random.integers(NX - (box[0][1] - box[0][0]) + 1, NX + 1)) - 1
        box[0] = (lo, lo + box[0][1] - box[0][0])
    return tuple(box)


def test_edit_where_makes_of_a_box_what_a_function_does(path, dense, seed):
    random = np.random.default_rng(seed)
    with terrane.create(path, SHAPE, wrap_x=True, fill=3) as v:
        v[...] = dense
        for i in range(12):
            box = random_box(random)
            (x0, x1), y, z = box
            xs = np.arange(x0, x1) % NX
            before = dense[xs, slice(*y), slice(*z)]
            after = np.where(before % 2 == i % 2, before + 1, before).astype(np.uint16)

            def change(old):
                assert np.array_equal(old, before)
                old[old % 2 == i % 2] += 1
                return old

            report = v.edit_where(box, change, process="erosion")
            assert report.voxels == np.count_nonzero(after != before)
            dense[xs, slice(*y), slice(*z)] = after
            assert same(v, dense)
        assert v.edit_where(box, lambda old: old).batch == 0


def test_edit_where_conflicts_with_others(path):
    box = ((60, 68), (0, 8), (0, 8))
    with terrane.create(path, SHAPE, fill=0) as v:

        def meddle(old):
            v.edit([[64, 1, 1]], 9)
            return old + 1

        with pytest.raises(terrane.ConflictError):
            v.edit_where(box, meddle)
        assert v[64, 1, 1] == 9 and v[60, 0, 0] == 0
        with pytest.raises(ZeroDivisionError):
            v.edit_where(box, lambda old: 1 // 0)
        with pytest.raises(ValueError):
            v.edit_where(box, lambda old: np.zeros((2, 3), np.uint16))
        v.edit_where(box, lambda old: old + 1)
        assert v[64, 1, 1] == 10 and v[60, 0, 0] == 1


def test_edits_are_assignments_to_a_plain_array(path, dense, seed):
    random = np.random.default_rng(seed)
    batches = 0
    with terrane.create(path, SHAPE, wrap_x=True, fill=3) as v:
        v[...] = dense
        for i in range(60):
            kind = random.integers(4)
            if kind < 2:
                n = int(random.integers(1, 300))
                points = random.integers(0, SHAPE, (n, 3))
                points[n // 2:] = points[random.integers(0, n, n - n // 2)]  # some twice: the last holds
                materials = random.integers(0, 65536, n)
                report = v.edit(points, materials, durability=("sync", "batch")[i % 2])
                for point, material in zip(points, materials):
                    dense[tuple(point)] = material
                assert report.voxels == len(np.unique(points, axis=0))
            elif kind == 2:
                box, material = random_box(random), int(random.integers(0, 65536))
                report = v.edit_box(box, material)
                set_box(dense, box, material)
                assert report.voxels == np.prod([b - a for a, b in box])
            else:
                key = tuple(slice(a, b) for a, b in random_box(random))
                v[key] = dense[key] = int(random.integers(0, 65536))
                continue
            batches += 1
            assert report.batch == batches and report.bricks >= 1
            assert same(v, dense), f"seed {seed}, step {i}"
            if i % 15 == 7:
                v.fold(int(random.integers(1, 3)))
                assert same(v, dense) and v.verify().good
        v.flush_levels()
        assert v.verify().good
    with terrane.open(path) as v:
        assert same(v, dense) and len(v.events()) == batches


@pytest.mark.parametrize("points, materials", [
    ([[3, 4, 5], [149, 99, 79]], 7),
    ([(3, 4, 5)], "water"),
    ((3, 4, 5), np.uint8(7)),
    ([[3, 4, 5], [149, 99, 79]], [1, 65535]),
    ([[3, 4, 5], [3, 4, 5]], [1, 2]),
    (np.array([[3, 4, 5], [6, 7, 8], [9, 9, 9]], np.uint8)[::-2], np.arange(6, dtype=">i8")[::3]),
    (np.arange(24).reshape(2, 4, 3), np.arange(8, dtype=np.uint16).reshape(2, 4)),
    (np.arange(24).reshape(2, 4, 3), np.array([[9], [8]])),
    (np.moveaxis(np.indices((5, 4, 3, 2))[:3], 0, -1), np.arange(2)),
    (np.argwhere(np.tri(40, 30)[..., None] * np.ones(5)), True),
], ids=lambda v: str(getattr(v, "shape", v)))
def test_points_and_materials_are_what_numpy_takes(volume, dense, points, materials):
    report = volume.edit(points, materials)
    where = np.asarray(points).reshape(-1, 3)
    what = np.broadcast_to(1 if isinstance(materials, str) else materials, np.asarray(points).shape[:-1]).reshape(-1)
    for point, material in zip(where, what):
        dense[tuple(point)] = material
    assert same(volume, dense)
    assert report.voxels == len(np.unique(where, axis=0))
    assert f"{report.voxels} voxels" in repr(report)


@pytest.mark.parametrize("box, material", [
    (((3, 9), (4, 70), (5, 6)), 7), (np.s_[3:9, 4:70, 5:6], "water"), ([[64, 128], [0, 64], [0, 64]], np.int8(5)),
    (((0, NX), (0, NY), (0, NZ)), 65535), (((NX - 3, NX + 5), (0, 1), (0, NZ)), 9),
    (((NX - 1, 2 * NX - 1), (0, NY), (0, 64)), 3),
], ids=str)
def test_a_box_becomes_one_material(globe, dense, box, material):
    globe.edit_box(box, material)
    ends = [(b.start, b.stop) if isinstance(b, slice) else tuple(b) for b in box]
    set_box(dense, ends, 1 if material == "water" else material)
    assert same(globe, dense)


POINT = [[1, 2, 3]]


@pytest.mark.parametrize("points, materials, more, kind, what", [
    ([[150, 0, 0]], 1, {}, terrane.InvalidError, "150,0,0"),
    ([[0, 0, 0], [0, 0, -1]], 1, {}, terrane.InvalidError, "0,0,-1"),
    (np.zeros((0, 3), int), 1, {}, terrane.InvalidError, "at least one"),
    ([], 1, {}, TypeError, "points"),
    ([[1.0, 2, 3]], 1, {}, TypeError, "points.*float64"),
    (np.zeros((2, 3), bool), 1, {}, TypeError, "points"),
    ([[1, 2]], 1, {}, TypeError, r"points.*\(1, 2\)"),
    (3, 1, {}, TypeError, "points"),
    (np.full((1, 3), 2**63, np.uint64), 1, {}, TypeError, "uint64"),
    (POINT, 65536, {}, ValueError, "65536"),
    (POINT, -1, {}, ValueError, "-1"),
    (POINT, 1.0, {}, TypeError, "astype"),
    (POINT, None, {}, TypeError, "."),
    (POINT, "marzipan", {}, terrane.InvalidError, "marzipan"),
    (POINT, ["water"], {}, TypeError, "."),
    (POINT, [1, 2], {}, ValueError, "broadcast"),
    (POINT, 1, {"process": "baking"}, terrane.InvalidError, "baking.*erosion"),
    (POINT, 1, {"process": ["erosion", "baking"]}, terrane.InvalidError, "baking"),
    (POINT, 1, {"process": 4}, TypeError, "process"),
    (POINT, 1, {"process": [4]}, TypeError, "process"),
    (POINT, 1, {"note": "x" * 65537}, terrane.InvalidError, "65536"),
    (POINT, 1, {"author": 7}, TypeError, "."),
    (POINT, 1, {"durability": "later"}, terrane.InvalidError, "later"),
    (POINT, 1, {"time": datetime(2020, 1, 1)}, terrane.InvalidError, "zone"),
    (POINT, 1, {"time": np.datetime64("NaT")}, terrane.InvalidError, "NaT"),
    (POINT, 1, {"time": np.datetime64(10**6, "Y")}, terrane.InvalidError, "290,000"),
    (POINT, 1, {"time": "now"}, TypeError, "datetime"),
    (POINT, 1, {"time": 1.5e9}, TypeError, "datetime"),
    (POINT, 1, {"flavour": 1}, TypeError, "."),
], ids=str)
def test_what_is_no_edit_is_refused_and_leaves_no_trace(volume, dense, points, materials, more, kind, what):
    with pytest.raises(kind, match=what):
        volume.edit(points, materials, **more)
    assert same(volume, dense) and volume.events() == []


@pytest.mark.parametrize("box, material, kind, what", [
    (((0, 1), (0, 1), (79, 81)), 1, terrane.InvalidError, "z=81"),
    (((149, 151), (0, 1), (0, 1)), 1, terrane.InvalidError, "x=151"),
    (((5, 5), (0, 1), (0, 1)), 1, terrane.InvalidError, "empty on x"),
    (((0, 1), (0, 1)), 1, TypeError, "a box"),
    (((0, 1.5), (0, 1), (0, 1)), 1, TypeError, "1.5"),
    (((0, 1),) * 3, 65536, terrane.InvalidError, "65536"),
    (((0, 1),) * 3, [1], TypeError, "a material"),
    (((0, 1),) * 3, "marzipan", terrane.InvalidError, "marzipan"),
], ids=str)
def test_what_is_no_box_is_refused_and_leaves_no_trace(volume, dense, box, material, kind, what):
    with pytest.raises(kind, match=what):
        volume.edit_box(box, material)
    assert same(volume, dense) and volume.events() == []


def test_a_volume_opened_for_reading_is_not_edited(path):
    with terrane.create(path, SHAPE, fill=3) as v:
        v.edit(POINT, 1)
    with terrane.open(path) as v:
        for change in (lambda: v.edit(POINT, 2), lambda: v.edit_box(((0, 1),) * 3, 1), v.flush_levels, v.fold):
            with pytest.raises(terrane.InvalidError):
                change()
        assert v.at(1, 2, 3) == 1 and len(v.events()) == 1


def test_a_reader_sees_edits_when_it_refreshes(path):
    with terrane.create(path, SHAPE, fill=3) as writer, terrane.open(path) as reader:
        writer.edit(POINT, 1)
        assert reader.at(1, 2, 3) == 3 and reader.events() == []
        reader.refresh()
        assert reader.at(1, 2, 3) == 1 and len(reader.events()) == 1


def test_an_unfinished_ingest_is_in_the_way():
    source = np.random.default_rng(5).integers(0, 5, (1100, 1100, 8)).astype(np.uint8)
    with terrane.create("memory:", (1200, 1100, 8), fill=9) as v:
        def progress(*_):
            raise Stop

        with pytest.raises(Stop):
            v.ingest(source, progress=progress)
        with pytest.raises(terrane.ConflictError):
            v.edit(POINT, 1)
        with pytest.raises(terrane.ConflictError):
            v.edit_box(((1099, 1101), (0, 1), (0, 1)), 1)
        v.edit([[1150, 2, 3]], 1)
        v.ingest(source)
        v.edit(POINT, 1)
        assert v.at(POINT).tolist() == [1] and v.at(1150, 2, 3) == 1


COUNTER = """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>
int syncs = 0;
int fdatasync(int file) { ++syncs; return (int)syscall(SYS_fdatasync, file); }
"""
COUNT = """
import ctypes, sys, terrane
syncs = ctypes.c_int.in_dll(ctypes.CDLL(None), "syncs")
with terrane.create(sys.argv[1], (64, 64, 64), fill=3) as v:
    for more in ({"durability": "batch"}, {}, {"durability": "sync"}, {"durability": "batch"}):
        for edit in (lambda: v.edit([[1, 2, 3]], 1, **more), lambda: v.edit_box(((0, 9),) * 3, 1, **more)):
            before = syncs.value
            edit()
            print(int(syncs.value > before), end="")
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler, to count what reaches the disk")
def test_an_edit_is_on_the_disk_unless_that_is_not_asked_for(path, tmp_path):
    (tmp_path / "counter.c").write_text(COUNTER)
    library = tmp_path / "counter.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "counter.c"], check=True)
    here = os.path.dirname(os.path.dirname(terrane.__file__))
    counted = subprocess.run([sys.executable, "-c", COUNT, path], capture_output=True, text=True, check=True,
                             env={**os.environ, "PYTHONPATH": here, "LD_PRELOAD": str(library)})
    assert counted.stdout == "00111100"


def test_levels_follow_when_they_are_told_to(volume):
    volume[...] = 3
    told = []
    volume.edit_box(((0, 64), (0, 64), (0, 64)), 42)
    points = np.argwhere(np.ones((4, 4, 4))) + (96, 0, 0)
    volume.edit(points, 43)
    assert volume.at(0, 0, 0) == 42 and volume.at(0, 0, 0, lod=3) == 3 and volume.at(96, 0, 0, lod=2) == 3
    volume.flush_levels(progress=lambda *news: told.append(news))
    assert (volume.lod(3)[:8, :8, :8] == 42).all() and volume.lod(6)[0, 0, 0] == 42
    assert volume.at(96, 0, 0, lod=2) == 43
    assert told[-1][0] == told[-1][1] and told[-1][2] == "levels"
    assert volume.verify().good


def test_a_fold_takes_edits_into_bricks_and_changes_no_read(volume, dense, seed):
    random = np.random.default_rng(seed)
    for _ in range(3):
        points = random.integers((0, 0, 0), (64, 64, 64), (50, 3))
        volume.edit(points, 7)
        dense[tuple(points.T)] = 7
    volume.edit([[149, 99, 79]], 8)
    dense[149, 99, 79] = 8
    events = volume.events()
    report = volume.fold(least=4)
    assert (report.bricks, report.deltas) == (0, 0)
    report = volume.fold(3)
    assert (report.bricks, report.deltas) == (1, 3) and "3 deltas in 1 bricks" in repr(report)
    assert same(volume, dense)
    told = []
    report = volume.fold(progress=lambda *news: told.append(news))
    # The brick that was edited once, and coarser ones that followed.
    assert report.bricks == report.deltas >= 1 and told[-1][0] == told[-1][1]
    assert same(volume, dense) and volume.events() == events and volume.verify().good
    with pytest.raises(TypeError):
        volume.fold(-1)


def test_an_exception_of_a_callback_stops_a_fold_and_comes_out(volume, dense):
    volume.edit(POINT, 7)
    dense[1, 2, 3] = 7
    told = []

    def progress(done, total, unit):
        told.append(done)
        raise Stop

    for work in (volume.fold, volume.flush_levels):
        told.clear()
        with pytest.raises(Stop):
            work(progress=progress)
        assert len(told) == 1
    assert same(volume, dense)
    volume.flush_levels()
    assert volume.verify().good


def test_a_callback_may_not_edit(volume):
    volume.edit(POINT, 7)
    seen = []

    def progress(*_):
        for change in (lambda: volume.edit(POINT, 1), lambda: volume.edit_box(((0, 1),) * 3, 1), volume.fold,
                       volume.flush_levels):
            with pytest.raises(terrane.InvalidError, match="callback"):
                change()
        seen.append(volume.events())

    volume.fold(progress=progress)
    assert seen and all(len(events) == 1 for events in seen)
    volume.edit(POINT, 1)


def test_many_edit_while_others_read_and_one_folds(path, seed):
    writers, rounds = 4, 40
    with terrane.create(path, SHAPE, fill=0, threads=2) as v:
        batches = [[] for _ in range(writers)]
        running = [writers]

        def write(number):
            try:
                points = np.stack([np.arange(NX), np.full(NX, 20 * number), np.full(NX, 40)], 1)
                for i in range(1, rounds + 1):
                    batches[number].append(v.edit(points, i, durability=("batch", "sync")[i % 8 == 0]).batch)
                    assert (v.at(points) == i).all()
            finally:
                running[0] -= 1

        def read():
            last = np.zeros(writers, int)
            while running[0]:
                rows = v[:, 0:61:1, 40][:, ::20]
                assert (rows == rows[0]).all()  # an edit is seen whole or not at all
                assert (rows[0] >= last).all()
                last = rows[0].astype(int)

        def upkeep():
            while running[0]:
                v.fold(2)
                v.flush_levels()

        together(*[lambda n=n: write(n) for n in range(writers)], read, read, upkeep)
        assert sorted(sum(batches, [])) == list(range(1, writers * rounds + 1))
        assert all(b == sorted(b) for b in batches)
        assert [e.batch for e in v.events()] == list(range(1, writers * rounds + 1))
        assert v.verify().good
    with terrane.open(path) as v:
        assert (v[:, 0:61, 40][:, ::20] == rounds).all()


def test_other_threads_run_while_an_edit_waits():
    """An edit that has to wait for an ingest holds no GIL, which the ingest needs for its callback."""
    with terrane.create("memory:", (192, 64, 64), threads=1) as v:
        inside, about, go = threading.Event(), threading.Event(), threading.Event()

        def progress(*_):
            inside.set()
            assert go.wait(60)

        def ingest():
            v.ingest(np.ones((64, 64, 64), np.uint8), progress=progress)

        def edit():
            assert inside.wait(60)
            about.set()
            v.edit([[150, 1, 1]], 5)

        def wake():
            assert about.wait(60)
            go.set()

        together(ingest, edit, wake)
        assert v.at(150, 1, 1) == 5 and v[0, 0, 0] == 1
