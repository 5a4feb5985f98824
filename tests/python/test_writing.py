"""v[...] = value, write and ingest, compared with the same assignment to a plain array."""

import numpy as np
import pytest

import terrane

from conftest import SHAPE


def same(volume, dense):
    return np.array_equal(volume[...], dense)


@pytest.mark.parametrize("key, value", [
    (np.s_[3:9, 4:70, 5:6], 7),
    (np.s_[3:9, 4:70, 5:6], np.uint8(7)),
    (np.s_[...], 65535),
    (np.s_[3, 4, 5], 1),
    (np.s_[-1], 2),
    (np.s_[3:6, 0:2, 0:4], np.arange(24).reshape(3, 2, 4)),
    (np.s_[3:6, 0:2, 0:4], np.arange(24, dtype=np.uint16).reshape(4, 2, 3).T),
    (np.s_[3:6, 0:2, 0:4], np.arange(48, dtype=np.int8).reshape(3, 2, 8)[:, ::-1, ::2]),
    (np.s_[3:6, 0:2, 0:4], np.arange(4)),
    (np.s_[3:6, 0:2, 0:4], np.arange(3)[:, None, None]),
    (np.s_[3:6, 0:2, 0:4], np.arange(4)[None, None, None, :]),
    (np.s_[3:6, 1, 0:4], np.arange(12, dtype=">u4").reshape(3, 4)),
    (np.s_[:, :, 9], np.arange(100, dtype=np.uint64)),
    (np.s_[0:2, 0, 0], [True, False]),
    (np.s_[0:2, 0:2, 0:2], np.ones((2, 2, 2), bool)),
    (np.s_[0:2, 0, 0], np.array([5, 6], ">u2")),
    (np.s_[5:5], 1),
    (np.s_[100:1000, 0, 0], np.arange(50)),
], ids=str)
def test_an_assignment_is_that_of_numpy(volume, dense, key, value):
    volume[key] = value
    dense[key] = value
    assert same(volume, dense)


def test_memory_that_is_not_aligned_is_read(volume, dense):
    raw = np.arange(17, dtype=np.uint8)
    odd = raw[1:].view("u2").reshape(2, 2, 2)
    volume[:2, :2, :2] = odd
    dense[:2, :2, :2] = odd
    assert same(volume, dense)


def test_a_name_of_the_catalogue_is_a_material(volume, dense):
    volume[3:5] = "water"
    dense[3:5] = 1
    assert same(volume, dense)
    with pytest.raises(terrane.InvalidError, match="marzipan"):
        volume[3:5] = "marzipan"


@pytest.mark.parametrize("value, kind, what", [
    (1.0, TypeError, "float64.*astype"),
    (np.zeros((2, 2, 2), np.float32), TypeError, "float32"),
    (np.array(["a"]), TypeError, "0 to 65535"),
    (None, TypeError, "object"),
    ([[1, 2], [3]], ValueError, "."),
    (65536, ValueError, "65536"),
    (-1, ValueError, "-1"),
    (10**30, TypeError, "object"),
    (np.array([[[0, 0], [0, 70000]], [[0, 0], [0, 0]]]), ValueError, r"70000 at \[0,1,1\]"),
    (np.zeros((3, 2, 2), np.uint16), ValueError, r"shape \(3, 2, 2\) into voxels of shape \(2, 2, 2\)"),
    (np.zeros((2, 2, 2, 2), np.uint16), ValueError, "three axes"),
    (np.zeros(3, np.uint16), ValueError, "broadcasts"),
    (np.timedelta64(1), TypeError, "timedelta"),
], ids=str)
def test_what_cannot_be_materials_is_refused_and_nothing_written(volume, dense, value, kind, what):
    with pytest.raises(kind, match=what):
        volume[:2, :2, :2] = value
    assert same(volume, dense)


