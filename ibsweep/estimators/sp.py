"""Information in a layer with Gaussian noise: the entropy of a mixture at the clean samples."""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.details import layer_estimates
from ibsweep.estimators.shared.layers import Classes, measure_layers
from ibsweep.types import Estimate, Information

BLOCK = 2**22  # pairs held at once
EXACT = "donot_use_mm_for_euclid_dist"  # differences, since products lose small distances


class Mixture(NamedTuple):
    """Information in a noisy layer, in bits, with the error of the random draws.

    Attributes:
        i_xt: I(X;T).
        i_ty: I(T;Y).
    """

    i_xt: Estimate
    i_ty: Estimate


def sp_information(
    activity: Tensor,
    labels: Tensor,
    *,
    noise_variance: float,
    draws: int = 20,
    seed: int = 0,
) -> Information:
    r"""Information in the noisy layer T = activity + N(0, noise_variance I), of the samples given.

    T is a mixture of Gaussians g at the clean samples h_i, p(t) = (1/n) Σ_j g(t − h_j), and
    I(X;T) = (1/n) Σ_i E ln g(z)/p(h_i + z) over z ~ g, I(T;Y) = (1/n) Σ_i E ln p(h_i + z|y_i)/
    p(h_i + z). The mean is over random z, the same for all samples. ln g(z)/p ≤ ln n for any z.
    Takes time in proportion to n² · draws.

    Args:
        activity: Noise-free activity h, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        noise_variance: Variance (not standard deviation) of the noise, in squared units of
            `activity`, > 0.
        draws: Number of z, ≥ 2; 10 … 100 in the paper.
        seed: Of the draws, ≥ 0.

    Returns:
        Information in bits, of shape `(…)`, with the standard error of the mean over z. (The bound
        on the error in the paper is for noise that is drawn anew for each sample: here it is not.)

    Raises:
        ValueError: If an option is out of its range, or `activity` or `labels` is malformed.

    References:
        Goldfeld et al., Estimating information flow in deep neural networks, 2019, §III.
        https://arxiv.org/abs/1810.05728

    Example:
        >>> layer, labels = 100 * torch.eye(4), torch.tensor([0, 0, 1, 1])
        >>> sp_information(layer, labels, noise_variance=0.01)
        Information(i_xt=2.0, i_ty=1.0, details={'i_xt_error': 0.0, 'i_ty_error': 0.0})
    """
    checks.real("noise_variance", noise_variance, above=0)
    checks.integer("draws", draws, minimum=2)
    checks.integer("seed", seed, minimum=0)
    measure = partial(mixture_information, noise_variance=noise_variance, draws=draws, seed=seed)
    return measure_layers(lambda *layer: layer_estimates(*measure(*layer)), activity, labels)


def mixture_information(
    layer: Tensor, classes: Classes, *, noise_variance: float, draws: int, seed: int
) -> Mixture:
    """As `sp_information`, for one layer, with errors.

    Args:
        layer: Noise-free activity, shape `(samples, units)`.
        classes: Class of each sample.
        noise_variance: Variance of the noise, > 0.
        draws: Number of noise vectors, ≥ 2.
        seed: Of the draws.

    Returns:
        Bits; an error is the standard error of a mean over draws, of that alone: the samples are
        all there is.
    """
    points = layer.double() / noise_variance**0.5
    points = points[:, np.lexsort([points.mean(0).cpu(), points.var(0, correction=0).cpu()])]
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(draws, points.shape[1], dtype=torch.float64, generator=generator)
    members = torch.from_numpy(classes.of).to(points.device)
    weights = torch.nn.functional.one_hot(members, classes.total).double()
    means = torch.stack([_draw(points, weights, z) for z in noise.to(points.device)])
    errors = means.std(dim=0) / draws**0.5
    return Mixture(
        *(Estimate(float(v), float(e), {}) for v, e in zip(means.mean(0), errors, strict=True))
    )


def _draw(points: Tensor, weights: Tensor, z: Tensor) -> Tensor:
    """Return both mean log ratios for one noise vector, bits, shape `(2,)`."""
    n, along = len(points), points @ z
    sizes = weights.sum(dim=0)
    whole = own = torch.zeros((), dtype=torch.float64, device=points.device)
    for rows in torch.arange(n).split(max(1, BLOCK // n)):
        squares = torch.cdist(points[rows], points, compute_mode=EXACT).square()
        kernels = (-squares / 2 - along[rows, None] + along).exp()  # g(h_i + z − h_j) / g(z)
        sums = kernels @ weights
        total = sums.sum(dim=1) / n
        inside = (sums / sizes)[weights[rows].bool()]
        whole = whole - total.log2().sum()
        own = own + (inside / total).log2().sum()
    return torch.stack([whole, own]) / n
