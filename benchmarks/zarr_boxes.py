#!/usr/bin/env python3
"""Times zarr-python on the boxes that `terrane bench store` reads: unaligned 64^3, cold, one thread.

    zarr_boxes.py FILE.npy [--boxes 300] [--edge 64] [--seed 1] [--json OUT]

Chunks of 64^3, Blosc (zstd level 5, bit shuffle and byte and no shuffle), a CRC32 per chunk, a directory on
disk whose pages are in the page cache. Times are CPU time of the process, in microseconds, so that
other work on the machine does not count. Needs Debian's python3-zarr and python3-numcodecs.
"""
import argparse
import json
import os
import platform
import shutil
import tempfile
import time

import numcodecs
import numpy as np
import zarr


def directory_bytes(path):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(path) for f in files)


def measure(volume, shuffle, options, where):
    numcodecs.blosc.use_threads = False
    codec = numcodecs.Blosc(cname="zstd", clevel=5, shuffle=shuffle)
    path = os.path.join(where, f"s{shuffle}.zarr")
    array = zarr.open(
        path,
        mode="w",
        shape=volume.shape,
        chunks=(64, 64, 64),
        dtype="<u2",
        compressor=numcodecs.CRC32(),
        filters=[codec],
        write_empty_chunks=False,
    )
    begun = time.process_time()
    array[:] = volume
    wrote = time.process_time() - begun
    array = zarr.open(path, mode="r")
    random = np.random.default_rng(options.seed)
    size = [min(options.edge, n) for n in volume.shape]
    micros = []
    for _ in range(options.boxes):
        lo = [int(random.integers(0, n - s + 1)) for n, s in zip(volume.shape, size)]
        box = tuple(slice(a, a + s) for a, s in zip(lo, size))
        begun = time.process_time_ns()
        got = array[box]
        micros.append((time.process_time_ns() - begun) / 1000)
        if not np.array_equal(got, volume[box]):
            raise SystemExit(f"zarr read {box} wrongly")
    return {
        "shuffle": ["none", "byte", "bit"][shuffle],
        "bytes": directory_bytes(path),
        "write_mb_per_s": volume.nbytes / 1e6 / wrote,
        "box_us_p50": float(np.percentile(micros, 50)),
        "box_us_p99": float(np.percentile(micros, 99)),
        "box_us_mean": float(np.mean(micros)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--boxes", type=int, default=300)
    parser.add_argument("--edge", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json")
    options = parser.parse_args()
    volume = np.load(options.file, mmap_mode="r").astype("<u2", copy=False)
    where = tempfile.mkdtemp(prefix="terrane-zarr-")
    try:
        rows = [measure(volume, s, options, where) for s in (0, 1, 2)]
    finally:
        shutil.rmtree(where)
    result = {
        "volume": os.path.basename(options.file),
        "machine": platform.processor() or platform.machine(),
        "load": os.getloadavg(),
        "zarr": zarr.__version__,
        "rows": rows,
    }
    for row in rows:
        print(
            f"zarr {zarr.__version__} blosc-zstd-5 shuffle={row['shuffle']:<5} {row['bytes']:>12,} B  "
            f"write {row['write_mb_per_s']:7.0f} MB/s  box p50 {row['box_us_p50']:8.0f} us  "
            f"p99 {row['box_us_p99']:8.0f} us  mean {row['box_us_mean']:8.0f} us"
        )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(result, out, indent=2)


if __name__ == "__main__":
    main()
