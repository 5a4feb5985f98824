"""Threads, callbacks and signals: the work goes on without the GIL, and stops in good order."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import terrane

EDGE = 64


class Stop(Exception):
    pass


def together(*bodies):
    """Runs them at once; what one of them raises comes out."""
    raised = []

    def guarded(body):
        try:
            body()
        except BaseException as e:  # noqa: B902 - it is raised again
            raised.append(e)

    threads = [threading.Thread(target=guarded, args=(b,)) for b in bodies]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if raised:
        raise raised[0]


def test_many_read_while_one_writes():
    shape = (2 * EDGE, 2 * EDGE, EDGE)
    with terrane.create("memory:", shape, fill=0, threads=3) as v:
        done = threading.Event()

        def write():
            try:
                for i in range(1, 30):
                    v[EDGE // 2:EDGE // 2 + EDGE, :, :] = i
            finally:
                done.set()

        def read():
            last = 0
            while not done.is_set():
                block = v[EDGE // 2:EDGE // 2 + EDGE, 10:20, 5:9]
                # One state between two writes, and never an older one than before.
                assert (block == block[0, 0, 0]).all()
                assert last <= block[0, 0, 0]
                last = block[0, 0, 0]
                assert v.at(EDGE, 10, 5) >= last
                assert v.lod(1)[0, 0, 0] == 0
                v.ranges(((0, 1), (0, 1), (0, 1)))

        together(write, *[read] * 5)
        assert v[EDGE, 0, 0] == 29


def test_many_points_at_once(volume, dense):
    points = np.random.default_rng(3).integers(0, dense.shape, (20000, 3))
    want = dense[tuple(points.T)]
    together(*[lambda: np.testing.assert_array_equal(volume.at(points), want)] * 4)


def test_a_volume_closed_by_another_thread_is_an_exception():
    for _ in range(20):
        v = terrane.create("memory:", (EDGE, EDGE, EDGE), fill=8, threads=2)
        started = threading.Barrier(4)

        def read():
            started.wait()
            with pytest.raises(terrane.ClosedError):
                while True:
                    assert (v[...] == 8).all()

        def close():
            started.wait()
            v[0, 0, 0]
            v.close()

        together(read, read, read, close)


def test_other_threads_run_while_one_works():
    """Work holds no GIL: a callback of one ingest waits for a thread that needs the GIL, on the way."""
    with terrane.create("memory:", (EDGE, EDGE, EDGE), threads=1) as v:
        turns = []
        ready, go = threading.Event(), threading.Event()

        def count():
            go.wait()
            for i in range(1000):
                turns.append(i)
            ready.set()

        def progress(done, total, unit):
            go.set()
            assert ready.wait(60)

        other = threading.Thread(target=count)
        other.start()
        v.ingest(np.ones((EDGE, EDGE, EDGE), np.uint8), progress=progress)
        other.join()
        assert len(turns) == 1000


def test_progress_is_told_in_the_calling_thread_and_reaches_its_end():
    with terrane.create("memory:", (EDGE, EDGE, EDGE)) as v:
        told = []
        v.ingest(np.ones((EDGE, EDGE, EDGE), np.uint8),
                 progress=lambda *news: told.append((threading.get_ident(), *news)))
        assert told and told[-1] == (threading.get_ident(), EDGE**3, EDGE**3, "voxels")
        told.clear()
        assert v.verify(progress=lambda *news: told.append(news)).good
        assert told[-1][0] == told[-1][1] and told[-1][2] == "levels"
        together(lambda: v.rebuild_levels(progress=lambda *news: told.append(news)))


def blocks_of(v, source):
    """How often progress is told of it, were it to go through."""
    told = []
    with terrane.create("memory:", v.shape) as other:
        other.ingest(source, progress=lambda *news: told.append(news))
    return len(told)


def test_an_exception_of_a_callback_stops_the_work_and_comes_out(path):
    source = np.random.default_rng(5).integers(0, 5, (1100, 1100, 8)).astype(np.uint8)
    with terrane.create(path, source.shape, fill=9) as v:
        assert blocks_of(v, source) > 1, "the source is too small to be stopped half way"
        told = []

        def progress(done, total, unit):
            told.append(done)
            raise Stop("enough", done)

        with pytest.raises(Stop) as raised:
            v.ingest(source, progress=progress)
        assert len(told) == 1 and raised.value.args == ("enough", told[0])
        assert told[0] < source.size
        # It stopped on the way, and says so; nothing of it is read as if it were there.
        (unfinished,) = v.info()["unfinished"]
        assert unfinished["box"] == tuple((0, n) for n in source.shape)
        with pytest.raises(terrane.IncompleteError):
            v[...]
        v.read(allow_incomplete=True)
        with pytest.raises(terrane.ConflictError):
            v[0, 0, 0] = 1
        with pytest.raises(terrane.ConflictError):
            v.ingest(source + 1)
        # The same voxels in another array continue it.
        report = v.ingest(source.astype(np.int64))
        assert report.resumed and np.array_equal(v[...], source)
        with pytest.raises(Stop):
            v.verify(progress=progress)
        with pytest.raises(Stop):
            v.rebuild_levels(progress=progress)
        v.rebuild_levels()
        assert v.verify().good


def test_restart_forgets_an_ingest_that_was_stopped():
    source = np.random.default_rng(5).integers(0, 5, (1100, 1100, 8)).astype(np.uint8)
    with terrane.create("memory:", source.shape, fill=9) as v:
        def progress(*_):
            raise Stop

        with pytest.raises(Stop):
            v.ingest(source, progress=progress)
        assert not v.ingest(source + 1, restart=True).resumed
        assert np.array_equal(v[...], source + 1)


def test_a_callback_may_read_but_not_change_the_volume():
    with terrane.create("memory:", (EDGE, EDGE, EDGE), fill=3) as v:
        seen = []

        def progress(*_):
            seen.append(v.read(allow_incomplete=True).shape)
            for change in (lambda: v.__setitem__(0, 1), lambda: v.ingest(np.ones((1, 1, 1), int)), v.compact,
                           v.refresh):
                with pytest.raises(terrane.InvalidError, match="callback"):
                    change()

        v.ingest(np.ones((EDGE, EDGE, EDGE), np.uint8), progress=progress)
        assert seen
        v[0] = 2  # and afterwards it may again


def test_a_callback_may_close_the_volume():
    v = terrane.create("memory:", (EDGE, EDGE, EDGE))
    v.ingest(np.ones((EDGE, EDGE, EDGE), np.uint8), progress=lambda *_: v.close())
    assert v.closed


@pytest.mark.parametrize("progress", [7, "abc"])
def test_a_callback_that_cannot_be_called(progress):
    with terrane.create("memory:", (EDGE, EDGE, EDGE)) as v:
        with pytest.raises(TypeError, match="progress"):
            v.ingest(np.ones((1, 1, 1), int), progress=progress)
        with pytest.raises(TypeError, match="positional"):
            v.ingest(np.ones((1, 1, 1), int), progress=lambda: None, restart=True)


def test_control_c_stops_an_ingest(path):
    script = """
