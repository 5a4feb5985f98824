#!/usr/bin/env python3
"""What Python costs: hot boxes through v[...] beside the same reads in C++ (box_speed.cc), in turns.

    cmake --preset release -DTERRANE_BENCHMARKS=ON
    cmake --build --preset release --target _terrane box_speed
    PYTHONPATH=build/release/python /usr/bin/python3 benchmarks/python_overhead.py build/release/bin/box_speed

Makes a store of layers and lumps below a temporary directory, or takes --store. Each row is one size of an
unaligned box that is in the cache: a new array each time (v[...] and Volume::read of a request), and one array
filled again and again (read(out=) and Volume::read into a view). Both sides take turns, --turns times, so that
other work on the machine meets both; the figures are medians of all reads, and the best of them. Times are CPU time
of the process, in microseconds; with one thread that is what an idle machine takes.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time

import numpy as np

import terrane


def make_store(path, edge, seed):
    """Layers with lumps in them: bricks that are no single material."""
    random = np.random.default_rng(seed)
    voxels = np.zeros((edge,) * 3, np.uint16)
    voxels += (np.arange(edge) // 7).astype(np.uint16)
    for _ in range(edge * 4):
        lo = random.integers(0, edge - 12, 3)
        voxels[tuple(slice(a, a + 12) for a in lo)] = random.integers(0, 99)
    with terrane.create(path, voxels.shape) as v:
        v.ingest(voxels)


def timed(read, rounds):
    read()
    micros = []
    for _ in range(rounds):
        begun = time.process_time_ns()
        read()
        micros.append((time.process_time_ns() - begun) / 1000)
    return micros


def measure(options, store, edge):
    lo = (5, 3, 9)
    box = tuple((a, a + edge) for a in lo)
    key = tuple(slice(a, b) for a, b in box)
    rounds = max(3, min(2000, options.voxels // edge**3))
    times = {(side, kind): [] for side in ("c++", "python") for kind in ("fresh", "again")}
    with terrane.open(store, threads=options.threads) as v:
        out = np.zeros((edge,) * 3, np.uint16)
        for _ in range(options.turns):
            cpp = subprocess.run([options.box_speed, store, ",".join(map(str, lo)), str(edge), str(rounds),
                                  str(options.threads)], capture_output=True, text=True, check=True)
            for kind, micros in json.loads(cpp.stdout).items():
                times["c++", kind] += micros
            times["python", "fresh"] += timed(lambda: v[key], rounds)
            times["python", "again"] += timed(lambda: v.read(box, out=out), rounds)
    row = {"edge": edge, "reads": rounds * options.turns}
    for (side, kind), micros in times.items():
        row[f"{side} {kind}"] = {"median_us": statistics.median(micros), "best_us": min(micros)}
    return row


def overhead(row, kind, figure):
    return row[f"python {kind}"][figure] / row[f"c++ {kind}"][figure] - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("box_speed")
    parser.add_argument("--store", help="at least 272 voxels on each axis")
    parser.add_argument("--edges", type=int, nargs="+", default=[1, 32, 64, 128, 256])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--voxels", type=int, default=300_000_000, help="to read in one turn of one box, for the number of its rounds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = options.store
        if store is None:
            store = os.path.join(scratch, "layers.terrane")
            make_store(store, 320, options.seed)
        rows = []
        print(f"{'edge':>5} {'reads':>6}  {'C++ new':>10} {'v[...]':>10} {'':>8}  {'C++ again':>10} {'out=':>10}")
        for edge in options.edges:
            row = measure(options, store, edge)
            rows.append(row)
            cells = [row[f"{side} {kind}"]["median_us"] for kind in ("fresh", "again") for side in ("c++", "python")]
            print(f"{edge:5} {row['reads']:6}  {cells[0]:7.1f} us {cells[1]:7.1f} us {overhead(row, 'fresh', 'median_us'):+8.1%}"
                  f"  {cells[2]:7.1f} us {cells[3]:7.1f} us {overhead(row, 'again', 'median_us'):+8.1%}")
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(),
               "load": os.getloadavg(), "python": platform.python_version(), "numpy": np.__version__}
    print("medians; machine", machine)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({"machine": machine, "threads": options.threads, "rows": rows}, f, indent=1)


if __name__ == "__main__":
    main()
