#!/usr/bin/env python3
"""Fits the constants of terrane/decide/price_table.cc to measured bricks.

    benchmarks/fit_prices.py prices.csv        # as price_data writes it; prints the table and how well it does

Sizes: ridge regression of log2(bytes) on log2(1 + feature), each brick weighted by the root of its bytes, each
volume as much as any other. Times: least squares of relative errors over the features, weights not negative.
"""
import csv
import sys

import numpy as np

FEATURES = ["one", "kilovoxels", "rows_new", "runs_new", "materials", "octree_nodes", "scan_runs", "differing_runs",
            "single_runs", "morton_runs"]
MEMORY = {"palette": (0, 66000), "rows": (4, 1.2e6), "rle": (2, 140000), "octree": (4, 200000), "delta": (2, 300000),
          "hybrid": (6, 1.4e6)}


def non_negative(a, b, rounds=3000):
    """Least squares with weights >= 0, by multiplicative coordinate steps."""
    gram, right = a.T @ a, a.T @ b
    w = np.full(a.shape[1], 1e-6)
    for _ in range(rounds):
        for i in range(len(w)):
            if gram[i, i] > 0:
                w[i] = max(0.0, w[i] + (right[i] - gram[i] @ w) / gram[i, i])
    return w


def main(path):
    rows = list(csv.DictReader(open(path)))
    column = lambda name: np.array([float(r[name]) for r in rows])
    volume = np.array([r["volume"] for r in rows])
    share = np.array([1 / np.sum(volume == v) for v in volume]) * len(rows) / len(set(volume))
    x = np.stack([column(f) for f in FEATURES], axis=1)
    logs = np.log2(1 + x)
    logs[:, 0] = 1
    codecs = [k[:-6] for k in rows[0] if k.endswith("_bytes")]
    actual = np.stack([column(c + "_bytes") for c in codecs], axis=1)
    expected = np.empty_like(actual)
    print("constexpr CodecPrices kPrices[] = {")
    for i, codec in enumerate(codecs):
        y = np.log2(actual[:, i])
        weight = share * np.sqrt(actual[:, i])
        s = np.sqrt(weight)[:, None]
        a = logs * s
        penalty = np.eye(len(FEATURES)) * 1e-3 * np.sum(weight)
        penalty[0, 0] = 0
        w = np.linalg.solve(a.T @ a + penalty, a.T @ (y * s[:, 0]))
        expected[:, i] = 2 ** (logs @ w)
        sigma = np.sqrt(np.average((y - logs @ w) ** 2, weights=weight))
        times, errors = [], []
        for kind in ("encode", "decode", "read"):
            t = column(f"{codec}_{kind}")
            t = np.maximum(t, 1e-3)
            relative = np.sqrt(share) / t
            v = non_negative(x * relative[:, None], np.sqrt(share))
            times.append(v)
            errors.append(np.std(np.log2(np.maximum(x @ v, 1e-3) / t)))
        row = lambda v: "{" + ", ".join(f"{a:.5g}" for a in v) + "}"
        print(f"    {{CodecId::k{codec.capitalize()},\n     {row(w)},\n     {row(times[0])},\n     {row(times[1])},\n"
              f"     {row(times[2])},\n     {sigma:.3f}, {max(errors[:2]):.3f}, {MEMORY[codec][0]}, {MEMORY[codec][1]:g}}},")
    print("};")
    if "palette" in codecs:
        expected[:, codecs.index("palette")] = actual[:, codecs.index("palette")]
    chosen = actual[np.arange(len(rows)), expected.argmin(axis=1)]
    best = actual.min(axis=1)
    for v in sorted(set(volume)) + [None]:
        at = volume == v if v else np.full(len(rows), True)
        always = {c: actual[at, i].sum() / best[at].sum() for i, c in enumerate(codecs)}
        print(f"// {v or 'all'}: chosen {chosen[at].sum() / best[at].sum():.4f} of trying all; always " +
              ", ".join(f"{c} {r:.3f}" for c, r in always.items()), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
