#!/usr/bin/env python3
"""Figures of SciPy, statsmodels and pymannkendall that shared/tests/reference.rs holds shared::stats against.

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install -r scripts/reference/requirements.txt
    /tmp/reference/bin/python scripts/reference/statistics.py > shared/tests/reference/scipy.json

Everything is seeded: the same versions write the same file.
"""

import json
import sys

import numpy as np
import pymannkendall
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

RESAMPLES = 10_000
SEEDS = range(20)
CONFIDENCES = {"one look": 0.95, "three looks": 1 - 0.0221}
LEVELS = [0.05, 0.0294, 0.0221]


def data_sets():
    """Log ratios of pairs as runs give them: name, one run's, another run's."""
    rng = np.random.default_rng(20_260_105)
    yield "five pairs", rng.normal(0.02, 0.05, 5), rng.normal(0, 0.05, 7)
    yield "six pairs, all slower", np.abs(rng.normal(0.1, 0.03, 6)), rng.normal(0, 0.03, 6)
    yield "eight pairs", rng.normal(-0.3, 0.2, 8), rng.normal(-0.1, 0.2, 12)
    yield "ten pairs, shifted", rng.normal(0.05, 0.04, 10), rng.normal(0, 0.04, 10)
    yield "ten pairs, zeros", zeroed(rng.normal(0.02, 0.05, 10), 3), rng.normal(0, 0.05, 15)
    yield "twelve pairs, ties", np.round(rng.normal(0.05, 0.05, 12), 2), np.round(rng.normal(0, 0.05, 12), 2)
    yield "fifteen pairs, heavy tails", 0.03 * rng.standard_t(3, 15), 0.03 * rng.standard_t(3, 20)
    yield "twenty pairs, nothing changed", rng.normal(0, 0.05, 20), rng.normal(0, 0.05, 20)
    yield "twenty pairs, outliers", outliers(rng.normal(0.01, 0.02, 20)), rng.normal(0, 0.02, 20)
    yield "thirty pairs, half a deviation", rng.normal(0.025, 0.05, 30), rng.normal(0, 0.05, 30)
    yield "thirty pairs, ties and zeros", zeroed(np.round(rng.normal(0.01, 0.03, 30), 2), 4), np.round(rng.normal(0, 0.03, 25), 2)
    yield "the same in every pair", np.full(10, 0.1), np.zeros(10)
    yield "fifty pairs", rng.normal(0.01, 0.05, 50), rng.normal(0, 0.05, 40)
    yield "fifty-one pairs", rng.normal(0.01, 0.05, 51), rng.normal(0, 0.05, 8)
    yield "sixty pairs, skewed", rng.exponential(0.05, 60) - 0.04, rng.exponential(0.05, 60) - 0.05


def zeroed(values, count):
    values[:count] = 0
    return values


def outliers(values):
    values[[3, 11]] += [0.8, 1.5]
    return values


def signed_rank(values):
    differing = values[values != 0]
    ties = len(np.unique(np.abs(differing))) < len(differing)
    method = "exact" if len(differing) <= 50 and not ties else "asymptotic"
    # The exact distribution is that of the differences that are not zero.
    test = stats.wilcoxon(differing, zero_method="wilcox", correction=False, method=method)
    return {"method": method, "p": float(test.pvalue)}


def rank_sum(first, second):
    both = np.concatenate([first, second])
    exact = min(len(first), len(second)) <= 8 and len(np.unique(both)) == len(both)
    test = stats.mannwhitneyu(first, second, use_continuity=True, method="auto")
    return {"method": "exact" if exact else "asymptotic", "p": float(test.pvalue)}


def level(confidence, units):
    """The confidence at which a percentile interval is Hesterberg's (2015) expanded one."""
    t = stats.t.ppf((1 + confidence) / 2, units - 1)
    return float(1 - 2 * stats.norm.cdf(-np.sqrt(units / (units - 1)) * t))


