"""Stores that are made, opened, closed, shared, and refused."""

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import terrane

SHAPE = (70, 40, 30)


def run(script, *arguments):
    """Another Python process, with this terrane."""
    here = os.path.dirname(os.path.dirname(terrane.__file__))
    return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, env={**os.environ, "PYTHONPATH": here})


def test_what_is_written_is_there_when_it_is_opened_again(path):
    with terrane.create(path, SHAPE, fill=5) as v:
        v[3:5] = 9
        assert v.mode == "r+" and v.path == str(path)
    with terrane.open(str(path)) as v:
        assert v.mode == "r" and v.shape == SHAPE and v.fill == 5
        assert v[2:6, 0, 0].tolist() == [5, 9, 9, 5]
    with terrane.open(path, "r+") as v:
        v[0] = 1
    assert terrane.open(path)[0, 0, 0] == 1


@pytest.mark.skipif("TERRANE_OWN_STRATEGY" not in os.environ, reason="ctest says where examples/own_strategy is")
def test_a_strategy_that_this_program_lacks_is_named(path):
    subprocess.run([os.environ["TERRANE_OWN_STRATEGY"], path], check=True, capture_output=True)
    with terrane.open(path) as v:
        assert v.shape == (128, 128, 64) and v.info()["private_codecs"][0]["name"] == "two-materials"
        for ask in (lambda: v[100, 100, 10], lambda: v[...], lambda: v.at(100, 100, 10), lambda: v.histogram(),
                    lambda: v.analyze(), lambda: v.explain(100, 100, 10)):
            with pytest.raises(terrane.UnsupportedError, match="two-materials.*version 1"):
                ask()
        assert v[5, 5, 0] == 2  # a brick of three materials, which the strategy declined


def test_a_world_is_as_it_was_asked_for(path):
    with terrane.create(path, (360, 180, 100), voxel_size=(1, 1, 50), origin=(-180, -90, -1000), crs="EPSG:4326",
                        wrap_x=True, fill="water", catalogue="earth", threads=1, cache_bytes=1 << 20) as v:
        w = v.world
        assert w.extent == (360, 180, 100) and w.voxel_size == (1, 1, 50) and w.origin == (-180, -90, -1000)
        assert w.crs == "EPSG:4326" and w.wrap_x
        assert v.catalogue.name_of(v.fill) == "water"
        assert w.to_voxel(0.5, 0.5, 10) == (180, 90, 20) == w.to_voxel(360.5, 0.5, 10)
        assert w.to_voxel(longitude=0.5, latitude=0.5) == (180, 90, 20)
        assert w.to_geo(180, 90, 20) == (0.5, 0.5, 25)
        places = w.to_voxel(np.array([[0.5], [1.5]]), [0.5, 1.5, 2.5], 10)
        assert places.shape == (2, 3, 3) and places.dtype == np.int64
        assert places[1, 2].tolist() == [181, 92, 20]
        assert (v.at(places) == v.fill).all()
        assert "EPSG:4326" in repr(w) and "wraps" in repr(w)
        with pytest.raises(terrane.InvalidError, match="latitude 91"):
            w.to_voxel(0, 91)
        with pytest.raises(terrane.InvalidError, match="outside"):
            w.to_geo(360, 0, 0)
    with terrane.create("memory:", SHAPE, voxel_size=0.25) as v:
        assert v.world.voxel_size == (0.25, 0.25, 0.25)
        with pytest.raises(terrane.InvalidError, match="local metres"):
            v.world.to_voxel(0, 0)


def test_a_catalogue_names_ids():
    entries = [{"id": 1, "name": "grey matter", "color": "#808080", "family": "tissue", "density": 1045},
               {"id": 2, "name": "blood", "fluid": True}]
    with terrane.create("memory:", SHAPE, catalogue=entries, fill="blood") as v:
        c = v.catalogue
        assert c.names == {1: "grey matter", 2: "blood"} and len(c) == 2
        assert c.id_of("grey_matter") == 1 and c.name_of(1) == "grey matter" and c.name_of(9) == "id 9"
        assert c.color_of(1) == 0x808080 == c.color_of("grey matter")
        assert c.materials[0] == {"id": 1, "name": "grey matter", "color": 0x808080, "family": "tissue",
                                  "density_kg_m3": 1045, "fluid": False}
        assert c == terrane.Catalogue(entries) != terrane.Catalogue("earth") and c != 7
        assert v.fill == 2
        with pytest.raises(terrane.InvalidError, match="sugar"):
            c.id_of("sugar")
        with terrane.create("memory:", SHAPE, catalogue=c) as other:
            assert other.catalogue == c
    assert terrane.Catalogue({np.uint16(7): "clay"}).names == {7: "clay"}
    assert terrane.Catalogue("earth").id_of("basalt") == 65


