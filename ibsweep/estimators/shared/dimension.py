"""The dimension of the support of a vector: 1 for a curve in the plane, however it is bent."""

from functools import lru_cache

import numpy as np

from ibsweep.estimators.shared.neighbours import TREE_DIMENSIONS, nearest
from ibsweep.estimators.shared.whitening import white

ORDERS = np.arange(1, 11)  # neighbours that tell it
MOST = 2000  # samples compared with a normal vector's, where there are many columns
FEW = 5  # dimensions of a support that neighbours make out
LOWER = 0.75  # of what samples of all dimensions read, below which the support has fewer


def intrinsic(x: np.ndarray) -> int:
    r"""Estimate the dimension of the support.

    m = 1 / mean ln(ρ_10 / ρ_j) over samples and j = 1 … 9, ρ_j the distance to the j-th neighbour.
    Where m, in coordinates of unit covariance, is at least ¾ of what a normal vector of as many
    samples and columns reads, the support has all dimensions: in many dimensions m is too small,
    since neighbours are far away. Otherwise it is m in coordinates as given, since unit covariance
    magnifies the directions in which a bent support hardly extends; more than 5 are those of
    noise about a support, which neighbours at one distance see and those at another do not.

    Args:
        x: Shape `(n, d)`, n > 11, of full rank.

    Returns:
        1 … d.

    References:
        Levina & Bickel, Maximum likelihood estimation of intrinsic dimension, 2004; MacKay &
        Ghahramani, Comments on it, 2005, for the mean of the inverse.

    Example:
        >>> angle = np.random.default_rng(0).uniform(0, 6, size=500)
        >>> intrinsic(np.stack([np.cos(angle), np.sin(angle)], axis=1))
        1
    """
    n, d = x.shape
    if d == 1:
        return 1
    if 2 * d < n:  # else unit covariance puts all samples equally far apart
        some = x[:: max(1, n // max(MOST, 2 * d))] if d > TREE_DIMENSIONS else x
        if _slope(white(some)) >= LOWER * _slope_of_normal(min(len(some), MOST), d):
            return d
    bent = max(1, round(_slope(x, dimension=1)))
    return bent if bent <= FEW else d


def _slope(points: np.ndarray, dimension: int | None = None) -> float:
    radii = nearest(points, ORDERS, dimension=dimension).radii
    steps = np.log(radii[:, -1:] / radii[:, :-1]).mean()
    return float(1 / steps) if steps > 0 else np.inf


@lru_cache(maxsize=256)
def _slope_of_normal(n: int, d: int) -> float:
    return _slope(np.random.default_rng(0).normal(size=(n, d)))
