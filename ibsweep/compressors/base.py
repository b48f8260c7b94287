"""What every compressor is, and how well it keeps its samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Compressor:
    """A fitted map to few dimensions, and back as far as that goes.

    Attributes:
        encode: Samples to codes, shapes `(n, d)` to `(n, dimensions)`.
        decode: Codes to samples, shapes `(n, dimensions)` to `(n, d)`.
    """

    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]


class Quality(NamedTuple):
    """What a compressor keeps of some samples.

    Attributes:
        squared_error: Mean squared error of reconstruction, summed over dimensions, in squared
            units of the samples.
        explained_variance: 1 − squared_error / total variance; NaN for constant samples.
        rank: Directions in which the codes vary.
    """

    squared_error: float
    explained_variance: float
    rank: int


def quality(compressor: Compressor, x: np.ndarray) -> Quality:
    """Measure a compressor on samples, best others than it was fitted to.

    Args:
        compressor: Fitted.
        x: Shape `(n, d)`.

    Returns:
        Reconstruction error, explained variance and rank.
    """
    codes = compressor.encode(x)
    error = float(((compressor.decode(codes) - x) ** 2).sum(axis=1).mean())
    variance = float(x.var(axis=0).sum())
    explained = 1 - error / variance if variance > 0 else np.nan
    rank = int(np.linalg.matrix_rank(codes - codes.mean(axis=0)))
    return Quality(error, explained, rank)


def linear(mean: np.ndarray, axes: np.ndarray) -> Compressor:
    """Make a compressor of an affine map.

    Args:
        mean: What is taken off first, shape `(d,)`.
        axes: Orthonormal directions as rows, shape `(dimensions, d)`.
    """
    return Compressor(
        encode=lambda x: (x - mean) @ axes.T,
        decode=lambda codes: codes @ axes + mean,
    )
