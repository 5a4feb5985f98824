"""Which boxes and points every system is asked for, with the checksum of what is there.

A plan is JSON: {"cache_bytes", "repeats", "seconds_per_case", "cases": [{"name", "kind": "box" | "point" | "level",
"level", "shape", "boxes": [[x0, y0, z0, x1, y1, z1]...], "crc": [CRC-32 of the box, uint16, z fastest...] | null}]}.
Boxes are in level-0 voxels. A system that needs more than seconds_per_case for the first pass over a case reads only as
many of its places.
"""

import random
import zlib

import numpy as np

EDGES = (32, 64, 256)
LEVEL_EDGE = 64
LEVELS = (1, 2, 3)
CACHE_BYTES = 1 << 30


def crc_of(volume, box):
    x0, y0, z0, x1, y1, z1 = box
    return zlib.crc32(np.ascontiguousarray(volume[x0:x1, y0:y1, z0:z1], "<u2"))


def random_boxes(chance, extent, size, count):
    """Not aligned to anything."""
    out = []
    for _ in range(count):
        low = [chance.randrange(n - s + 1) for n, s in zip(extent, size)]
        out.append(low + [c + s for c, s in zip(low, size)])
    return out


def level_boxes(chance, extent, level, count):
    """Boxes of 64 voxels of the level an edge, where the level has so many."""
    step = 1 << level
    coarse = [-(-n // step) for n in extent]
    size = [min(LEVEL_EDGE, n) for n in coarse]
    return size, [[min(c * step, n) for c, n in zip(box, list(extent) * 2)]
                  for box in random_boxes(chance, coarse, size, count)]


def settings(quick):
    return {"cache_bytes": CACHE_BYTES, "repeats": 1 if quick else 3, "seconds_per_case": 1.0 if quick else 4.0}


def make_plan(volume, seed, quick):
    chance = random.Random(seed)
    counts = {32: 20, 64: 20, 256: 2} if quick else {32: 200, 64: 200, 256: 8}
    points = 100 if quick else 2000
    cases = []
    for edge in EDGES:
        size = [min(edge, n) for n in volume.shape]
        boxes = random_boxes(chance, volume.shape, size, counts[edge])
        cases.append({"name": f"box {edge}", "kind": "box", "level": 0, "shape": size, "boxes": boxes,
                      "crc": [crc_of(volume, b) for b in boxes]})
    boxes = random_boxes(chance, volume.shape, (1, 1, 1), points)
    cases.append({"name": "point", "kind": "point", "level": 0, "shape": [1, 1, 1], "boxes": boxes,
                  "crc": [crc_of(volume, b) for b in boxes]})
    for level in LEVELS:
        size, boxes = level_boxes(chance, volume.shape, level, counts[64])
        cases.append({"name": f"level {level}", "kind": "level", "level": level, "shape": size, "boxes": boxes,
                      "crc": None})
    return {"seed": seed, **settings(quick), "cases": cases}
