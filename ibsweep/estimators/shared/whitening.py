"""Whitening with the change of volume kept, so that entropies stay what they are."""

from typing import NamedTuple

import numpy as np

from ibsweep.samples import first_equal

NARROW = 1e-9  # the same below which `white` leaves a direction out
LEAST = 1e-12  # ratio of singular values below which float64 holds no direction


class Whitened(NamedTuple):
    """Samples in coordinates of unit covariance.

    Attributes:
        points: Shape `(n, d)`.
        log_volume: ln |det| of the map back, nats: h(x) = h(points) + log_volume; −∞ where the
            samples span fewer than d directions.
    """

    points: np.ndarray
    log_volume: float


def whiten(x: np.ndarray) -> Whitened:
    """Bring samples to zero mean and unit covariance.

    Args:
        x: Shape `(n, d)`, float64, finite.

    Returns:
        The samples in their principal axes, and the volume lost.

    Example:
        >>> x = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
        >>> round(float(np.exp(whiten(x).log_volume)), 12)
        2.0
    """
    if x.shape[1] == 0:
        return Whitened(x, 0.0)
    centred = x - x.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    points = left[first_equal(x)] * np.sqrt(len(x))  # rounding must not part equal rows
    if len(x) <= x.shape[1] or singular[-1] <= LEAST * singular[0]:
        return Whitened(points, -np.inf)
    return Whitened(points, float(np.log(singular / np.sqrt(len(x))).sum()))


def white(points: np.ndarray) -> np.ndarray:
    """Bring samples to unit covariance, without the directions in which they do not vary.

    Args:
        points: Shape `(n, d)`, float64, finite.

    Returns:
        Shape `(n, rank)`: directions narrower than 1e-9 of the widest are left out.
    """
    left, singular, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return left[:, singular > NARROW * singular[0]] * np.sqrt(len(points))
