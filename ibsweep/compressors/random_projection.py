"""A random subspace: the control that learns nothing."""

import numpy as np

from ibsweep import checks, samples
from ibsweep.compressors.base import Compressor, linear


def fit(x: np.ndarray, *, dimensions: int, seed: int = 0) -> Compressor:
    """Project onto a uniformly random subspace.

    Args:
        x: Shape `(n, d)`; only its mean matters.
        dimensions: Of the subspace, ≥ 1; at most d.
        seed: Of the subspace, ≥ 0: with one seed, equal for all samples of one d.

    Raises:
        ValueError: If `x` is malformed or an option is out of range.

    References:
        Johnson & Lindenstrauss, Extensions of Lipschitz mappings into a Hilbert space, 1984.

    Example:
        >>> fit(np.eye(5), dimensions=2).encode(np.eye(5)).shape
        (5, 2)
    """
    checks.integer("dimensions", dimensions, minimum=1)
    checks.integer("seed", seed, minimum=0)
    points = samples.vectors("x", x)
    d = points.shape[1]
    draws = np.random.default_rng(seed).normal(size=(d, min(dimensions, d)))
    return linear(points.mean(axis=0), np.linalg.qr(draws)[0].T)
