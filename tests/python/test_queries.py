"""histogram, analyze and explain, compared with what NumPy counts."""

import numpy as np
import pytest

import terrane

from conftest import SHAPE

STRATEGIES = {"palette", "rows", "rle", "octree", "delta", "hybrid", "context", "tree", "archive"}


def counted(array):
    ids, counts = np.unique(array, return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist()))


def test_a_histogram_counts_what_a_read_gives(volume, dense, seed):
    assert volume.histogram() == counted(dense)
    random = np.random.default_rng(seed)
    for level in (0, 0, 0, 1, 2, 3):
        ends = [sorted(random.choice(n + 1, 2, replace=False).tolist()) for n in SHAPE]
        assert volume.histogram(ends, lod=level) == counted(volume.read(ends, lod=level)), (ends, level)
    counts = list(volume.histogram().values())
    assert counts == sorted(counts, reverse=True)
    assert all(type(n) is int for n in volume.histogram())


def test_a_histogram_of_a_planet(path):
    with terrane.create(path, preset="bluemarble", fill=7) as earth:
        earth[1000:1010, 1000:1010, 5] = 9
        with pytest.raises(terrane.ExhaustedError, match="level"):
            earth.histogram()
        assert earth.histogram(lod=21) == counted(earth.lod(21)[...])
        # All of the x and z of a thousand kilometres.
        wide = earth.histogram(((0, 4000000), (1000, 1010), (0, 100)))
        assert wide == {7: 4000000 * 10 * 100 - 100, 9: 100}


def test_an_analysis_is_that_of_the_bricks(volume, dense):
    analysis = volume.analyze()
    shares = {m: n / dense.size for m, n in volume.histogram().items()}
    assert analysis.report.distribution == pytest.approx(shares)
    assert list(analysis.report.distribution)[0] == analysis.report.dominant_material
    assert analysis.report.homogeneity == pytest.approx(max(shares.values()))
    p = np.array(list(shares.values()))
    s = analysis.statistics
    assert s["entropy_bits"] == pytest.approx(float(-(p * np.log2(p)).sum()))
    assert s["voxels"] == dense.size and s["bricks"] == 3 * 2 * 2 and s["materials"] == len(shares)
    assert s["columns"] == SHAPE[0] * SHAPE[1] * 2  # two bricks on top of each other
    equal = [0, 0, 0]
    for x in range(0, SHAPE[0], 64):
        for y in range(0, SHAPE[1], 64):
            for z in range(0, SHAPE[2], 64):
                brick = dense[x:x + 64, y:y + 64, z:z + 64]
                for axis in range(3):
                    equal[axis] += int((np.diff(brick.astype(int), axis=axis) == 0).sum())
    assert s["equal_faces"] == equal
    assert analysis.box == tuple((0, n) for n in SHAPE) and analysis.lod == 0
    assert analysis.names[3] == "rock"
    text = str(analysis)
    assert "homogeneity" in text and "the guide" in text and "bricks      12" in text


def test_an_explanation_weighs_every_strategy(volume):
    e = volume.explain(70, 70, 70, measure=True)
    assert e.brick == ((64, 128), (64, 100), (64, 80)) and e.lod == 0 and e.kind == "brick"
    assert e.strategy == volume.locate(70, 70, 70)["codec"] == e.primary
    assert {c.strategy for c in e.candidates} == STRATEGIES
    order = [(c.excluded is not None, c.cost) for c in e.candidates if c.excluded != "no price is known"]
    assert order == sorted(order) and order[0][0] is False
    assert e.candidates[0].strategy == e.primary and e.candidates[1].strategy == e.runner_up
    assert 0 <= e.confidence <= 1 and e.reason and e.guide in STRATEGIES and e.cost_model == "analytic"
    for c in e.candidates:
        assert c.measured.bytes > 0 and c.upper_bytes >= c.bytes
    assert e.statistics["voxels"] == 64 * 36 * 16
    text = str(e)
    assert all(s in text for s in STRATEGIES) and "true bytes" in text and e.reason in text
    assert volume.explain(70, 70, 70).candidates[0].measured is None


def test_an_explanation_keeps_to_limits_and_to_how_it_is_used(volume):
    e = volume.explain(70, 70, 70, max_memory_mb=1e-9, access={"point_reads": 1000, "locality": 0.5})
    assert all(c.excluded for c in e.candidates)
    assert e.access == {"point_reads": 1000, "brick_reads": 0, "brick_writes": 0, "locality": 0.5}
    assert volume.explain(70, 70, 70, policy="archive", profile="guide").guide
    assert volume.explain(70, 70, 70, lod=2).lod == 2


def test_of_one_material_there_is_nothing_to_choose():
    with terrane.create("memory:", (64, 64, 64), fill=4, catalogue={4: "salt"}) as v:
        e = v.explain(1, 2, 3)
        assert e.kind == "predicted" and e.strategy is None and e.primary is None and e.candidates == []
        assert e.report.homogeneity == 1 and e.report.distribution == {4: 1}
        assert "salt 100.00 %" in str(e)
        assert v.histogram() == {4: 64**3}
        assert v.analyze().statistics["uniform_bricks"] == 1


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_a_strategy_may_be_asked_for(volume, dense, strategy):
    block = dense[:64, :64, :64] + 1
    volume.write(((0, 64), (0, 64), (0, 64)), block, strategy=strategy)
    assert volume.locate(1, 1, 1)["codec"] == strategy
    volume.drop_cache()
    assert np.array_equal(volume[:64, :64, :64], block)
    volume.ingest(block, at=(64, 0, 0), strategy=strategy, policy="fast")
    assert volume.locate(65, 1, 1)["codec"] == strategy
    assert volume.info()["codecs"][strategy]["bricks"] >= 2 and volume.info()["private_codecs"] == []


@pytest.mark.parametrize("more, kind, what", [
    ({"strategy": "zip"}, terrane.InvalidError, "zip.*palette"), ({"profile": "mine"}, terrane.InvalidError, "mine"),
    ({"max_read_ms": 0}, terrane.InvalidError, "above 0"), ({"max_read_ms": float("nan")}, terrane.InvalidError, "."),
    ({"max_read_ms": "1"}, TypeError, "a number"), ({"policy": "slow"}, terrane.InvalidError, "slow"),
    ({"speed": 1}, TypeError, "unexpected keyword argument 'speed'"),
    ({"access": 7}, TypeError, "a dict"), ({"access": {"reads": 1}}, terrane.InvalidError, "reads"),
    ({"access": {"locality": 2}}, terrane.InvalidError, "share"),
    ({"access": {"point_reads": -1}}, terrane.InvalidError, "0 or more"),
], ids=str)
def test_what_cannot_be_asked_for(volume, dense, more, kind, what):
    for call in (lambda: volume.write(((0, 1),) * 3, 1, **more), lambda: volume.explain(0, 0, 0, **more),
                 lambda: volume.ingest(np.ones((1, 1, 1), int), **more)):
        with pytest.raises(kind, match=what):
            call()
    assert np.array_equal(volume[...], dense)


def test_questions_about_what_is_not_there(volume):
    for call in (volume.histogram, volume.analyze):
        with pytest.raises(terrane.InvalidError, match="x=151"):
            call(((0, 151), (0, 1), (0, 1)))
        with pytest.raises(terrane.InvalidError, match="21"):
            call(lod=22)
        with pytest.raises(TypeError, match="a box is"):
            call(7)
    with pytest.raises(terrane.InvalidError, match="outside"):
        volume.explain(150, 0, 0)
    with pytest.raises(terrane.InvalidError, match="21"):
        volume.explain(0, 0, 0, lod=-1)