@pytest.mark.parametrize("options, kind, what", [
    ({}, TypeError, "shape"), ({"shape": (1, 2)}, TypeError, "shape must be three"),
    ({"shape": (0, 1, 1)}, terrane.InvalidError, "."), ({"shape": (1, 1, 2**40)}, terrane.InvalidError, "."),
    ({"shape": (1.5, 1, 1)}, TypeError, "1.5"), ({"shape": "abc"}, TypeError, "shape"),
    ({"shape": SHAPE, "voxel_size": 0}, terrane.InvalidError, "."),
    ({"shape": SHAPE, "voxel_size": (1, 2)}, TypeError, "voxel_size"),
    ({"shape": SHAPE, "origin": "here"}, TypeError, "origin"),
    ({"shape": SHAPE, "crs": "WGS84"}, terrane.InvalidError, "EPSG"),
    ({"shape": SHAPE, "fill": 65536}, terrane.InvalidError, "65536"),
    ({"shape": SHAPE, "fill": -1}, terrane.InvalidError, "-1"),
    ({"shape": SHAPE, "fill": 1.0}, TypeError, "a material"),
    ({"shape": SHAPE, "fill": "cheese"}, terrane.InvalidError, "cheese"),
    ({"shape": SHAPE, "catalogue": "mars"}, terrane.InvalidError, "mars"),
    ({"shape": SHAPE, "catalogue": {1: "a", 2: "a"}}, terrane.InvalidError, "a"),
    ({"shape": SHAPE, "catalogue": {70000: "a"}}, terrane.InvalidError, "70000"),
    ({"shape": SHAPE, "catalogue": {"x": "a"}}, TypeError, "x"),
    ({"shape": SHAPE, "catalogue": [7]}, terrane.InvalidError, "."),
    ({"preset": "mars"}, terrane.InvalidError, "bluemarble"),
    ({"preset": "bluemarble", "shape": SHAPE}, terrane.InvalidError, "preset"),
    ({"shape": SHAPE, "threads": -1}, TypeError, "."),
], ids=str)
def test_a_store_that_cannot_be_is_not_made(path, options, kind, what):
    with pytest.raises(kind, match=what):
        terrane.create(path, **options)
    assert not path.exists()


def test_what_is_there_is_not_overwritten(path):
    terrane.create(path, SHAPE).close()
    with pytest.raises(terrane.InvalidError, match="exists"):
        terrane.create(path, SHAPE)


def test_nothing_is_there(path):
    with pytest.raises(terrane.NotFoundError, match=str(path)):
        terrane.open(path)
    with pytest.raises(FileNotFoundError):
        terrane.open(path, "r+")
    with pytest.raises(terrane.InvalidError, match="mode"):
        terrane.open(path, "w")
    with pytest.raises(terrane.InvalidError, match="memory:"):
        terrane.open("memory:")


def test_two_writers(path):
    with terrane.create(path, SHAPE):
        with pytest.raises(terrane.LockedError):
            terrane.open(path, "r+")
        other = run("import sys, terrane\ntry:\n  terrane.open(sys.argv[1], 'r+')\n"
                    "except terrane.LockedError as e:\n  print('locked', e)", path)
        assert other.stdout.startswith("locked"), other
    terrane.open(path, "r+").close()


def test_a_reader_sees_the_writes_of_others_when_it_refreshes(path):
    with terrane.create(path, SHAPE, fill=1) as writer, terrane.open(path) as reader:
        writer[0] = 2
        assert reader[0, 0, 0] == 1
        reader.refresh()
        assert reader[0, 0, 0] == 2


CALLS = [
    lambda v: v[...], lambda v: v[0, 0, 0], lambda v: v[5:5], lambda v: v.__setitem__(0, 1),
    lambda v: v.__setitem__(np.s_[5:5], 1), lambda v: v.read(((0, 1),) * 3), lambda v: v.write(((0, 1),) * 3, 1),
    lambda v: v.at(0, 0, 0), lambda v: v.at([[0, 0, 0]]), lambda v: v.locate(0, 0, 0), lambda v: v.lod(1)[...],
    lambda v: v.lod(1).at(0, 0, 0), lambda v: v.ranges(), lambda v: v.ingest(np.zeros((1, 1, 1), int)),
    lambda v: v.info(), lambda v: v.verify(), lambda v: v.rebuild_levels(), lambda v: v.compact(),
    lambda v: v.checkpoint("never"), lambda v: v.refresh(), lambda v: v.drop_cache(), lambda v: v.__enter__(),
    lambda v: np.asarray(v), lambda v: v.histogram(), lambda v: v.analyze(), lambda v: v.explain(0, 0, 0),
    lambda v: v.edit([[0, 0, 0]], 1), lambda v: v.edit_box(((0, 1),) * 3, 1), lambda v: v.flush_levels(),
    lambda v: v.fold(), lambda v: v.events(), pickle.dumps,
]


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_a_closed_volume_says_so(number):
    v = terrane.create("memory:", SHAPE)
    assert not v.closed
    v.close()
    v.close()
    assert v.closed and "closed" in repr(v)
    with pytest.raises(terrane.InvalidError, match="closed|open volume"):
        CALLS[number](v)
    # What it was can still be said.
    assert v.shape == SHAPE and v.world.extent == SHAPE and v.lod(1).shape == (35, 20, 15) and v.fill == 65535


