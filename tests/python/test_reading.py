"""v[...] and its kin, compared with the same key on a plain array."""

import numpy as np
import pytest

import terrane

from conftest import SHAPE

KEYS = [
    np.s_[...], np.s_[:], np.s_[:, :, :], np.s_[10:20, 30:40, 5:70], np.s_[0:64, 0:64, 0:64],
    np.s_[-20:-5, :, -1], np.s_[3], np.s_[-3], np.s_[3, 4], np.s_[3, ..., 4], np.s_[..., 7], np.s_[:, 5],
    np.s_[5:5, :, :], np.s_[90:10, :, :], np.s_[100:1000, -1000:20, ::1], np.s_[1000:2000], np.s_[:, :, 79:80],
    np.s_[np.int32(4):np.uint8(9), np.int64(7), ...], np.s_[149, 99, 79], np.s_[-150, -100, -80], np.s_[()],
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_key_selects_what_numpy_selects(volume, dense, key):
    got = volume[key]
    assert got.shape == dense[key].shape
    assert got.dtype == np.uint16
    assert np.array_equal(got, dense[key])


def test_random_boxes_are_those_of_the_array(volume, dense, seed):
    random = np.random.default_rng(seed)
    for _ in range(100):
        ends = [sorted(random.integers(-n - 5, n + 6, 2)) for n in SHAPE]
        key = tuple(slice(int(a), int(b)) for a, b in ends)
        assert np.array_equal(volume[key], dense[key]), key


def test_three_integers_give_a_numpy_scalar(volume, dense):
    assert type(volume[1, 2, 3]) is np.uint16
    assert volume[1, 2, 3] == dense[1, 2, 3]


def test_what_is_read_is_the_callers_own(volume, dense):
    block = volume[:10, :10, :10]
    assert block.flags.c_contiguous and block.flags.writeable and block.flags.owndata
    block[:] = 9
    assert np.array_equal(volume[:10, :10, :10], dense[:10, :10, :10])


def test_large_arrays_are_their_own_though_their_memory_is_used_again():
    shape = (128, 128, 64)
    with terrane.create("memory:", (140, 128, 64)) as v:
        v[...] = np.arange(140)[:, None, None]
        kept = [v[i:i + 128] for i in range(3)]
        for i, array in enumerate(kept):
            array += 1
            assert array.shape == shape and array.flags.writeable and array.flags.c_contiguous
            for other in range(40):  # comes and goes
                assert v[other % 12:, :, :][0, 0, 0] == other % 12
            assert (array == np.arange(i + 1, i + 129)[:, None, None]).all()
        part = v[...][5]  # a view keeps its memory
        gone = [v[...] for _ in range(5)]
        del gone
        v[...]
        assert (part == 5).all()
    assert (kept[0] == np.arange(1, 129)[:, None, None]).all(), "an array lives on when the volume is closed"


@pytest.mark.parametrize("key, what", [
    (np.s_[150, 0, 0], "index 150 is out of bounds for axis 0 .x. with size 150"),
    (np.s_[0, -101, 0], "index -101 is out of bounds for axis 1"),
    (np.s_[:, :, 80], "axis 2 .z."),
    (np.s_[0, 0, 0, 0], "too many indices"),
    (np.s_[..., ...], "single ellipsis"),
    (None, "newaxis"),
    (np.s_[True], "not True"),
    (np.s_[np.True_, 0, 0], "."),
    (np.s_[[1, 2, 3]], "at.. an array of points"),
    (np.s_[np.array([1, 2])], "points"),
    (np.s_[1.0], "1.0"),
    (np.s_["a"], "'a'"),
    (2**70, "."),
], ids=str)
def test_what_is_no_index_is_an_index_error(volume, key, what):
    with pytest.raises(IndexError, match=what):
        volume[key]


@pytest.mark.parametrize("key", [np.s_[::2], np.s_[:, ::-1], np.s_[0, 0, 5:1:-1]], ids=str)
def test_a_step_is_an_error_that_says_what_to_do(volume, key):
    with pytest.raises(terrane.InvalidError, match=r"no step.*lod\(1\)"):
        volume[key]
    with pytest.raises(ValueError):
        volume[key] = 1


def test_a_slice_of_no_numbers_is_a_type_error(volume):
    with pytest.raises(TypeError):
        volume[1.5:3]


def test_a_volume_is_an_array_to_numpy(volume, dense):
    assert volume.shape == SHAPE and volume.ndim == 3 and volume.dtype == np.uint16
    assert len(volume) == SHAPE[0] and volume.size == dense.size
    assert np.array_equal(np.asarray(volume), dense)
    assert np.asarray(volume, dtype=np.int32).dtype == np.int32
    assert np.array_equal(np.asarray(volume.lod(1)), volume.lod(1)[...])


def test_a_planet_does_not_become_an_array_by_itself():
    with terrane.create("memory:", preset="bluemarble", fill=7) as earth:
        assert earth.size == 160300080 * 80150040 * 80000000
        with pytest.raises(MemoryError, match="lod"):
            np.asarray(earth)
        with pytest.raises(terrane.ExhaustedError, match="at most 2\\^33"):
            earth[...]
        with pytest.raises(terrane.ExhaustedError):
            earth.read()
        with pytest.raises(terrane.ExhaustedError):
            earth[...] = 1
        assert earth[-1, -1, -1] == 7 and (earth.lod(21)[...] == 7).all()


def test_read_gives_a_box(volume, dense):
    box = ((5, 70), (6, 90), (7, 80))
    want = dense[5:70, 6:90, 7:80]
    assert np.array_equal(volume.read(box), want)
    assert np.array_equal(volume.read(np.s_[5:70, 6:90, 7:80]), want)
    assert np.array_equal(volume.read(np.array(box)), want)
    assert np.array_equal(volume.read(), dense)
    assert volume.read(box, lod=2).shape == (17, 22, 19)


def test_read_fills_an_array_of_any_strides(volume, dense):
    box = ((5, 70), (6, 90), (7, 80))
    want = dense[5:70, 6:90, 7:80]
    big = np.zeros((130, 84, 146), np.uint16)
    fortran = np.zeros(want.shape, np.uint16, order="F")
    for out in (np.empty(want.shape, np.uint16), fortran, big[::2, ::-1, 1::2]):
        assert volume.read(box, out=out) is out
        assert np.array_equal(out, want)
    assert not big[1::2].any() and not big[:, :, ::2].any()


@pytest.mark.parametrize("out, kind", [
    (np.zeros((2, 2, 3), np.uint16), ValueError), (np.zeros((2, 2), np.uint16), ValueError),
    (np.zeros((2, 2, 2), np.int16), TypeError), (np.zeros((2, 2, 2), ">u2"), TypeError),
    ([[[0]]], TypeError), (np.broadcast_to(np.uint16(0), (2, 2, 2)), ValueError),
    (np.zeros(17, np.uint8)[1:].view("u2").reshape(2, 2, 2), ValueError),
], ids=str)
def test_an_out_that_does_not_fit_is_refused(volume, out, kind):
    with pytest.raises(kind, match="out"):
        volume.read(((0, 2), (0, 2), (0, 2)), out=out)


@pytest.mark.parametrize("box, kind, what", [
    (((0, 151), (0, 1), (0, 1)), terrane.InvalidError, "x=151"),
    (((-1, 1), (0, 1), (0, 1)), terrane.InvalidError, "x=-1"),
    (((3, 3), (0, 1), (0, 1)), terrane.InvalidError, "empty"),
    (((3, 1), (0, 1), (0, 1)), terrane.InvalidError, "inverted"),
    ((0, 1, 2), TypeError, "a box is"), ("abc", TypeError, "a box is"), (7, TypeError, "a box is"),
    (((0, 1), (0, 1)), TypeError, "a box is"), (((0, 1.5), (0, 1), (0, 1)), TypeError, "1.5"),
    (np.s_[0:4:2, 0:1, 0:1], TypeError, "no step"), (np.s_[:, 0:1, 0:1], TypeError, "None"),
    (((0, 2**70), (0, 1), (0, 1)), OverflowError, "."),
], ids=str)
def test_a_box_is_not_clipped_but_refused(volume, box, kind, what):
    with pytest.raises(kind, match=what):
        volume.read(box)


def test_levels_have_indices_of_their_own(volume, dense):
    for level in (0, 1, 2, 3):
        view = volume.lod(level)
        size = tuple(-(-n >> level) if False else -(-n // 2**level) for n in SHAPE)
        whole = volume.read(lod=level)
        assert view.shape == size == whole.shape and view.level == level
        for key in (np.s_[...], np.s_[1:5, :3, -2:], np.s_[-1, -1, -1], np.s_[2, :, 1:1]):
            assert np.array_equal(view[key], whole[key])
    # 1:3 of level 3 is 8:24 of the volume.
    assert np.array_equal(volume.lod(3)[1:3, 0:2, 0:2], volume.read(((8, 24), (0, 16), (0, 16)), lod=3))
    assert volume.lod(21).shape == (1, 1, 1)


@pytest.mark.parametrize("level", [-1, 22, 2**20])
def test_a_level_that_does_not_exist(volume, level):
    with pytest.raises(terrane.InvalidError, match="0 to 21"):
        volume.lod(level)
    with pytest.raises(terrane.InvalidError, match="0 to 21"):
        volume.read(lod=level)
    with pytest.raises(terrane.InvalidError, match="0 to 21"):
        volume.at(0, 0, 0, lod=level)


def test_levels_are_only_read(volume):
    with pytest.raises(TypeError):
        volume.lod(1)[0, 0, 0] = 1


def test_points(volume, dense, seed):
    assert volume.at(1, 2, 3) == dense[1, 2, 3] and type(volume.at(1, 2, 3)) is int
    assert volume.at(np.int8(1), 2, np.uint64(3)) == dense[1, 2, 3]
    points = np.random.default_rng(seed).integers(0, SHAPE, (40, 50, 3))
    want = dense[points[..., 0], points[..., 1], points[..., 2]]
    got = volume.at(points)
    assert got.dtype == np.uint16 and np.array_equal(got, want)
    assert np.array_equal(volume.at(points[:, ::3].astype(np.uint8)), want[:, ::3])
    assert volume.at([[1, 2, 3]]).tolist() == [dense[1, 2, 3]]
    assert volume.at(np.zeros((0, 3), int)).shape == (0,)
    coarse = volume.lod(2)
    assert volume.at(13, 22, 31, lod=2) == coarse[3, 5, 7] == coarse.at(3, 5, 7)
    assert np.array_equal(coarse.at(points // 4), volume.at(points, lod=2))


@pytest.mark.parametrize("call", [
    lambda v: v.at(150, 0, 0), lambda v: v.at(-1, 0, 0), lambda v: v.at([[0, 0, 80]]),
    lambda v: v.at(np.array([[0, 0, 0], [0, -1, 0]])), lambda v: v.lod(1).at(75, 0, 0),
    lambda v: v.locate(0, 0, 99),
])
def test_a_point_outside_is_invalid_and_never_counts_from_the_end(volume, call):
    with pytest.raises(terrane.InvalidError, match="outside"):
        call(volume)


@pytest.mark.parametrize("arguments", [
    (1.0, 2, 3), (1, 2), ([[1.0, 2, 3]],), ([1, 2],), (5,), ("abc",), (True, 0, 0), (None, 0, 0), ([["a", "b", "c"]],),
], ids=str)
def test_points_of_another_kind_are_type_errors(volume, arguments):
    with pytest.raises(TypeError):
        volume.at(*arguments)


def test_locate_tells_what_holds_a_voxel(volume, dense):
    place = volume.locate(1, 2, 3)
    assert place["material"] == dense[1, 2, 3] and place["kind"] == "brick" and place["written"]
    assert place["codec"] in ("palette", "rows") or isinstance(place["codec"], str)
    assert place["stored_bytes"] > 0 and place["lod"] == 0
    with terrane.create("memory:", (100, 100, 100), fill=3, catalogue={3: "rock"}) as empty:
        place = empty.locate(99, 99, 99)
        assert place["name"] == "rock" and place["kind"] == "predicted" and not place["written"]
        assert place["codec"] is None


def test_a_box_crosses_the_seam():
    with terrane.create("memory:", (100, 20, 10), wrap_x=True, fill=0) as globe:
        ring = np.arange(100, dtype=np.uint16)[:, None, None]
        globe[...] = ring
        got = globe.read(((90, 110), (0, 20), (0, 10)))
        assert got[:, 0, 0].tolist() == list(range(90, 100)) + list(range(10))
        globe.write(((95, 105), (0, 1), (0, 1)), np.full((10, 1, 1), 7))
        assert globe[:6, 0, 0].tolist() == [7, 7, 7, 7, 7, 5]
        assert globe[94:, 0, 0].tolist() == [94, 7, 7, 7, 7, 7]
        # Slices are those of an array, and an array has no seam.
        assert globe[90:110].shape == (10, 20, 10)


def test_ranges_tile_the_box(volume, dense):
    ranges = volume.ranges()
    bricks = 3 * 2 * 2
    assert sum(r.bricks for r in ranges) == bricks
    seen = np.zeros(SHAPE, int)
    for r in ranges:
        for (x0, x1), (y0, y1), (z0, z1) in r.boxes():
            seen[x0:x1, y0:y1, z0:z1] += 1
            if r.kind != "brick":
                assert (dense[x0:x1, y0:y1, z0:z1] == r.material).all()
        assert (r.codec is None) == (r.kind != "brick") == (r.material is not None)
        assert r.stored_bytes > 0 and r.level == 0 and r.written
        assert "terrane.Range" in repr(r)
    assert (seen == 1).all()
    assert [r.kind for r in volume.ranges(((0, 1), (0, 1), (0, 1)))] == ["brick"]
    assert all(r.level == 3 for r in volume.ranges(lod=3))


def test_a_planet_is_one_range():
    with terrane.create("memory:", preset="bluemarble", fill=7) as earth:
        (only,) = earth.ranges()
        up = lambda n: -(-n // 64)
        assert only.kind == "predicted" and only.material == 7
        assert only.bricks == up(160300080) * up(80150040) * up(80000000)
        assert len(only.boxes()) <= 127
