"""Few coordinates in which two wide vectors depend on each other: canonical pairs of features."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from ibsweep.compressors.canonical import largest_by_chance, polynomials
from ibsweep.estimators.shared.whitening import white

SHARE = 1 / 3  # of the samples: more features than that tell nothing of each other
SURE = 8.0  # standard errors that the correlation of what earlier pairs leave must be from 0
NOTABLE = 0.15  # what that correlation must be at least
NEW = 0.2  # of the variance of a feature that earlier ones must leave
MOST = 4  # pairs in which neighbours see enough
PRODUCTS = 20  # samples that a product of two columns needs
LEVEL = 1e-3  # chance that a column of independent vectors passes for one that is not
LINEAR, RADIAL, QUADRATIC = 0, 1, 2


class Pairs(NamedTuple):
    """Canonical pairs beyond what permuted samples show.

    Attributes:
        x: Shape `(n, pairs)`, of unit variance, uncorrelated.
        y: Shape `(n, pairs)`; each column correlates with that of `x` alone.
        correlations: Shape `(pairs,)`, descending.
        optimism: By how much the information in them exceeds that of other samples, nats: the
            directions were fitted to these.
        limit: The correlation that the largest of permuted samples reaches.
    """

    x: np.ndarray
    y: np.ndarray
    correlations: np.ndarray
    optimism: float
    limit: float

    @property
    def gaussian(self) -> float:
        """Information of normal pairs of these correlations, nats."""
        with np.errstate(divide="ignore"):  # ∞ where one tells the other
            unknown = 1 - np.minimum(self.correlations, 1) ** 2
            return float(-0.5 * np.log(unknown).sum() - self.optimism)


def canonical_pairs(
    x: np.ndarray, y: np.ndarray, *, kind: int, most: int, seed: int
) -> Pairs | None:
    """Find the pairs of features of x and of y that depend on each other.

    Features are those of `features`. Pairs whose correlation no permutation of the samples
    reaches are kept. Of features that are not linear, a pair is kept only if what polynomials of
    the earlier ones leave of it still correlates notably: u³ tells nothing that u does not, and
    neighbours read too much in more coordinates than there is to know.

    Args:
        x: Shape `(n, d_x)`, of unit covariance.
        y: Shape `(n, d_y)`, likewise.
        kind: `LINEAR`, `RADIAL` or `QUADRATIC`.
        most: Dimensions of the smaller support: more pairs cannot tell more.
        seed: Of the permutations.

    Returns:
        The pairs, or None if there are too many features for so few samples.

    References:
        Hotelling, Relations between two sets of variates, 1936.
        https://doi.org/10.1093/biomet/28.3-4.321
    """
    n = len(x)
    first, second = (white(features(rows, kind)) for rows in (x, y))
    if first.shape[1] + second.shape[1] > SHARE * n:
        return None
    left, correlations, right = np.linalg.svd(first.T @ second / n)
    limit = largest_by_chance(first, second, seed=seed)
    count = int((correlations > limit).sum())
    u, v = first @ left[:, :count], second @ right[:count].T
    flat = kind == LINEAR and most >= min(x.shape[1], y.shape[1])
    kept, own = (list(range(count)), correlations[:count]) if flat else _unlike(u, v, most)
    unused = first.shape[1] + second.shape[1] - 2 * len(kept)
    optimism = -0.5 * np.log1p(-unused / n) * len(kept)
    return Pairs(u[:, kept], v[:, kept], np.asarray(own), float(optimism), limit)


def features(points: np.ndarray, kind: int) -> np.ndarray:
    """Return the features of a vector.

    `LINEAR`: itself. `RADIAL`: also its product with t and t², and t and t² alone, t the
    standardised logarithm of its length: what changes with the length, as the scale of Student's
    distribution and rotations by the length. `QUADRATIC`: also squares, and products of two
    columns if there are few of those for so many samples.

    Args:
        points: Shape `(n, d)`, of unit covariance.
        kind: See above.

    Returns:
        Shape `(n, features)`.
    """
    if kind == LINEAR:
        return points
    if kind == RADIAL:
        length = np.log(np.maximum((points**2).sum(axis=1, keepdims=True), 1e-300))
        t = (length - length.mean()) / max(float(length.std()), 1e-12)
        return np.hstack([points, points * t, points * t**2, t, t**2])
    n, d = points.shape
    all_products = d * (d + 1) / 2 <= n / PRODUCTS
    rows, columns = np.triu_indices(d) if all_products else (np.arange(d), np.arange(d))
    return np.hstack([points, points[:, rows] * points[:, columns]])


def screened(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the columns of two vectors too wide for canonical pairs that surely correlate.

    A column is kept if its largest correlation with a column of the other exceeds `chance`; at
    most n/12 of each, the largest.

    Args:
        x: Shape `(n, d_x)`; constant columns are left out.
        y: Shape `(n, d_y)`, likewise.

    Returns:
        Their columns kept, perhaps none.
    """
    n = len(x)
    x, y = (rows[:, rows.std(axis=0) > 0] for rows in (x, y))
    scaled = [(rows - rows.mean(axis=0)) / rows.std(axis=0) for rows in (x, y)]
    correlations = np.abs(scaled[0].T @ scaled[1]) / n
    limit, kept = chance(correlations.size, n), []
    for rows, largest in ((x, correlations.max(axis=1)), (y, correlations.max(axis=0))):
        order = np.argsort(-largest)[: n // 12]
        kept.append(rows[:, np.sort(order[largest[order] > limit])])
    return kept[0], kept[1]


def chance(pairs: int, n: int) -> float:
    """Return what the largest correlation of so many independent pairs hardly ever exceeds."""
    return float(-ndtri(LEVEL / (2 * pairs)) / np.sqrt(n))


def _unlike(u: np.ndarray, v: np.ndarray, most: int) -> tuple[list[int], list[float]]:
    """Return the pairs that tell something the earlier ones do not, and by what correlation."""
    kept: list[int] = []
    own: list[float] = []
    for place in range(u.shape[1]):
        rest = [_rest(u[:, place], v[:, place], side[:, kept]) for side in (u, v)]
        partial = min(rest)
        if len(kept) < min(most, MOST) and partial > max(NOTABLE, SURE / np.sqrt(len(u))):
            kept.append(place)
            own.append(partial)
    return kept, own


def _rest(a: np.ndarray, b: np.ndarray, known: np.ndarray) -> float:
    """Return the correlation of what polynomials of `known` leave of a and b, if that is much."""
    both, basis = np.stack([a, b], axis=1), polynomials(known)
    rest = both - basis @ np.linalg.lstsq(basis, both, rcond=None)[0]
    if (rest.var(axis=0) < NEW * both.var(axis=0)).any():
        return 0.0
    return float(abs(np.corrcoef(rest.T)[0, 1]))
