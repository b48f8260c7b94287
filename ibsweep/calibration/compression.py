"""Compression of both variables before their information is estimated."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA

from ibsweep import checks
from ibsweep.distributions.base import Pair


class Compressed(NamedTuple):
    """A variable after compression.

    Attributes:
        values: What is left, shape `(samples, dimensions)`.
        kept: Share of the variance that can be rebuilt from it, 0 … 1.
    """

    values: np.ndarray
    kept: float


Compressor = Callable[[np.ndarray], Compressed]


def identity(values: np.ndarray) -> Compressed:
    """Leave a variable as it is.

    Args:
        values: Shape `(samples, features)`.
    """
    return Compressed(values, 1.0)


def pca(values: np.ndarray, *, dimensions: int) -> Compressed:
    """Keep the principal components of largest variance, fitted to the samples themselves.

    Args:
        values: Shape `(samples, features)`.
        dimensions: Number of components; fewer features or samples have as many as they have.

    Raises:
        ValueError: If `dimensions` is not positive.

    References:
        Pearson, On lines and planes of closest fit to systems of points in space, 1901.
        https://doi.org/10.1080/14786440109462720
    """
    most = min(checks.integer("dimensions", dimensions, minimum=1), *values.shape)
    model = PCA(n_components=most, svd_solver="covariance_eigh")
    return Compressed(model.fit_transform(values), float(model.explained_variance_ratio_.sum()))


def compress(pair: Pair, compressor: Compressor) -> tuple[Pair, dict[str, float]]:
    """Compress X, and Y unless it is a label.

    Args:
        pair: The samples.
        compressor: What to compress each by; they are compressed separately.

    Returns:
        What is left, and the shares of the variance that can be rebuilt: `kept/x`, `kept/y`.
    """
    first = compressor(pair.x)
    if pair.y.ndim == 1:
        return Pair(first.values, pair.y), {"kept/x": first.kept}
    second = compressor(pair.y)
    return Pair(first.values, second.values), {"kept/x": first.kept, "kept/y": second.kept}
