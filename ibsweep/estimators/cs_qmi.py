"""Quadratic information by the Cauchy-Schwarz divergence of kernel densities."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import pdist, squareform

from ibsweep import checks, samples
from ibsweep.estimators.shared.layers import evenly_spaced
from ibsweep.types import Estimate

Width = float | Literal["median"]

MEDIANS = 10.0  # squared widths of `median`, in medians of squared distances


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, width: Width = 1.0, largest: int = 1000
) -> Estimate:
    r"""Divergence of the joint density of two vectors from the product of their densities.

    With kernel matrices K of x and L of y, K_j = Σ_i K_ij and N samples,
    Î = log2 Σ_ij K_ij L_ij / N² + log2 ΣK ΣL / N⁴ − 2 log2 Σ_j K_j L_j / N³, which is ≥ 0, and 0
    if the samples are all pairs of two sets. K_ij = exp(−‖x_i − x_j‖² / (2σ²)), columns having
    mean 0 and standard deviation 1. It is no Shannon information: of normal vectors it is less,
    and it depends on the width. Compare equal widths and equal N.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        width: σ in units of √d, > 0; or `median`: σ² is ten times the median of ‖x_i − x_j‖².
        largest: Of more samples, as many evenly spaced ones are taken, ≥ 2.

    Returns:
        Bits; exactly 0 if `x` or `y` is constant. No error is known. Diagnostics: `negative`.

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Principe, Information theoretic learning, 2010, §2.7; Yu et al., Cauchy-Schwarz divergence
        information bottleneck for regression, 2024. https://arxiv.org/abs/2404.17951

    Example:
        >>> square = np.argwhere(np.ones((5, 5)))
        >>> abs(round(mutual_information(square[:, 0], square[:, 1]).value, 9))
        0.0
    """
    first, second = samples.vectors("x", x), samples.vectors("y", y)
    if len(first) != len(second):
        raise ValueError(f"y must have {len(first)} rows as x, got {len(second)}")
    rows = evenly_spaced(len(first), largest)
    return _estimate(*(_kernel(points[rows], width) for points in (first, second)))


def label_information(
    x: ArrayLike, labels: ArrayLike, *, width: Width = 1.0, largest: int = 1000
) -> Estimate:
    """Divergence as of `mutual_information`, where L is 1 within a class, and else 0.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer.
        width: As for `mutual_information`.
        largest: As for `mutual_information`.

    Returns:
        Bits; exactly 0 if `x` is constant or there is one class.

    Raises:
        ValueError: If `x` or `labels` is malformed, or an option is out of range.

    References:
        As for `mutual_information`.
    """
    points = samples.vectors("x", x)
    rows = evenly_spaced(len(points), largest)
    numbers = samples.classes(labels, samples=len(points))[0][rows]
    same = (numbers[:, None] == numbers).astype(np.float64)
    return _estimate(_kernel(points[rows], width), same)


def of_kernels(k: np.ndarray, other: np.ndarray) -> float:
    """Return the divergence of two kernel matrices, bits.

    Args:
        k: Shape `(n, n)`, symmetric, ≥ 0, not 0 throughout.
        other: Likewise.

    Example:
        >>> of_kernels(np.eye(8), np.eye(8))
        3.0
    """
    n = len(k)
    sums = k.sum(axis=0), other.sum(axis=0)
    joint = math.log2((k * other).sum() / n**2)
    apart = math.log2(sums[0].sum() / n**2) + math.log2(sums[1].sum() / n**2)
    return joint + apart - 2 * math.log2((sums[0] * sums[1]).sum() / n**3)


def _estimate(k: np.ndarray, other: np.ndarray) -> Estimate:
    constant = (k == k[0, 0]).all() or (other == other[0, 0]).all()
    value = 0.0 if constant else of_kernels(k, other)
    return Estimate(value, math.nan, {"negative": float(value < 0)})


def _kernel(points: np.ndarray, width: Width) -> np.ndarray:
    """Return the kernel matrix of standardised samples."""
    if width != "median":
        checks.real("width (or 'median')", width, above=0)
    centred = points - points.mean(axis=0)
    spread = centred.std(axis=0)
    varying = np.ptp(points, axis=0) > 0
    if not varying.any():
        return np.ones((len(points), len(points)))
    squares = pdist(centred[:, varying] / spread[varying], "sqeuclidean")
    if width == "median":
        scale = MEDIANS * float(np.median(squares))
        scale = scale or MEDIANS * float(squares.mean())  # more than half of the pairs are equal
    else:
        scale = float(width) ** 2 * int(varying.sum())
    kernel = np.exp(-squareform(squares) / (2 * scale))
    return np.asarray(kernel)
