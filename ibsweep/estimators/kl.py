"""Kozachenko-Leonenko entropy: the distance to the k-th nearest neighbour tells the density."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, gammaln

from ibsweep import checks, samples
from ibsweep.estimators import entropic
from ibsweep.estimators.shared.neighbours import nearest
from ibsweep.estimators.shared.whitening import whiten as whitened
from ibsweep.types import Estimate


def entropy(x: ArrayLike, *, neighbours: int = 5, whiten: bool = True) -> Estimate:
    r"""Entropy from distances to nearest neighbours.

    ĥ = (1/n) Σ_i ln[(n − 1) V_d ρ_i^d e^{−ψ(k)}] in nats, ρ_i the Euclidean distance of x_i to its
    k-th nearest neighbour, V_d the volume of the unit ball. Of equal samples, ρ_i is the distance
    to the nearest unlike one and k the number of samples within it.

    Args:
        x: Shape `(n, d)`.
        neighbours: k, ≥ 1: more give less spread and more bias.
        whiten: Measure distances in coordinates of unit covariance; the change of volume is exact.

    Returns:
        Bits; −∞ if the samples span fewer than d directions. Diagnostics: `ties`, samples that
        equal another.

    Raises:
        ValueError: If `x` is malformed or all its rows are equal, or an option is out of range.

    References:
        Kozachenko & Leonenko, Sample estimate of the entropy of a random vector, 1987; Butakov et
        al., 2024, for the whitening. https://arxiv.org/abs/2305.08013

    Example:
        >>> rows = np.random.default_rng(0).uniform(size=(9999, 1))
        >>> abs(entropy(rows).value) < 0.05  # log2 1
        True
    """
    checks.integer("neighbours", neighbours, minimum=1)
    return weighted(x, np.array([neighbours]), np.ones(1), whiten=whiten)


def weighted(
    x: ArrayLike, orders: np.ndarray, weights: np.ndarray, *, whiten: bool = True
) -> Estimate:
    """Entropy as a weighted sum of `entropy` for several numbers of neighbours.

    Args:
        x: Shape `(n, d)`.
        orders: Numbers of neighbours, shape `(orders,)`.
        weights: Their weights, sum 1, shape `(orders,)`.
        whiten: As for `entropy`.

    Raises:
        ValueError: If `x` is malformed or all its rows are equal.
    """
    points, volume = samples.vectors("x", x), 0.0
    if whiten:
        points, volume = whitened(points)
    n, d = points.shape
    radii, counts, ties = nearest(points, orders)
    ball = d / 2 * np.log(np.pi) - gammaln(d / 2 + 1)
    terms = (d * np.log(radii) - digamma(counts)) @ weights + np.log(n - 1) + ball + volume
    return entropic.estimate(terms / np.log(2), ties=float(ties))


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, neighbours: int = 5, whiten: bool = True
) -> Estimate:
    """Information as a difference of three entropies, see `entropy`.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        neighbours: As for `entropy`.
        whiten: As for `entropy`; x, y and the two together, each by its own covariance.

    Returns:
        Bits; the biases of the entropies differ and remain (`shuffled` removes most of them).

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024. https://arxiv.org/abs/2305.08013
    """
    checks.integer("neighbours", neighbours, minimum=1)
    return entropic.mutual_information(
        x, y, entropy=lambda rows: entropy(rows, neighbours=neighbours, whiten=whiten)
    )


def label_information(
    x: ArrayLike, labels: ArrayLike, *, neighbours: int = 5, whiten: bool = True
) -> Estimate:
    """Information as the entropy of all less the mean of the classes', see `entropy`.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer; each class must vary in all directions that the whole does.
        neighbours: As for `entropy`.
        whiten: As for `entropy`; each class by its own covariance.

    Returns:
        Bits.

    Raises:
        ValueError: If an argument is malformed, or all rows of a class are equal.

    References:
        Butakov et al., 2024. https://arxiv.org/abs/2305.08013
    """
    checks.integer("neighbours", neighbours, minimum=1)
    return entropic.label_information(
        x, labels, entropy=lambda rows: entropy(rows, neighbours=neighbours, whiten=whiten)
    )
