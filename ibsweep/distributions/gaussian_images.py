"""Pictures of a Gaussian spot: the pixels are many, what varies is its place."""

from functools import partial

import numpy as np

from ibsweep import checks
from ibsweep.distributions.mapped import Mapped, uniform

SHARPNESS = 10.0  # of the spot exp(−10 r²), r in sides of the picture


def gaussian_images(*, information: float, size: int = 16, rotated: bool = False) -> Mapped:
    """Return two pictures whose spots have dependent places, uniform on the square.

    Args:
        information: I(X;Y) in bits.
        size: Pixels on a side, ≥ 2: both pictures have `size`² pixels.
        rotated: Whether each coordinate of one place depends on both of the other.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024, §5. https://arxiv.org/abs/2305.08013
    """
    pixels = checks.integer("size", size, minimum=2)
    places = uniform(dims=(2, 2), information=information, rotated=rotated)
    return Mapped(places, partial(draw_spots, size=pixels))


def draw_spots(places: np.ndarray, *, size: int) -> np.ndarray:
    """Draw exp(−10[(x−a)² + (y−b)²]) at the centres of the pixels of the unit square.

    Args:
        places: (a, b) of each picture, shape `(samples, 2)`.
        size: Pixels on a side.

    Returns:
        The pictures, rows of pixels one after the other, shape `(samples, size²)`.
    """
    centres = (np.arange(size) + 0.5) / size
    along = np.exp(-SHARPNESS * (centres - places[:, :, None]) ** 2)  # sample, axis, pixel
    return np.einsum("ni,nj->nij", along[:, 1], along[:, 0]).reshape(len(places), -1)
