"""Canonical variates of two vectors: the pairs of numbers in which one tells the other."""

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

PERMUTATIONS = 20  # whose largest correlation a pair must exceed
APART = 4.0  # standard errors by which what is new in a pair must be correlated
DEGREE = 3  # of the polynomials in earlier pairs that are not new
NARROW = 1e-5  # share of the largest deviation below which a direction does not vary


class Affine(NamedTuple):
    """An affine map of vectors to fewer numbers.

    Attributes:
        mean: What is taken off first, shape `(d,)`.
        axes: What the rest is multiplied by, shape `(d, dimensions)`.
    """

    mean: np.ndarray
    axes: np.ndarray

    def forth(self, values: np.ndarray) -> np.ndarray:
        """Map vectors, shape `(n, d)` to `(n, dimensions)`."""
        return (values - self.mean) @ self.axes

    def back(self, numbers: np.ndarray) -> np.ndarray:
        """Return the vectors of least length, but for the mean, that are mapped so."""
        return numbers @ np.linalg.pinv(self.axes) + self.mean


def canonical(x: np.ndarray, y: np.ndarray) -> tuple[Affine, Affine]:
    """Turn two vectors to their canonical variates, of which those that predict are kept.

    A pair is kept if its correlation exceeds the largest one of 20 permutations of the samples,
    and if it is new: what cubic polynomials of the pairs kept so far leave of its two variates is
    correlated by more than 4 standard errors. Where none is, the first is kept.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.

    Returns:
        The maps of x and of y, to equally many numbers, centred, uncorrelated and of unit variance
        on these samples; to one that is 0 where x or y does not vary.

    References:
        Hotelling, Relations between two sets of variates, 1936.
    """
    first, second = _white(x), _white(y)
    a, b = first.forth(x), second.forth(y)
    if not a.shape[1] or not b.shape[1]:
        return _none(x), _none(y)
    left, correlations, right = np.linalg.svd(a.T @ b / len(x))
    least = largest_by_chance(a, b, seed=0)
    axes = left[:, : len(correlations)], right.T[:, : len(correlations)]
    kept = [0]
    for pair in range(1, int((correlations > least).sum())):
        if _is_new(a @ axes[0], b @ axes[1], pair, kept):
            kept.append(pair)
    return (
        Affine(first.mean, first.axes @ axes[0][:, kept]),
        Affine(second.mean, second.axes @ axes[1][:, kept]),
    )


def largest_by_chance(a: np.ndarray, b: np.ndarray, *, seed: int) -> float:
    """Return the largest canonical correlation of 20 permutations of the samples.

    Args:
        a: Shape `(n, d_a)`, of unit covariance.
        b: Shape `(n, d_b)`, likewise.
        seed: Of the permutations.
    """
    generator = np.random.default_rng(seed)
    permuted = (a.T @ b[generator.permutation(len(b))] / len(a) for _ in range(PERMUTATIONS))
    return max(float(np.linalg.norm(product, ord=2)) for product in permuted)


def _white(values: np.ndarray) -> Affine:
    """Return the map to uncorrelated numbers of unit variance, of the directions that vary."""
    mean = values.mean(axis=0)
    _, deviations, axes = np.linalg.svd(
        (values - mean) / np.sqrt(len(values)), full_matrices=False
    )
    varying = deviations > NARROW * max(1.0, deviations.max(initial=0.0))
    return Affine(mean, axes[varying].T / deviations[varying])


def _none(values: np.ndarray) -> Affine:
    return Affine(values.mean(axis=0), np.zeros((values.shape[1], 1)))


def _is_new(a: np.ndarray, b: np.ndarray, pair: int, kept: list[int]) -> bool:
    """Say whether a pair tells more than polynomials of the pairs kept do."""
    for basis in (polynomials(a[:, kept]), polynomials(b[:, kept])):
        rest = [
            values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]
            for values in (a[:, pair], b[:, pair])
        ]
        if min(values.std() for values in rest) < NARROW:
            return False
        if abs(np.corrcoef(*rest)[0, 1]) * np.sqrt(len(a)) <= APART:
            return False
    return True


def polynomials(values: np.ndarray) -> np.ndarray:
    """Return all products of up to three columns, and 1, shape `(n, products)`.

    Args:
        values: Shape `(n, d)`.

    Example:
        >>> polynomials(np.array([[2.0]])).tolist()
        [[1.0, 2.0, 4.0, 8.0]]
    """
    columns = range(values.shape[1])
    products = [
        values[:, chosen].prod(axis=1)
        for degree in range(DEGREE + 1)
        for chosen in map(list, combinations_with_replacement(columns, degree))
    ]
    return np.stack(products, axis=1)
