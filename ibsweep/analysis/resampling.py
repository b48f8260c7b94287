"""Correlation with what chance allows: intervals by bootstrap, significance by permutation."""

import functools

import numpy as np
from scipy import stats

_LEAST = 4  # pairs: with fewer there is neither an interval nor a critical value


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's r along the last axis; NaN where one side is constant.

    Args:
        x: One side, shape `(…, n)`.
        y: The other, of a shape that broadcasts with it.
    """
    x, y = _standardized(x), _standardized(y)
    return (x * y).sum(axis=-1)


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Spearman's rho along the last axis: Pearson's r of the ranks, ties averaged."""
    return pearson(stats.rankdata(x, axis=-1), stats.rankdata(y, axis=-1))


def bootstrap_interval(
    x: np.ndarray, y: np.ndarray, *, resamples: int, seed: int
) -> tuple[float, float, float, float]:
    """Return the 95 % percentile intervals of r and rho over pairs drawn with replacement.

    A resample in which one side is constant has no correlation: it is left out.

    Args:
        x: One side, shape `(n,)`.
        y: The other side, shape `(n,)`.
        resamples: How many resamples.
        seed: Seed of the draws.

    Returns:
        Lower and upper end for r, then for rho; NaN for fewer than 4 pairs.

    References:
        Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13.
    """
    if len(x) < _LEAST:
        return (np.nan,) * 4
    counts = _resamples(len(x), resamples, seed)
    ranks = _weighted_ranks(x, counts), _weighted_ranks(y, counts)
    ends: list[float] = []
    for drawn in (_weighted_pearson(x, y, counts), _weighted_pearson(*ranks, counts)):
        finite = drawn[np.isfinite(drawn)]
        ends += np.percentile(finite, [2.5, 97.5]).tolist() if finite.size else [np.nan] * 2
    return ends[0], ends[1], ends[2], ends[3]


def permutation_p(
    x: np.ndarray, y: np.ndarray, *, resamples: int, seed: int, groups: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the two-sided permutation p of r and of rho.

    The p is (1 + permutations at least as extreme) / (1 + permutations), so never 0.

    Args:
        x: One side, shape `(n,)`.
        y: The other side, shape `(n,)`.
        resamples: How many permutations.
        seed: Seed of the draws.
        groups: Permute only within these groups, shape `(n,)`.

    References:
        Phipson & Smyth, Permutation P-values should never be zero, 2010. arXiv:1603.05766
    """
    rows = _permutations(len(x), resamples, seed)
    if groups is not None:  # the order that a permutation gives to the members of each group
        numbers = np.unique(groups, return_inverse=True)[1]
        shuffled = np.take_along_axis(rows, np.argsort(numbers[rows], axis=1, kind="stable"), 1)
        rows = np.empty_like(shuffled)
        rows[:, np.argsort(numbers, kind="stable")] = shuffled
    return _extreme(x, y, rows), _extreme(stats.rankdata(x), stats.rankdata(y), rows)


def critical_r(n: int, *, alpha: float = 0.05) -> float:
    """Return the |r| from which n pairs are significant in a two-sided t test; NaN below 3.

    Example:
        >>> round(critical_r(8), 3)
        0.707
    """
    if n < 3:
        return np.nan
    t = stats.t.ppf(1 - alpha / 2, n - 2)
    return float(t / np.sqrt(n - 2 + t * t))


def detectable_r(n: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the |r| that n pairs find significant with a given power; NaN below 4.

    By Fisher's z transform: atanh r has the standard error 1 / sqrt(n - 3).

    Args:
        n: Number of pairs.
        power: Probability of finding it.
        alpha: Two-sided level of the test.

    References:
        Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, ch. 3.

    Example:
        >>> round(detectable_r(8), 2)
        0.85
    """
    if n < _LEAST:
        return np.nan
    quantiles = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return float(np.tanh(quantiles / np.sqrt(n - 3)))


def partial_r(x: np.ndarray, y: np.ndarray, given: np.ndarray) -> float:
    """Return the correlation of what a straight line in `given` leaves of x and of y.

    Args:
        x: One side, shape `(n,)`.
        y: The other side, shape `(n,)`.
        given: What is held fixed, shape `(n,)`.

    Returns:
        The partial r; NaN for fewer than 4 pairs, or if nothing is left.
    """
    if len(x) < _LEAST:
        return np.nan
    design = np.column_stack([np.ones(len(x)), given])
    left = [values - design @ np.linalg.lstsq(design, values)[0] for values in (x, y)]
    sizes = [np.abs(values).max() for values in (x, y)]
    nothing = any(np.ptp(rest) <= 1e-12 * size for rest, size in zip(left, sizes, strict=True))
    return np.nan if nothing else float(pearson(*left))


def holm(p: np.ndarray) -> np.ndarray:
    """Return Holm's adjusted p values of a family of tests; a NaN is no test and stays NaN.

    References:
        Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03]))
        array([0.03, 0.06, 0.06])
    """
    adjusted = np.full(len(p), np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def _standardized(values: np.ndarray) -> np.ndarray:
    """Return values with mean 0 and length 1 along the last axis; NaN if they are constant."""
    spread = np.ptp(values, axis=-1, keepdims=True)
    moved = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(moved, axis=-1, keepdims=True)
    return moved / np.where(spread > 0, length, np.nan)


@functools.lru_cache(maxsize=64)
def _resamples(n: int, resamples: int, seed: int) -> np.ndarray:
    """Return how often each of n pairs is in each resample, shape `(resamples, n)`."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n, np.full(n, 1 / n), size=resamples)


@functools.lru_cache(maxsize=64)
def _permutations(n: int, resamples: int, seed: int) -> np.ndarray:
    """Return permutations of n rows, shape `(resamples, n)`."""
    return np.argsort(np.random.default_rng(seed).random((resamples, n)), axis=1)


def _weighted_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the average rank that each value has in each resample, shape as `counts`."""
    distinct, place = np.unique(values, return_inverse=True)
    ties = np.zeros((len(values), len(distinct)))
    ties[np.arange(len(values)), place] = 1.0
    ranked = counts @ ties
    return (np.cumsum(ranked, axis=1) - (ranked - 1) / 2)[:, place]


def _weighted_pearson(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return r of each resample; NaN where one side is constant."""
    total = counts.sum(axis=1, keepdims=True)
    moved = [v - (counts * v).sum(axis=1, keepdims=True) / total for v in (x, y)]
    squares = [(counts * v * v).sum(axis=1) for v in moved]
    drawn = counts > 0
    constant = [
        np.where(drawn, v, -np.inf).max(axis=1) == np.where(drawn, v, np.inf).min(axis=1)
        for v in (x, y)
    ]
    length = np.sqrt(np.where(constant[0] | constant[1], np.nan, squares[0] * squares[1]))
    return (counts * moved[0] * moved[1]).sum(axis=1) / length


def _extreme(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> float:
    """Return the part of the permutations, the identity included, with an |r| as large."""
    x, y = _standardized(x), _standardized(y)
    measured = abs(float(x @ y))
    if np.isnan(measured):
        return np.nan
    drawn = np.abs(y[rows] @ x)
    return float((1 + (drawn >= measured - 1e-12).sum()) / (1 + len(rows)))
