"""Information between a continuous vector and a class, by neighbours within the class."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import KDTree
from scipy.special import digamma

from ibsweep import checks, samples
from ibsweep.estimators.entropic import label_estimate
from ibsweep.estimators.shared.neighbours import INSIDE, LEAF
from ibsweep.estimators.shared.whitening import whiten
from ibsweep.types import Estimate


def label_information(x: ArrayLike, labels: ArrayLike, *, neighbours: int = 3) -> Estimate:
    r"""Information between a vector, which may hold equal rows, and its class.

    Î = ψ(n) + mean[ψ(k_i) − ψ(n_y) − ψ(m_i)] in nats: ρ_i is the distance of sample i to the k-th
    nearest of its class, n_y the size of that, m_i the samples nearer than ρ_i and k_i those of
    the class, both with i itself. Where ρ_i = 0, they are the samples that equal i: a vector that
    takes few values gives the information of the observed frequencies. Distances are Euclidean, in
    coordinates of unit covariance.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer.
        neighbours: k, ≥ 1; less in classes of no more samples.

    Returns:
        Bits; exactly 0 if `x` is constant or there is one class. Diagnostics: those of
        `samples.described`, `negative`, `above_entropy`.

    Raises:
        ValueError: If `x` or `labels` is malformed, or `neighbours` is out of range.

    References:
        Ross, Mutual information between discrete and continuous data sets, 2014.
        https://doi.org/10.1371/journal.pone.0087357; for equal samples Gao, Kannan, Oh &
        Viswanath, Estimating mutual information for discrete-continuous mixtures, 2017.
        https://arxiv.org/abs/1709.06212

    Example:
        >>> rows = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
        >>> round(label_information(rows, np.array([0, 0, 0, 1, 1, 1]), neighbours=1).value, 2)
        1.13
    """
    checks.integer("neighbours", neighbours, minimum=1)
    points = whiten(samples.on_support("x", x)).points
    numbers, sizes = samples.classes(labels, samples=len(points))
    diagnostics = samples.described("x", x, points)
    if not points.shape[1]:
        return label_estimate(np.zeros(len(points)), sizes, **diagnostics)
    radii, inside = np.zeros(len(points)), np.ones(len(points))
    for number, size in enumerate(sizes):
        members = numbers == number
        tree, order = KDTree(points[members], leafsize=LEAF), min(neighbours, int(size) - 1)
        if order:
            radii[members] = tree.query(points[members], [order + 1])[0][:, 0] * INSIDE
            inside[members] = _count(tree, points[members], radii[members])
    around = _count(KDTree(points, leafsize=LEAF), points, radii)
    terms = digamma(len(points)) + digamma(inside) - digamma(sizes[numbers]) - digamma(around)
    return label_estimate(terms / np.log(2), sizes, **diagnostics)


def _count(tree: KDTree, points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    return tree.query_ball_point(points, radii, return_length=True)
