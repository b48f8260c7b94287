"""What every compressor is."""

from collections.abc import Callable
from dataclasses import dataclass

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