def interval(samples, statistic, confidence):
    """Lowest and highest ends over the seeds."""
    lows, highs = [], []
    for seed in SEEDS:
        found = stats.bootstrap(
            samples, statistic, n_resamples=RESAMPLES, method="percentile", vectorized=True,
            confidence_level=level(confidence, min(map(len, samples))), rng=np.random.default_rng(seed),
        ).confidence_interval
        lows.append(float(found.low))
        highs.append(float(found.high))
    return {"low": [min(lows), max(lows)], "high": [min(highs), max(highs)]}


def of_medians(first, second, axis=-1):
    return np.median(second, axis=axis) - np.median(first, axis=axis)


def bootstrap(first, second, confidence):
    varied = len(np.unique(first)) > 1
    return {
        "confidence": confidence,
        "median": interval((first,), np.median, confidence) if varied else None,
        "mean": interval((first,), np.mean, confidence) if varied else None,
        "difference_of_medians": interval((first, second), of_medians, confidence) if varied else None,
    }


def spread(values):
    return {"mean": float(np.mean(values)), "median": float(np.median(values)), "standard_deviation": float(np.std(values, ddof=1))}


def family(p_values):
    adjusted = multipletests(p_values, method="holm")[1]
    rejected = {str(at): [bool(r) for r in multipletests(p_values, alpha=at, method="holm")[0]] for at in LEVELS}
    return {"p": list(p_values), "adjusted": [float(p) for p in adjusted], "rejected": rejected}


def trends():
    """Memory over time as runs give it, bytes by seconds, at uneven instants."""
    rng = np.random.default_rng(24)

    def over(name, count, values):
        seconds = np.cumsum(rng.uniform(0.5, 1.5, count))
        return name, seconds, np.asarray(values, dtype=float)

    yield over("ten points, no trend", 10, rng.normal(3e7, 1e4, 10))
    yield over("ten points, rising", 10, 3e7 + 2e4 * np.arange(10) + rng.normal(0, 1e4, 10))
    yield over("twenty points, whole pages", 20, 3e7 + 4096 * rng.integers(0, 5, 20))
    yield over("thirty-two points, falling", 32, 3e7 - 3e3 * np.arange(32) + rng.normal(0, 2e4, 32))
    yield over("forty points, outliers", 40, outliers(rng.normal(0, 2e4, 40)))
    yield over("ninety-six points, a slow leak", 96, 3e7 + 500 * np.arange(96) + rng.normal(0, 2e4, 96))
    yield over("all the same", 12, np.full(12, 3e7))


def trend(name, seconds, values):
    lines = {looks: stats.theilslopes(values, seconds, alpha=confidence, method="joint") for looks, confidence in CONFIDENCES.items()}
    line = lines["one look"]
    return {
        "name": name,
        "points": [list(point) for point in zip(seconds.tolist(), values.tolist())],
        "slope": float(line.slope),
        "intercept": float(line.intercept),
        "p": float(pymannkendall.original_test(values).p),
        "intervals": [
            {"confidence": CONFIDENCES[looks], "low": float(line.low_slope), "high": float(line.high_slope)}
            for looks, line in lines.items()
        ],
    }


def main():
    sets = [
        {
            "name": name,
            "first": first.tolist(),
            "second": second.tolist(),
            "spread": spread(first),
            "signed_rank": signed_rank(first),
            "rank_sum": rank_sum(first, second),
            "bootstrap": {looks: bootstrap(first, second, confidence) for looks, confidence in CONFIDENCES.items()},
        }
        for name, first, second in data_sets()
    ]
    rng = np.random.default_rng(7)
    families = [
        family([s["signed_rank"]["p"] for s in sets]),
        family([s["rank_sum"]["p"] for s in sets]),
        family([0.01, 0.01, 0.01, 0.5]),
        family([0.0221]),
        family((rng.random(6) ** 4).tolist()),
        family((rng.random(9) ** 6).tolist()),
    ]
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "pymannkendall": pymannkendall.__version__}
    figures = {"versions": versions, "sets": sets, "families": families, "trends": [trend(*t) for t in trends()]}
    json.dump(figures, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
