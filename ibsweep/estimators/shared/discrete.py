"""Bins, and the exact information in vectors of bin numbers."""

import math

import numpy as np

from ibsweep.estimators.shared.layers import Classes
from ibsweep.types import Information

BIAS = 0.1  # bits, of H(T), from which on a layer counts as undersampled

_SCANNED_EDGES = 48  # comparing with each edge in turn is faster than a binary search up to here
_EXACT_FLOAT = 2**53
_EXACT_INTEGER = 2**62


def count_edges(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count the edges ≤ each value: its bin, the outer bins being open.

    Args:
        values: Any shape, floating point.
        edges: Inner edges, ascending, shape `(bins − 1,)`.

    Returns:
        Bin numbers 0 … len(edges), of the shape of `values`.

    Example:
        >>> count_edges(np.array([-9.0, 1.0, 1.5, 9.0]), np.array([1.0, 2.0]))
        array([0, 1, 1, 2], dtype=uint8)
    """
    edges = _rounded_up(edges, values.dtype)
    if len(edges) > _SCANNED_EDGES:
        return np.searchsorted(edges, values, side="right")
    counts, reached = np.zeros(values.shape, np.uint8), np.empty(values.shape, bool)
    for edge in edges:
        np.greater_equal(values, edge, out=reached)
        counts += reached.view(np.uint8)
    return counts


def counted_information(
    bins: np.ndarray, radix: int, classes: Classes, *, population: bool | None
) -> Information:
    r"""Information in vectors of bin numbers, and whether there are samples enough.

    H(T) of N samples from K states is on average some (K − 1)/(2N ln 2) bits below that of the
    population (Miller 1955); K is the number of states that occur.

    Args:
        bins: As for `bin_information`.
        radix: As there.
        classes: As there.
        population: Whether the samples are all that there are; None: it is not known.

    Returns:
        As `bin_information`, with the detail `undersampled` for a sample of a population: 1 if
        that bias is above `BIAS` bits, else 0.
    """
    i_xt, i_ty, states = _counted(bins, radix, classes)
    if population is not False:
        return Information(i_xt, i_ty)
    bias = (states - 1) / (2 * bins.shape[1] * math.log(2))
    return Information(i_xt, i_ty, {"undersampled": float(bias > BIAS)})


def is_population(patterns: np.ndarray) -> bool:
    """Say whether patterns are all that there can be: every combination of the features' values.

    Args:
        patterns: Shape `(samples, features)`.

    Example:
        >>> bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> is_population(bits), is_population(bits[1:])
        (True, False)
    """
    words, combinations = np.zeros(len(patterns), np.int64), 1
    for column in patterns.T:
        values = np.unique(column)
        words += combinations * np.searchsorted(values, column)
        combinations *= len(values)
        if combinations > len(patterns):
            return False
    return combinations == len(patterns) == len(np.unique(words))


def bin_information(bins: np.ndarray, radix: int, classes: Classes) -> tuple[float, float]:
    r"""Information in vectors of bin numbers that are a function of the input.

    H(T|X) = 0, so I(X;T) = H(T) and I(T;Y) = H(T) − Σ_y p(y) H(T|y). With c the number of samples
    that share a vector and S(T) = Σ c log2 c, H(T) = (N log2 N − S(T)) / N.

    Args:
        bins: Bin number of each unit and sample, 0 … `radix` − 1, shape `(units, samples)`.
        radix: Number of bins.
        classes: Label of each sample.

    Returns:
        I(X;T) and I(T;Y) in bits.
    """
    return _counted(bins, radix, classes)[:2]


def _counted(bins: np.ndarray, radix: int, classes: Classes) -> tuple[float, float, int]:
    """Return what `bin_information` does, and the number of vectors that occur."""
    samples = bins.shape[1]
    words, size = _words(bins, radix)
    pairs, _ = _join(words, size, classes.of, classes.total)
    ordered = np.sort(pairs)
    starts = _starts(ordered)
    word_starts = starts[_starts(ordered[starts] // classes.total)]
    s_t, s_ty = (_sum_c_log_c(np.diff(first, append=samples)) for first in (word_starts, starts))
    s_x, s_y = samples * np.log2(samples), _sum_c_log_c(np.bincount(classes.of))
    i_xt, i_ty = (s_x - s_t) / samples, ((s_x - s_t) - (s_y - s_ty)) / samples
    return float(i_xt), float(i_ty), len(word_starts)


def _rounded_up(edges: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Edges in the type of the values, so that a value reaches the same edges as before."""
    with np.errstate(over="ignore"):
        narrow = edges.astype(dtype)
    return np.where(narrow < edges, np.nextafter(narrow, dtype.type(np.inf)), narrow)


def _words(bins: np.ndarray, radix: int) -> tuple[np.ndarray, int]:
    """Number the samples' vectors, equal vectors alike; also a bound on the numbers."""
    if radix == 1:
        return np.zeros(bins.shape[1], np.int64), 1
    digits = max(1, int(math.log(_EXACT_FLOAT) / math.log(radix)))
    words, size = np.zeros(bins.shape[1], np.int64), 1
    for first in range(0, len(bins), digits):
        group = bins[first : first + digits]
        powers = float(radix) ** np.arange(len(group))
        word = (powers @ group.astype(float)).astype(np.int64)  # exact: all sums are < 2^53
        words, size = _join(words, size, word, radix ** len(group))
    return words, size


def _join(left: np.ndarray, size: int, right: np.ndarray, other: int) -> tuple[np.ndarray, int]:
    """Number the pairs (left, right) of numbers below `size` and `other`."""
    if size * other > _EXACT_INTEGER:
        left, size = _ranks(left)
    if size * other > _EXACT_INTEGER:
        right, other = _ranks(right)
    return left * other + right, size * other


def _ranks(words: np.ndarray) -> tuple[np.ndarray, int]:
    distinct, ranks = np.unique(words, return_inverse=True)
    return ranks, len(distinct)


def _starts(ordered: np.ndarray) -> np.ndarray:
    """Where runs of equal values begin."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _sum_c_log_c(counts: np.ndarray) -> float:
    """Σ c log2 c, summed in an order that depends on nothing but the counts' values."""
    times = np.bincount(counts)
    sizes = np.flatnonzero(times)
    return float(np.sum(times[sizes] * sizes * np.log2(sizes)))
