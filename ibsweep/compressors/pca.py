"""Principal components."""

import numpy as np
from scipy.linalg import eigh

from ibsweep import checks, samples
from ibsweep.compressors.base import Compressor, linear


def fit(x: np.ndarray, *, dimensions: int) -> Compressor:
    """Keep the directions of largest variance.

    Args:
        x: Shape `(n, d)`.
        dimensions: How many, ≥ 1; at most min(n, d) are kept.

    Returns:
        Codes are centred and uncorrelated on `x`.

    Raises:
        ValueError: If `x` is malformed or `dimensions` is out of range.

    References:
        Jolliffe, Principal component analysis, 2nd ed. 2002.

    Example:
        >>> pca = fit(np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]), dimensions=1)
        >>> pca.decode(pca.encode(np.array([[3.0, 3.0]]))).round(6)
        array([[3., 3.]])
    """
    checks.integer("dimensions", dimensions, minimum=1)
    points = samples.vectors("x", x)
    mean = points.mean(axis=0)
    return linear(mean, _axes(points - mean, min(dimensions, *points.shape)))


def _axes(centred: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the directions of largest variance as rows, the largest first.

    Of many samples the eigenvectors of their products: a fifth of the time of singular vectors,
    and as good for directions wider than 1e-8 of the widest.
    """
    n, d = centred.shape
    if n <= d:
        return np.linalg.svd(centred, full_matrices=False)[2][:dimensions]
    return eigh(centred.T @ centred, subset_by_index=(d - dimensions, d - 1))[1].T[::-1]
