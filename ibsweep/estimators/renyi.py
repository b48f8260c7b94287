"""Matrix-based Rényi information: the spectrum of kernel matrices in place of a density."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigvalsh
from scipy.spatial.distance import pdist, squareform

from ibsweep import checks, samples
from ibsweep.estimators.shared.layers import evenly_spaced
from ibsweep.types import Estimate


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, alpha: float = 1.01, width: float = 1.0, largest: int = 1000
) -> Estimate:
    r"""Information between two vectors from their normalised kernel matrices A and B.

    Î = S(A) + S(B) − S(A∘B / tr A∘B), S(A) = log2(Σ_i λ_i^α) / (1 − α), λ the eigenvalues of A,
    A_ij = (1/n) exp(−‖x_i − x_j‖² / (2 s²)), s = width · n^(−1/(4 + d)), every column having
    variance 1. It depends on s and n, does not tend to Shannon's information, and is at most
    log2(n): compare values of one n, width and d.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        alpha: Order, > 0 and not 1.
        width: Factor of the kernel's width, > 0.
        largest: Of more samples, as many evenly spaced ones are taken: time grows as their cube.

    Returns:
        Bits, without an error; 0 if `x` or `y` is constant.

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Sánchez Giraldo, Rao & Príncipe, Measures of entropy from data using infinitely divisible
        kernels, 2014, https://arxiv.org/abs/1211.2459; Wickstrøm et al., Information plane
        analysis of deep neural networks via matrix-based Rényi's entropy and tensor kernels,
        2019, https://arxiv.org/abs/1909.11396

    Example:
        >>> x = np.array([[0.0], [0.0], [1.0], [1.0]])
        >>> round(mutual_information(x, x, width=0.1).value, 6)
        1.0
    """
    _check(alpha, width, largest)
    first, second, diagnostics = samples.pairs(x, y, dither=False)
    rows = evenly_spaced(len(first), largest)
    a, b = (_kernel(side[rows], width) for side in (first, second))
    return Estimate(_information(a, b, alpha), np.nan, diagnostics)


def label_information(
    x: ArrayLike,
    labels: ArrayLike,
    *,
    alpha: float = 1.01,
    width: float = 1.0,
    largest: int = 1000,
) -> Estimate:
    """As `mutual_information`, with the kernel of a class 1 within it and 0 between classes.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer.
        alpha: Order, > 0 and not 1.
        width: Factor of the kernel's width, > 0.
        largest: As for `mutual_information`.

    Returns:
        Bits, without an error.

    Raises:
        ValueError: If an argument is malformed, or an option is out of range.

    References:
        As for `mutual_information`.
    """
    _check(alpha, width, largest)
    points = samples.on_support("x", x)
    numbers, _ = samples.classes(labels, samples=len(points))
    rows = evenly_spaced(len(points), largest)
    same = (numbers[rows][:, None] == numbers[rows]).astype(float)
    value = _information(_kernel(points[rows], width), same, alpha)
    return Estimate(value, np.nan, samples.described("x", x, points))


def _check(alpha: float, width: float, largest: int) -> None:
    if checks.real("alpha", alpha, above=0) == 1:
        raise ValueError(f"alpha must not be 1, got {alpha}")
    checks.real("width", width, above=0)
    checks.integer("largest", largest, minimum=2)


def _kernel(points: np.ndarray, width: float) -> np.ndarray:
    n, d = points.shape
    if d == 0:
        return np.ones((n, n))
    scale = width * n ** (-1 / (4 + d))
    return np.exp(-squareform(pdist(points, "sqeuclidean")) / (2 * scale**2))


def _information(a: np.ndarray, b: np.ndarray, alpha: float) -> float:
    if (a == 1).all() or (b == 1).all():
        return 0.0
    return _entropy(a, alpha) + _entropy(b, alpha) - _entropy(a * b, alpha)


def _entropy(kernel: np.ndarray, alpha: float) -> float:
    spectrum = np.abs(eigvalsh(kernel / len(kernel)))  # negative by rounding alone
    return float(np.log2((spectrum**alpha).sum()) / (1 - alpha))
