"""Rectangles of random place and size: their coordinates, and pictures of them."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ibsweep import checks
from ibsweep.distributions.mapped import Mapped, uniform

LEAST_SIDE = 2 / 32  # of a rectangle, in sides of the picture


def rectangles(
    *, information: float, dims: Sequence[int] = (4, 4), rotated: bool = False
) -> Mapped:
    """Return the coordinates (left, right, bottom, top) of two dependent rectangles.

    Args:
        information: I(X;Y) in bits.
        dims: Numbers of coordinates: (4, 4), no other.
        rotated: Whether each coordinate of one depends on all of the other.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024, §5. https://arxiv.org/abs/2305.08013
    """
    if list(dims) != [4, 4]:
        raise ValueError(f"dims must be [4, 4] for rectangles, got {list(dims)}")
    return Mapped(uniform(dims=dims, information=information, rotated=rotated), coordinates)


def rectangle_images(*, information: float, size: int = 32, rotated: bool = False) -> Mapped:
    """Return pictures of two dependent rectangles, exactly as much of a pixel lit as is covered.

    Args:
        information: I(X;Y) in bits.
        size: Pixels on a side, ≥ 4. No side is shorter than two pixels, nor than `LEAST_SIDE`: a
            rectangle always covers a whole pixel on each axis, so that its picture tells its
            edges.
        rotated: Whether each coordinate of one depends on all of the other.

    Raises:
        ValueError: If an argument is out of range.
    """
    pixels = checks.integer("size", size, minimum=4)
    places = uniform(dims=(4, 4), information=information, rotated=rotated)
    return Mapped(places, partial(_draw, size=pixels))


def _draw(uniforms: np.ndarray, *, size: int) -> np.ndarray:
    edges = coordinates(uniforms, least=max(LEAST_SIDE, 2 / size))
    return draw_rectangles(edges, size=size)


def coordinates(uniforms: np.ndarray, *, least: float = LEAST_SIDE) -> np.ndarray:
    """Map the cube onto rectangles (left, right, bottom, top) with sides ≥ `least`.

    On each axis left = (1 − m)(1 − √(1 − u₁)) and right = left + m + u₂(1 − left − m), with m the
    least side: every pair of edges with right − left ≥ m is equally likely.

    Args:
        uniforms: Shape `(samples, 4)`, between 0 and 1.
        least: m, below 1.

    Returns:
        Shape `(samples, 4)`, between 0 and 1.
    """
    low = (1 - least) * (1 - np.sqrt(1 - uniforms[:, 0::2]))
    high = low + least + uniforms[:, 1::2] * (1 - low - least)
    return np.stack([low, high], axis=2).reshape(len(uniforms), 4)


def draw_rectangles(edges: np.ndarray, *, size: int) -> np.ndarray:
    """Draw rectangles on the unit square: a pixel is the area of it that is covered, 0 … 1.

    Args:
        edges: (left, right, bottom, top) of each, shape `(samples, 4)`.
        size: Pixels on a side.

    Returns:
        The pictures, rows of pixels one after the other, shape `(samples, size²)`.
    """
    grid = np.arange(size + 1) / size
    low, high = edges[:, 0::2, None], edges[:, 1::2, None]
    covered = np.minimum(high, grid[1:]) - np.maximum(low, grid[:-1])
    along = size * np.clip(covered, 0, None)  # sample, axis, pixel
    return np.einsum("ni,nj->nij", along[:, 1], along[:, 0]).reshape(len(edges), -1)
