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
          "hybrid": (6, 1.4e6), "context": (2, 600000), "tree": (2, 200000), "archive": (3, 2.1e6)}


def non_negative(a, b, rounds=3000):
    """Least squares with weights >= 0, by multiplicative coordinate steps."""
    gram, right = a.T @ a, a.T @ b
    w = np.full(a.shape[1], 1e-6)
    for _ in range(rounds):
        for i in range(len(w)):
            if gram[i, i] > 0:
                w[i] = max(0.0, w[i] + (right[i] - gram[i] @ w) / gram[i, i])
    return w


def fit_sizes(logs, actual, share):
    """Weights of log2(bytes), and their error on the same bricks."""
    y = np.log2(actual)
    weight = share * np.sqrt(actual)
    s = np.sqrt(weight)[:, None]
    a = logs * s
    penalty = np.eye(len(FEATURES)) * 1e-3 * np.sum(weight)
    penalty[0, 0] = 0
    w = np.linalg.solve(a.T @ a + penalty, a.T @ (y * s[:, 0]))
    return w, np.sqrt(np.average((y - logs @ w) ** 2, weights=weight))


def unseen(logs, actual, share, volume, exact):
    """What each brick is expected to take by prices fitted to the other volumes alone."""
    expected = np.empty_like(actual)
    for v in set(volume):
        at = volume == v
        for i in range(actual.shape[1]):
            expected[at, i] = actual[at, i] if i == exact else 2 ** (logs[at] @ fit_sizes(
                logs[~at], actual[~at, i], share[~at])[0])
    return expected


def main(path):
    rows = list(csv.DictReader(open(path)))
    column = lambda name: np.array([float(r[name]) for r in rows])
    volume = np.array([r["volume"] for r in rows])
    share = np.array([1 / np.sum(volume == v) for v in volume]) * len(rows) / len(set(volume))
    x = np.stack([column(f) for f in FEATURES], axis=1)
    logs = np.log2(1 + x)
    logs[:, 0] = 1
    codecs = [k[:-6] for k in rows[0] if k.endswith("_bytes") and k != "guide_bytes"]
    actual = np.stack([column(c + "_bytes") for c in codecs], axis=1)
    expected = np.empty_like(actual)
    print("constexpr CodecPrices kPrices[] = {")
    for i, codec in enumerate(codecs):
        w, sigma = fit_sizes(logs, actual[:, i], share)
        expected[:, i] = 2 ** (logs @ w)
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
    first = expected.argmin(axis=1)
    chosen = actual[np.arange(len(rows)), first]
    encode = np.stack([column(c + "_encode") for c in codecs], axis=1)[np.arange(len(rows)), first]
    decide, guide = column("decide_us"), column("guide_bytes")
    others = unseen(logs, actual, share, volume, codecs.index("palette"))
    unseen_chosen = actual[np.arange(len(rows)), others.argmin(axis=1)]
    best = actual.min(axis=1)
    for v in sorted(set(volume)) + [None]:
        at = volume == v if v else np.full(len(rows), True)
        always = {c: actual[at, i].sum() / best[at].sum() for i, c in enumerate(codecs)}
        print(f"// {v or 'all'}: {at.sum()} bricks; chosen {chosen[at].sum() / best[at].sum():.4f} of trying all, "
              f"by prices of the other volumes {unseen_chosen[at].sum() / best[at].sum():.4f}, the guide {guide[at].sum() / best[at].sum():.2f}; always " +
              ", ".join(f"{c} {r:.3f}" for c, r in always.items()) +
              f"; to decide {decide[at].mean():.1f} us, {100 * decide[at].sum() / encode[at].sum():.1f} % of "
              f"{encode[at].mean():.0f} us to encode", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
