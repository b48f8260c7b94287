"""Principal components."""

import numpy as np

from ibsweep import checks
from ibsweep.compressors.base import Compressor, linear
from ibsweep.estimators import samples


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
    axes = np.linalg.svd(points - mean, full_matrices=False)[2]
    return linear(mean, axes[:dimensions])
