"""Kraskov-Stögbauer-Grassberger information: neighbours of the pair, counted in x and in y."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import KDTree
from scipy.special import digamma

from ibsweep import checks, samples
from ibsweep.estimators import entropic
from ibsweep.estimators.shared.neighbours import INSIDE, LEAF
from ibsweep.estimators.shared.whitening import whiten
from ibsweep.types import Estimate

Variant = Literal[1, 2]


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, neighbours: int = 3, variant: Variant = 1
) -> Estimate:
    r"""Information between two vectors, by neighbours in the largest of both distances.

    Variant 1: Î = ψ(k) + ψ(n) − mean[ψ(n_x + 1) + ψ(n_y + 1)] in nats, n_x and n_y the samples
    nearer to sample i, in x and in y, than its k-th neighbour is in max(‖x − x_i‖, ‖y − y_i‖).
    Variant 2: Î = ψ(k) − 1/k + ψ(n) − mean[ψ(n_x) + ψ(n_y)], counted within the extent of the k
    neighbours in x and in y. All norms are the maximum norm, x and y each in coordinates of unit
    covariance. Good for little information; an estimate cannot much exceed log2(n).

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        neighbours: k, ≥ 1 and < n; 3 … 5 in the paper.
        variant: 1 (less spread) or 2 (less bias in many dimensions).

    Returns:
        Bits; exactly 0 if `x` or `y` is constant. Diagnostics: those of `samples.Pair`,
        `negative`.

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Kraskov, Stögbauer & Grassberger, Estimating mutual information, 2004, eq. 8 and 9.
        https://arxiv.org/abs/cond-mat/0305641

    Example:
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 2000))
        >>> round(mutual_information(x, x + noise).value, 1)
        0.5
    """
    checks.integer("neighbours", neighbours, minimum=1)
    if variant not in (1, 2):
        raise ValueError(f"variant must be 1 or 2, got {variant!r}")
    first, second, diagnostics = samples.pairs(x, y)
    if not first.shape[1] or not second.shape[1]:
        return entropic.estimate(np.zeros(len(first)), **diagnostics, negative=0.0)
    first, second = whiten(first).points, whiten(second).points
    n, k = len(first), min(neighbours, len(first) - 1)
    joint = np.hstack([first, second])
    radii, near = KDTree(joint, leafsize=LEAF).query(joint, k + 1, p=np.inf)
    terms = np.full(n, digamma(k) + digamma(n) - (1 / k if variant == 2 else 0.0))
    for side in (first, second):
        if variant == 1:
            terms -= digamma(_within(side, radii[:, -1] * INSIDE))
        else:
            extent = np.abs(side[near[:, 1:]] - side[:, None]).max(axis=(1, 2))
            terms -= digamma(_within(side, extent / INSIDE) - 1)
    terms /= np.log(2)
    return entropic.estimate(terms, **diagnostics, negative=float(terms.mean() < 0))


def _within(points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Count the samples within a radius of each, itself included, shape `(n,)`."""
    if points.shape[1] == 1:
        values = np.sort(points[:, 0])
        low, high = points[:, 0] - radii, points[:, 0] + radii
        return values.searchsorted(high, side="right") - values.searchsorted(low, side="left")
    tree = KDTree(points, leafsize=LEAF)
    return tree.query_ball_point(points, radii, p=np.inf, return_length=True)