import os, signal, sys, threading, numpy as np, terrane
signal.signal(signal.SIGINT, signal.default_int_handler)
source = np.random.default_rng(5).integers(0, 5, (1100, 1100, 8)).astype(np.uint8)
told = []
def progress(*news):
    told.append(news)
    if len(told) == 1:
        os.kill(os.getpid(), signal.SIGINT)
v = terrane.create(sys.argv[1], source.shape)
try:
    v.ingest(source, progress=progress)
    sys.exit("not interrupted")
except KeyboardInterrupt:
    assert len(told) == 1, told
    assert len(v.info()["unfinished"]) == 1
assert v.ingest(source).resumed
assert (v[...] == source).all()
"""
    here = os.path.dirname(os.path.dirname(terrane.__file__))
    other = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=240,
                           env={**os.environ, "PYTHONPATH": here})
    assert other.returncode == 0, other.stderr


def test_a_signal_handler_that_raises_stops_work_that_has_no_callback():
    # Minutes of work that takes no memory: one voxel, again and again.
    source = np.broadcast_to(np.uint8(1), (40000, 40000, 64))
    with terrane.create("memory:", source.shape) as v:
        def handler(*_):
            raise Stop

        before = signal.signal(signal.SIGUSR1, handler)
        try:
            timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGUSR1))
            timer.start()
            with pytest.raises(Stop):
                v.ingest(source)
            timer.join()
        finally:
            signal.signal(signal.SIGUSR1, before)
        # Had it gone through, all of it would be there.
        assert v.info()["ingested_bytes"] < source.size


def test_large_reads_and_writes_are_those_of_small_ones():
    """Above 2^24 voxels another thread does the work."""
    shape = (260, 256, 260)
    with terrane.create("memory:", shape, fill=1) as v:
        want = np.ones(shape, np.uint16)
        want[3:, :, 5:] = v[3:, :, 5:] = 7
        v[...] = want
        assert np.array_equal(v[...], want)
        with pytest.raises(terrane.InvalidError):
            v.read(((0, 261), (0, 256), (0, 260)))
