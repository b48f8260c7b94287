"""Weighted Kozachenko-Leonenko entropy: several numbers of neighbours cancel each other's bias."""

import warnings
from functools import lru_cache, partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from ibsweep import checks, samples
from ibsweep.estimators import entropic, kl
from ibsweep.types import Estimate

Support = Literal["full", "published"]

PLAIN_DIMENSIONS = 4  # up to here spread exceeds the bias that could be cancelled
LARGE = 50.0  # L1 norm of weights above which they multiply errors too much


def entropy(
    x: ArrayLike, *, neighbours: int = 5, largest: int = 50, support: Support = "full"
) -> Estimate:
    r"""Entropy with the leading terms of the bias cancelled.

    ĥ = Σ_k w_k ĥ_k, where ĥ_k is `kl.entropy` with k neighbours, in coordinates of unit
    covariance, and w the shortest vector with Σ w = 1 and Σ_k w_k Γ(k + 2l/d)/Γ(k) = 0 for
    l = 1 … ⌊d/4⌋. For d ≤ 4 it is ĥ_k of one k: the bias vanishes fast enough.

    Args:
        x: Shape `(n, d)`.
        neighbours: k where d ≤ 4.
        largest: K, the largest k elsewhere.
        support: k that have weights: `full`, 1 … K; `published`, ⌊iK/d⌋ for i = 1 … d.

    Returns:
        Bits. Diagnostics: `ties`; `weight_norm`, Σ|w|, which is what errors grow by.

    Raises:
        ValueError: If `x` is malformed, or an option is out of range.

    Warns:
        RuntimeWarning: If `weight_norm` is above 50.

    References:
        Berrett, Samworth & Yuan, Efficient multivariate entropy estimation via k-nearest neighbour
        distances, 2019. https://arxiv.org/abs/1606.00304

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(2000, 8))
        >>> bool(abs(entropy(rows).value - 4 * np.log2(2 * np.pi * np.e)) < 0.3)
        True
    """
    checks.integer("neighbours", neighbours, minimum=1)
    checks.choice("support", support, ("full", "published"))
    points = samples.vectors("x", x)
    orders, factors = np.array([neighbours]), np.ones(1)
    if points.shape[1] > PLAIN_DIMENSIONS:
        orders, factors = weights(points.shape[1], largest=largest, support=support)
    norm = float(np.abs(factors).sum())
    if norm > LARGE:
        warnings.warn(f"wkl's weights have an L1 norm of {norm:.0f} > 50", RuntimeWarning, 2)
    combined = kl.weighted(points, orders, factors)
    return combined._replace(diagnostics={**combined.diagnostics, "weight_norm": norm})


@lru_cache
def weights(
    dimensions: int, *, largest: int, support: Support = "full"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of neighbours that are combined, and their weights.

    Args:
        dimensions: d.
        largest: K, ≥ ⌊d/4⌋ + 1.
        support: As for `entropy`.

    Raises:
        ValueError: If the conditions cannot be met.

    Example:
        >>> weights(8, largest=5, support="published")[0]
        array([1, 2, 3, 4, 5])
    """
    terms = dimensions // 4
    checks.choice("support", support, ("full", "published"))
    checks.integer("largest", largest, minimum=terms + 1)
    orders = np.arange(1, largest + 1)
    if support == "published":
        orders = np.unique(np.arange(1, dimensions + 1) * largest // dimensions)
        orders = orders[orders > 0]
    powers = 2 * np.arange(terms + 1)[:, None] / dimensions
    conditions = np.exp(gammaln(orders + powers) - gammaln(orders))
    scale = conditions.max(axis=1)
    target = np.eye(terms + 1)[0]
    weights = np.linalg.lstsq(conditions / scale[:, None], target / scale, rcond=None)[0]
    if abs(weights.sum() - 1) > 1e-8:
        raise ValueError(f"weights must sum to 1, got {weights.sum()} for {len(orders)} orders")
    return orders, weights


def mutual_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    neighbours: int = 5,
    largest: int = 50,
    support: Support = "full",
) -> Estimate:
    """Information as a difference of three entropies, see `entropy`.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        neighbours: As for `entropy`.
        largest: As for `entropy`.
        support: As for `entropy`.

    Returns:
        Bits.

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024. https://arxiv.org/abs/2305.08013
    """
    chosen = partial(entropy, neighbours=neighbours, largest=largest, support=support)
    return entropic.mutual_information(x, y, entropy=chosen)


def label_information(
    x: ArrayLike,
    labels: ArrayLike,
    *,
    neighbours: int = 5,
    largest: int = 50,
    support: Support = "full",
) -> Estimate:
    """Information as the entropy of all less the mean of the classes', see `entropy`.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer; each class must vary in all directions that the whole does.
        neighbours: As for `entropy`.
        largest: As for `entropy`.
        support: As for `entropy`.

    Returns:
        Bits.

    Raises:
        ValueError: If an argument is malformed, or all rows of a class are equal.

    References:
        Butakov et al., 2024. https://arxiv.org/abs/2305.08013
    """
    chosen = partial(entropy, neighbours=neighbours, largest=largest, support=support)
    return entropic.label_information(x, labels, entropy=chosen)
