"""What the tests of the Python package share. Run by ctest, or:

    PYTHONPATH=build/dev/python /usr/bin/python3 -m pytest tests/python
"""

import numpy as np
import pytest

import terrane

SHAPE = (150, 100, 80)  # three, two and two bricks, the last ones cut


@pytest.fixture(scope="session")
def seed():
    """Of all chance in these tests; pytest prints it where one fails."""
    seed = 20240611
    print("seed", seed)
    return seed


@pytest.fixture
def dense(seed):
    """Layers with lumps in them, as a plain array."""
    random = np.random.default_rng(seed)
    array = np.zeros(SHAPE, np.uint16)
    array += (np.arange(SHAPE[2]) // 9).astype(np.uint16)
    for _ in range(60):
        lo = [int(random.integers(0, n - 20)) for n in SHAPE]
        array[tuple(slice(a, a + 20) for a in lo)] = random.integers(0, 65535)
    return array


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.terrane"


@pytest.fixture
def volume(dense):
    """In memory, open for writing, and holding `dense`."""
    with terrane.create("memory:", SHAPE, fill=3, catalogue={0: "air", 1: "water", 3: "rock"}) as v:
        v[...] = dense
        yield v


@pytest.fixture
def globe(dense):
    """In memory, going round in x, and holding `dense`."""
    with terrane.create("memory:", SHAPE, wrap_x=True, fill=3, catalogue={0: "air", 1: "water", 3: "rock"}) as v:
        v[...] = dense
        yield v
