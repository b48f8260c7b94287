"""Information between a vector and a class as what a classifier of the samples knows of it.

The choice for classes: it holds for tight clusters, thin slabs and noise alike, where differences
of entropies go wrong by more than there is to know, and it cannot exceed the entropy of the class.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.spatial import KDTree
from scipy.special import digamma, log_softmax

from ibsweep import checks, samples
from ibsweep.estimators.entropic import label_estimate
from ibsweep.estimators.shared.neighbours import LEAF
from ibsweep.estimators.shared.whitening import LEAST, whiten
from ibsweep.types import Estimate

KINDS = ("linear", "drawn", "quadratic", "neighbours")
FAINT = 0.01  # samples' worth of the shared covariance, that no class be without volume
LEAST_RADIUS = 1e-300  # samples that rounding does not part are so near


def label_information(x: ArrayLike, labels: ArrayLike, *, neighbours: int = 5) -> Estimate:
    r"""Bound I(X;Y) = H(Y) − H(Y|X) from below by a posterior q(y|x) of the samples.

    Î = mean ln[q(y_i|x_i) / p(y_i)] in nats, where q(y|x) ∝ p(y) exp Σ_j β_j s_j(x,y): whatever q,
    E ln q(Y|X) ≤ −H(Y|X). The scores s are four logarithms of class densities: of normal
    distributions that share their covariance (linear), that have their own (quadratic), that have
    their own drawn towards the shared one (drawn), and from the distance to the k-th neighbour in
    the class (neighbours). Each takes the sample itself out of its class. The weights β ≥ 0, which
    say how far each kind is to be believed, make Î largest, which adds at most 2/n nats on average
    where there is nothing to know.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer; the only sample of a class contributes nothing.
        neighbours: k, ≥ 1; less in classes of no more samples.

    Returns:
        Bits, 0 … H(Y); exactly 0 if `x` is constant or there is one class. The error is that of
        the bound. Diagnostics: as of `entropic.label_information`; the weights `linear`,
        `drawn`, `quadratic`, `neighbours`.

    Raises:
        ValueError: If an argument is malformed.

    References:
        Barber & Agakov, The IM algorithm, 2003, for the bound; Friedman, Regularized discriminant
        analysis, 1989, https://doi.org/10.1080/01621459.1989.10478752, for the covariances; Smyth
        & Wolpert, Linearly combining density estimators via stacking, 1999,
        https://doi.org/10.1023/A:1007511322260, for the weights.

    Example:
        >>> labels = np.arange(200) % 2
        >>> rows = np.random.default_rng(0).normal(size=(200, 2)) + 9 * labels[:, None]
        >>> round(label_information(rows, labels).value, 2)
        1.0
    """
    checks.integer("neighbours", neighbours, minimum=1)
    points = samples.dithered(samples.on_support("x", x), seed=0)
    of, sizes = samples.classes(labels, samples=len(points))
    terms = np.zeros(len(points))
    kept, weights = (sizes > 1)[of], np.zeros(len(KINDS))
    if points.shape[1] and (sizes > 1).sum() > 1:
        numbers, counts = samples.classes(of[kept], samples=int(kept.sum()))
        terms[kept], weights = _gains(
            points[kept], numbers, np.log(counts / kept.sum()), neighbours
        )
    diagnostics = dict(zip(KINDS, weights.tolist(), strict=True)) | samples.described(
        "x", x, points
    )
    return label_estimate(terms / np.log(2), sizes, **diagnostics)


def _gains(
    points: np.ndarray, of: np.ndarray, prior: np.ndarray, neighbours: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return ln q(y|x) / p(y) of every sample, and the weights of the kinds of scores.

    Args:
        points: Shape `(n, d)`.
        of: Class of each, 0 …, of two samples or more; shape `(n,)`.
        prior: ln p(y), shape `(classes,)`.
        neighbours: k.
    """
    rows = _within(whiten(points).points, of)
    own = [_own_normal(rows, of, worth) for worth in (points.shape[1] + 1, FAINT)]
    scores = np.stack([_normal(rows, of), *own, _nearest(rows, of, neighbours)])
    weights = _stacked(scores, prior, of)
    posterior = log_softmax(prior + np.tensordot(weights, scores, 1), axis=1)
    return posterior[np.arange(len(of)), of] - prior[of], weights


def _within(points: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Bring samples to unit mean covariance within classes, if those vary in all directions."""
    _, singular, axes = np.linalg.svd(points - _means(points, of)[of], full_matrices=False)
    if len(singular) < points.shape[1] or singular[-1] <= LEAST * singular[0]:
        return points
    return points @ (axes.T / singular) * np.sqrt(len(points))


def _means(points: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.stack([points[of == one].mean(axis=0) for one in range(of.max() + 1)])


def _normal(rows: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return log densities of every class at every row, all of unit covariance, but a constant.

    Without itself, a sample is n/(n − 1) times as far from its class's mean; shape `(n, classes)`.
    """
    away = np.stack([((rows - mean) ** 2).sum(axis=1) for mean in _means(rows, of)], axis=1)
    sizes = np.bincount(of)
    away[np.arange(len(of)), of] *= (sizes / (sizes - 1))[of] ** 2
    return -away / 2


def _own_normal(rows: np.ndarray, of: np.ndarray, prior: float) -> np.ndarray:
    """As `_normal`, with each class's own covariance and `prior` samples' worth of the unit one.

    For a sample's own class the scatter matrix T becomes T − δδᵀ n/(n − 1), δ its distance from
    the mean, whose inverse and determinant follow from those of T.
    """
    n, d = rows.shape
    densities = np.empty((n, of.max() + 1))
    for one, mean in enumerate(_means(rows, of)):
        own, size = of == one, (of == one).sum()
        scatter = (rows[own] - mean).T @ (rows[own] - mean) + prior * np.eye(d)
        root = np.linalg.cholesky(scatter)
        away = (np.linalg.solve(root, (rows - mean).T) ** 2).sum(axis=0)
        weight = size + prior - own
        factor = np.where(own, size / (size - 1), 0)
        distance = np.where(own, factor**2, 1) * away / (1 - factor * away)
        volume = 2 * np.log(np.diag(root)).sum() + np.log1p(-factor * away) - d * np.log(weight)
        densities[:, one] = -(weight * distance + volume) / 2
    return densities


def _nearest(rows: np.ndarray, of: np.ndarray, neighbours: int) -> np.ndarray:
    """Return log densities from the distance to the k-th other sample of each class."""
    densities = np.empty((len(rows), of.max() + 1))
    for one in range(of.max() + 1):
        own = of == one
        tree, size = KDTree(rows[own], leafsize=LEAF), int(own.sum())
        order = min(neighbours, size - 1)
        near = tree.query(rows, [order, order + 1])[0]  # of a sample of the class, itself is first
        radii = np.maximum(np.where(own, near[:, 1], near[:, 0]), LEAST_RADIUS)
        densities[:, one] = digamma(order) - np.log(size - own) - rows.shape[1] * np.log(radii)
    return densities


def _stacked(scores: np.ndarray, prior: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return the weights β ≥ 0 of the largest mean log posterior, a concave function of them."""
    own = scores[:, np.arange(len(of)), of]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        posterior = log_softmax(prior + np.tensordot(weights, scores, 1), axis=1)
        expected = (np.exp(posterior) * scores).sum(axis=2)
        value = -posterior[np.arange(len(of)), of].mean()
        return float(value), (expected - own).mean(axis=1)

    start = np.full(len(scores), 1 / len(scores))
    bounds = [(0, None)] * len(scores)
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000}
    return minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options).x