def test_write_replaces_a_box(volume, dense):
    block = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    volume.write(((64, 66), (0, 3), (76, 80)), block, policy="archive")
    dense[64:66, 0:3, 76:80] = block
    assert same(volume, dense)
    with pytest.raises(terrane.InvalidError, match="z=81"):
        volume.write(((64, 66), (0, 3), (77, 81)), block)
    with pytest.raises(ValueError, match="broadcast"):
        volume.write(((64, 66), (0, 3), (70, 73)), block)
    with pytest.raises(terrane.InvalidError, match="fastest"):
        volume.write(((64, 66), (0, 3), (76, 80)), block, policy="fastest")
    assert same(volume, dense)


def test_levels_follow_a_write(volume):
    volume[0:64, 0:64, 0:64] = 42
    assert (volume.lod(3)[:8, :8, :8] == 42).all()
    assert volume.lod(6)[0, 0, 0] == 42


def test_a_volume_opened_for_reading_is_not_written(path, dense):
    terrane.create(path, SHAPE).close()
    with terrane.open(path) as v:
        for write in (lambda: v.__setitem__(np.s_[0, 0, 0], 1), lambda: v.write(((0, 1),) * 3, 1),
                      lambda: v.ingest(dense), v.compact, v.rebuild_levels):
            with pytest.raises(terrane.InvalidError):
                write()


@pytest.mark.parametrize("array", [
    np.arange(60, dtype=np.uint16).reshape(3, 4, 5),
    np.arange(60, dtype=np.int64).reshape(5, 4, 3).T,
    np.arange(120, dtype=np.uint8).reshape(3, 4, 10)[:, ::-1, ::2],
    np.asfortranarray(np.arange(60, dtype=">i4").reshape(3, 4, 5)),
    np.arange(60).reshape(3, 4, 5) % 2 == 0,
], ids=lambda a: str(a.dtype))
def test_arrays_are_ingested(volume, dense, array):
    report = volume.ingest(array, at=(60, 61, 62))
    dense[60:63, 61:65, 62:67] = array
    assert same(volume, dense)
    assert report.box == ((60, 63), (61, 65), (62, 67)) and report.voxels == 60 and not report.resumed
    assert report.seconds > 0 and report.mb_per_s > 0 and "60 voxels" in repr(report)


def test_files_are_ingested(volume, dense, tmp_path):
    block = np.arange(60, dtype=np.uint32).reshape(3, 4, 5)
    np.save(tmp_path / "block.npy", block)
    volume.ingest(tmp_path / "block.npy", at=[1, 2, 3], policy="fast")
    dense[1:4, 2:6, 3:8] = block
    assert same(volume, dense)
    mapped = np.load(tmp_path / "block.npy", mmap_mode="r")
    volume.ingest(mapped, at=(9, 9, 9))
    dense[9:12, 9:13, 9:14] = block
    assert same(volume, dense)


@pytest.mark.parametrize("source, at, kind, what", [
    (np.zeros((2, 2, 2)), (0, 0, 0), TypeError, "float64"),
    (np.zeros((2, 2, 2, 2), int), (0, 0, 0), ValueError, "three axes"),
    (np.zeros((0, 2, 2), int), (0, 0, 0), ValueError, "nothing"),
    (np.full((2, 2, 2), 65536), (0, 0, 0), terrane.InvalidError, "65536"),
    (np.zeros((2, 2, 2), int), (149, 0, 0), terrane.InvalidError, "x=151"),
    (np.zeros((2, 2, 2), int), (0, 0), TypeError, "at must be three"),
    (np.zeros((2, 2, 2), int), (0, 0, 0.5), TypeError, "0.5"),
    ("there-is-no-such.npy", (0, 0, 0), terrane.NotFoundError, "there-is-no-such"),
    (None, (0, 0, 0), TypeError, "object"),
], ids=str)
def test_what_cannot_be_ingested_is_refused(volume, dense, source, at, kind, what):
    with pytest.raises(kind, match=what):
        volume.ingest(source, at=at)
    assert same(volume, dense) and volume.info()["unfinished"] == []
