"""The base of most ground truths: unit Gaussians whose information is spread over pairs."""

import math

import numpy as np
from scipy.stats import ortho_group

from ibsweep.distributions.base import Pair


def correlated_normals(
    dims: tuple[int, int],
    bits: float,
    samples: int,
    generator: np.random.Generator,
    *,
    rotated: bool = False,
) -> Pair:
    r"""Draw standard normal X and Y with I(X;Y) = `bits`.

    The first m = min(dx, dy) coordinates of both are paired, each with the correlation

    .. math:: \rho = \sqrt{1 - 2^{-2 I / m}},

    so that every pair carries I/m bits; the other coordinates are independent of everything. A
    rotation of X and one of Y, drawn anew at each call, hide the pairs and change neither the
    information nor the marginals.

    Args:
        dims: Numbers of coordinates (dx, dy).
        bits: I(X;Y) in bits.
        samples: Number of samples.
        generator: Where randomness comes from.
        rotated: Whether to rotate X and Y.

    Returns:
        X of shape `(samples, dx)` and Y of shape `(samples, dy)`.

    References:
        Butakov et al., Information bottleneck analysis of deep neural networks via lossy
        compression, 2024, §4. https://arxiv.org/abs/2305.08013
    """
    pairs = min(dims)
    left = 2.0 ** (-2 * bits / pairs)  # 1 − ρ²
    x, y = (generator.standard_normal((samples, width)) for width in dims)
    y[:, :pairs] = math.sqrt(1 - left) * x[:, :pairs] + math.sqrt(left) * y[:, :pairs]
    return Pair(rotate(x, generator), rotate(y, generator)) if rotated else Pair(x, y)


def rotate(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Apply one random orthogonal map (a sign in one dimension) to all rows.

    Args:
        values: Shape `(samples, dimension)`.
        generator: Where the map comes from.
    """
    width = values.shape[1]
    if width == 1:
        return values * generator.choice([-1.0, 1.0])
    return values @ ortho_group.rvs(width, random_state=generator)
