"""Entropy of a Gaussian kernel density, its bandwidth chosen by the samples' own likelihood."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from torch import Tensor

from ibsweep import samples
from ibsweep.estimators import entropic
from ibsweep.estimators.shared.whitening import whiten
from ibsweep.types import Estimate

BANDWIDTHS = (1e-3, 3.0)  # searched, in standard deviations
JUDGES = 500  # samples whose likelihood chooses the bandwidth
BLOCK = 2**22  # pairs held at once
EXACT = "donot_use_mm_for_euclid_dist"  # differences, since products lose small distances


def entropy(x: ArrayLike) -> Estimate:
    r"""Entropy from a leave-one-out kernel density.

    ĥ = −(1/n) Σ_i ln (1/(n − 1)) Σ_{j≠i} N(x_i; x_j, s² I) in nats, in coordinates of unit
    covariance; s is where ĥ is smallest, that is where left-out samples are likeliest.

    Args:
        x: Shape `(n ≥ 2, d)`.

    Returns:
        Bits; −∞ if the samples span fewer than d directions. Diagnostics: `bandwidth`, s.

    Raises:
        ValueError: If `x` is malformed or has one row.

    References:
        Ahmad & Lin, A nonparametric estimation of the entropy for absolutely continuous
        distributions, 1976; Duin, On the choice of smoothing parameters for Parzen estimators of
        probability density functions, 1976, for s.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(2000, 1))
        >>> bool(1.9 < entropy(rows).value < 2.2)  # ½ log2 2πe = 2.05
        True
    """
    rows, volume = whiten(samples.vectors("x", x))
    if len(rows) < 2:
        raise ValueError(f"x must have ≥ 2 rows, got {len(rows)}")
    points = torch.from_numpy(np.ascontiguousarray(rows))
    judges = torch.linspace(0, len(points) - 1, min(JUDGES, len(points))).long()
    squares = _squares(points, judges)
    best = minimize_scalar(
        lambda log_width: float(_surprise(squares, np.exp(log_width), points).mean()),
        bounds=np.log(BANDWIDTHS),
        method="bounded",
    )
    width = float(np.exp(best.x))
    blocks = torch.arange(len(points)).split(max(1, BLOCK // len(points)))
    terms = torch.cat([_surprise(_squares(points, block), width, points) for block in blocks])
    return entropic.estimate((terms.numpy() + volume) / np.log(2), bandwidth=width)


def mutual_information(x: ArrayLike, y: ArrayLike) -> Estimate:
    """Information as a difference of three entropies, see `entropy`.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.

    Returns:
        Bits.

    Raises:
        ValueError: If `x` or `y` is malformed.

    References:
        As for `entropy`.
    """
    return entropic.mutual_information(x, y, entropy=entropy)


def label_information(x: ArrayLike, labels: ArrayLike) -> Estimate:
    """Information as the entropy of all less the mean of the classes', see `entropy`.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer; each class must vary in all directions that the whole does.

    Returns:
        Bits.

    Raises:
        ValueError: If an argument is malformed, or a class has one sample.

    References:
        As for `entropy`.
    """
    return entropic.label_information(x, labels, entropy=entropy)


def _squares(points: Tensor, rows: Tensor) -> Tensor:
    """Squared distances from some points to all, ∞ from a point to itself."""
    squares = torch.cdist(points[rows], points, compute_mode=EXACT).square()
    squares[torch.arange(len(rows)), rows] = torch.inf
    return squares


def _surprise(squares: Tensor, width: float, points: Tensor) -> Tensor:
    n, d = points.shape
    kernels = (-squares / (2 * width**2)).logsumexp(dim=1)
    return np.log(n - 1) + d / 2 * np.log(2 * np.pi * width**2) - kernels
