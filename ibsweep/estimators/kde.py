"""Pairwise-distance bounds on the information in a layer with Gaussian noise."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.layers import Classes, measure_layers
from ibsweep.estimators.shared.pairwise import sums_of
from ibsweep.types import Information

Bound = Literal["upper", "lower"]
Scale = Literal["max", "max_squared", "variance"]

BOUNDS: Mapping[str, float] = {"upper": 1.0, "lower": 4.0}  # c
SCALES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "max": lambda layer: layer.abs().max(),
    "max_squared": lambda layer: layer.abs().max().square(),
    "variance": lambda layer: layer.var(dim=0, correction=0).mean(),
}


def kde_information(
    activity: Tensor, labels: Tensor, *, noise_variance: float, bound: Bound = "upper"
) -> Information:
    r"""Bound I(X;T) and estimate I(T;Y) for the noisy layer T = activity + N(0, noise_variance I).

    Î = −(1/N) Σ_i log2 (1/N) Σ_j exp(−‖h_i − h_j‖² / (2 c noise_variance)), with c = 1 for the
    upper bound (Kullback-Leibler) and c = 4 for the lower one (Bhattacharyya);
    I(T;Y) = Î(all) − Σ_y p(y) Î(class y). Computed in float64, to within 1e-9 bits.

    Both by Jensen's inequality, for p_i = N(h_i, noise_variance I): from above as log Σ exp is
    convex and log p_j / p_i has the mean −KL(p_i‖p_j), the exponent with c = 1; from below as log
    is concave and ∫ √(p_i p_j) is the exponential with c = 4.

    Args:
        activity: Noise-free activity h, shape `(…, samples, units)`, one row per input.
        labels: Class of each input, shape `(samples,)`, integer.
        noise_variance: Variance (not standard deviation) of the noise, in squared units of
            `activity`, > 0.
        bound: `upper` or `lower`. `i_ty` is a difference of two bounds on one side: an estimate,
            not a bound.

    Returns:
        Information in bits, of shape `(…)`.

    Raises:
        ValueError: If an option is out of its range, `activity` or `labels` is malformed, or the
            activity is so large against the noise that it overflows.

    References:
        Kolchinsky & Tracey, Estimating mixture entropy with pairwise distances, 2017, eq. 10 and
        §3. https://arxiv.org/abs/1706.02419

    Example:
        Two points at a distance of 2 carry .486 bits, between −log2((1 + exp(−2² / 2c)) / 2):

        >>> layer, labels = torch.tensor([[0.0], [2.0]]), torch.tensor([0, 1])
        >>> round(kde_information(layer, labels, noise_variance=1.0).i_xt, 3)
        0.817
        >>> round(kde_information(layer, labels, noise_variance=1.0, bound="lower").i_xt, 3)
        0.316
    """
    checks.real("noise_variance", noise_variance, above=0)
    factor = BOUNDS[checks.choice("bound", bound, BOUNDS)]
    estimate = partial(_bound, noise_variance=noise_variance, factor=factor)
    return measure_layers(estimate, activity, labels)


def akde_information(
    activity: Tensor,
    labels: Tensor,
    *,
    reference_variance: float,
    scale: Scale = "max",
    bound: Bound = "upper",
) -> Information:
    r"""As `kde_information`, with noise in proportion to the layer's activity.

    noise_variance = reference_variance · s, for each layer of the leading axes by itself. A layer
    with s = 0 carries 0 bits.

    Args:
        activity: As for `kde_information`.
        labels: As for `kde_information`.
        reference_variance: σ0², > 0; its unit is that of h² / s.
        scale: s: `max` is max |h| (the paper), `max_squared` is max |h|², `variance` the mean
            variance over units. Rescaling a layer changes nothing with the last two only.
        bound: As for `kde_information`.

    Returns:
        As `kde_information`.

    Raises:
        ValueError: As `kde_information`.

    References:
        Chelombiev, Houghton & O'Donnell, Adaptive estimators show information compression in deep
        neural networks, 2019, §2.2. https://arxiv.org/abs/1902.09037

    Example:
        >>> layer, labels = 100 * torch.eye(4), torch.tensor([0, 0, 1, 1])
        >>> akde_information(layer, labels, reference_variance=1e-3)
        Information(i_xt=2.0, i_ty=1.0)
    """
    checks.real("reference_variance", reference_variance, above=0)
    scaled = SCALES[checks.choice("scale", scale, SCALES)]
    factor = BOUNDS[checks.choice("bound", bound, BOUNDS)]

    def estimate(layer: Tensor, classes: Classes) -> tuple[float, float]:
        size = float(scaled(layer.double()))
        if size == 0:
            return 0.0, 0.0
        return _bound(layer, classes, noise_variance=reference_variance * size, factor=factor)

    return measure_layers(estimate, activity, labels)


def _bound(
    layer: Tensor, classes: Classes, *, noise_variance: float, factor: float
) -> tuple[float, float]:
    points = layer.double() / math.sqrt(2 * factor * noise_variance)
    if not points.isfinite().all():
        raise ValueError(f"noise variance must not make activity overflow, got {noise_variance}")
    members = torch.from_numpy(classes.of).to(points.device)
    sums = sums_of(points, members)
    shares, sizes = sums.weights / len(layer), members.bincount()[sums.classes]
    whole = shares @ (len(layer) / sums.whole).log2()
    classwise = shares @ (sizes / sums.own).log2()  # Σ_y p(y) Î(class y)
    return float(whole), float(whole - classwise)