def test_closed_is_an_error_of_its_own():
    with terrane.create("memory:", SHAPE) as v:
        coarse = v.lod(1)
    with pytest.raises(terrane.ClosedError, match="terrane.open"):
        coarse[...]


def test_a_with_block_closes_also_after_an_error(path):
    with pytest.raises(ZeroDivisionError):
        with terrane.create(path, SHAPE):
            1 / 0
    terrane.open(path, "r+").close()


def test_what_a_volume_lends_outlives_its_name(path):
    terrane.create(path, SHAPE, fill=4, catalogue={4: "salt"}).close()
    world, catalogue, coarse = (lambda v: (v.world, v.catalogue, v.lod(2)))(terrane.open(path))
    assert world.extent == SHAPE and catalogue.name_of(4) == "salt" and coarse[0, 0, 0] == 4


def test_a_process_may_end_without_closing(path):
    other = run("import builtins, sys, terrane\nv = terrane.create(sys.argv[1], (70, 40, 30), fill=1)\n"
                "v[0] = 2\nbuiltins.kept = v\nloop = [v]\nloop.append(loop)\n", path)
    assert other.returncode == 0 and other.stderr == "", other
    assert terrane.open(path)[0, 0, 0] == 2


def test_a_volume_goes_to_other_processes_by_being_opened_there(path):
    with terrane.create(path, SHAPE, fill=6) as writer:
        with pytest.raises(terrane.InvalidError, match="mode \"r\""):
            pickle.dumps(writer)
    with terrane.open(path, threads=2) as v:
        other = pickle.loads(pickle.dumps(v))
        assert other[0, 0, 0] == 6 and other.mode == "r"
        v.close()
        assert other[0, 0, 0] == 6
        assert not copy.copy(other).closed
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            assert pool.map(sum_of, [other, other]) == [6 * 70 * 40 * 30] * 2


def sum_of(volume):
    return int(volume[...].sum())


def use_after_fork(volume, path):
    with pytest.raises(terrane.InvalidError, match="forked"):
        volume[...]
    assert volume.closed
    volume.close()
    with terrane.open(path) as own:
        assert own[0, 0, 0] == 6


def test_a_forked_process_is_told_to_open_anew(path):
    terrane.create(path, SHAPE, fill=6).close()
    with terrane.open(path, threads=4) as v:
        v[...]
        child = multiprocessing.get_context("fork").Process(target=use_after_fork, args=(v, path))
        child.start()
        child.join(60)
        assert child.exitcode == 0
        assert v[0, 0, 0] == 6


def test_info_verify_checkpoint(path, tmp_path):
    with terrane.create(path, SHAPE, fill=1) as v:
        v[0:10] = 2
        info = v.info()
        assert info["shape"] == SHAPE and info["fill"] == 1 and info["format"]
        assert info["ingested_bytes"] == 2 * 64 * 40 * 30  # of the bricks that were written
        assert info["logical_bytes"] == 2 * 70 * 40 * 30
        assert sum(info["ranges"].values()) >= 1 and info["unfinished"] == []
        assert info["stored_bytes"] > 0 and info["disk_bytes"] > 0 and info["epoch"] > 0
        assert set(info["codecs"]) and all(c["bricks"] for c in info["codecs"].values())
        report = v.verify()
        assert report.good and report.checked > 0 and report.corrupt == report.missing == 0
        assert report.findings == [] and "checked" in repr(report)
        v.rebuild_levels()
        v.compact()
        v.drop_cache()
        v.checkpoint(tmp_path / "copy.terrane")
        v[0] = 3
        with terrane.open(tmp_path / "copy.terrane") as copied:
            assert copied[0, 0, 0] == 2 and copied[10, 0, 0] == 1


def test_damage_is_corrupt_and_never_a_material(path):
    with terrane.create(path, (64, 64, 64)) as v:
        v[...] = np.random.default_rng(1).integers(0, 9, (64, 64, 64))
        v.compact()
    tables = sorted(path.glob("db/*.sst"), key=lambda p: p.stat().st_size)
    assert tables
    data = bytearray(tables[-1].read_bytes())
    data[len(data) // 3] ^= 0x40
    tables[-1].write_bytes(data)
    with pytest.raises((terrane.CorruptError, terrane.IoError)):
        with terrane.open(path) as v:
            v[...]
