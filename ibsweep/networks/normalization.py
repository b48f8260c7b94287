"""Normalisation of what layers hand to their activation functions, by batch or by layer.

Every sum is a product with a vector of the sum's own length, so that a member's numbers depend
neither on the other members nor on the number of threads.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ibsweep.names import OUTPUT

NONE, BATCH, LAYER, FINAL_BATCH = "none", "batch", "layer", "final_batch"
KINDS = (NONE, BATCH, LAYER, FINAL_BATCH)
LEAST_MEMBERS = 4  # products with vectors, for fewer members, take another path
EPSILON, MOMENTUM = 1e-5, 0.1
SCALE, SHIFT, MEAN, VARIANCE = "norm_scale", "norm_shift", "norm_mean", "norm_variance"


class Number(NamedTuple):
    """What a normalisation keeps for each unit or channel.

    Attributes:
        start: Its first value.
        trained: Whether it is trained; if not, it is a running mean over the batches.
    """

    start: float
    trained: bool


_LEARNED = {SCALE: Number(1.0, trained=True), SHIFT: Number(0.0, trained=True)}
_RUNNING = {MEAN: Number(0.0, trained=False), VARIANCE: Number(1.0, trained=False)}


def uses_batches(kind: str) -> bool:
    """Say whether a normalisation takes its statistics from batches in training."""
    return kind in (BATCH, FINAL_BATCH)


def is_at(kind: str, layer: str) -> bool:
    """Say whether a layer is normalised: all hidden ones, or the output's logits alone."""
    return kind == FINAL_BATCH if layer == OUTPUT else kind in (BATCH, LAYER)


def numbers(kind: str, layer: str) -> Mapping[str, Number]:
    """Return what a layer keeps for each of its units or channels, by name."""
    if not is_at(kind, layer):
        return {}
    return {**_LEARNED, **_RUNNING} if uses_batches(kind) else _LEARNED


def normalize(kind: str, z: Tensor, own: Mapping[str, Tensor], shares: Tensor | None) -> Tensor:
    """Return γ·(z − mean)/√(variance + ε) + β, with γ and β of each unit or channel.

    `batch`: mean and variance over the samples (and pixels) of the batch in training, whose
    running means are then updated; these stand in for them in measuring. `layer`: over the values
    of one sample, always.

    Args:
        kind: Of the normalisation: `batch`, `layer` or `final_batch`.
        z: Shape `(members, units, samples)`.
        own: The layer's numbers by name, shape `(members, channels)`; running ones change in
            place.
        shares: In training the share of each sample in the mean over the batch, 0 for one that
            only fills it up, shape `(members, samples)`; None when measuring.

    Returns:
        Of the shape of `z`.

    References:
        Ioffe & Szegedy, Batch normalization, 2015, https://arxiv.org/abs/1502.03167; Ba, Kiros &
        Hinton, Layer normalization, 2016, https://arxiv.org/abs/1607.06450. ε, the momentum and
        the unbiased running variance are those of torch.
    """
    scale, shift = own[SCALE], own[SHIFT]
    if kind == LAYER:
        normal: Tensor = _ByLayer.apply(z, scale, shift)
        return normal
    channels = z.view(len(z), scale.shape[1], -1)
    if shares is None:
        factor = scale / (own[VARIANCE] + EPSILON).sqrt()
        normal = (channels - own[MEAN].unsqueeze(-1)) * factor.unsqueeze(-1) + shift.unsqueeze(-1)
        return normal.view_as(z)
    pixels = channels.shape[2] // z.shape[2]
    weights = (shares / pixels).repeat(1, pixels)
    normal, mean, variance = _ByBatch.apply(channels, scale, shift, weights)
    _update(own, mean, variance, (weights > 0).sum(dim=1, keepdim=True))
    return normal.view_as(z)


@torch.no_grad()
def _update(own: Mapping[str, Tensor], mean: Tensor, variance: Tensor, count: Tensor) -> None:
    """Let running means follow those of a batch of that many values a channel."""
    unbiased = variance * (count / (count - 1)).to(variance)
    for name, value in ((MEAN, mean), (VARIANCE, unbiased)):
        running = own[name].data  # beside the versions of weights that gradients are computed with
        running.mul_(1 - MOMENTUM).add_(value * MOMENTUM)


def _sums(values: Tensor, weights: Tensor) -> Tensor:
    """Sum over the last axis with weights, shape `(members, samples)`, or with 1 in all places."""
    return torch.bmm(values, weights.unsqueeze(-1))


def _totals(values: Tensor) -> Tensor:
    """Sum over the last axis, shape `(members, channels, samples)` to `(members, channels, 1)`."""
    return _sums(values, values.new_ones(values.shape[0], values.shape[2]))


def _means(values: Tensor) -> Tensor:
    """Average over the middle axis, shape `(members, units, samples)` to `(members, 1, …)`."""
    members, units, _ = values.shape
    return torch.bmm(values.new_full((members, 1, units), 1 / units), values)


class _ByBatch(torch.autograd.Function):
    """Normalise channels by weighted statistics over their values."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        z: Tensor,
        scale: Tensor,
        shift: Tensor,
        weights: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean = _sums(z, weights)
        centred = z - mean
        variance = _sums(centred.square(), weights)
        inverse = 1 / (variance + EPSILON).sqrt()
        normal = centred * inverse
        ctx.save_for_backward(normal, scale * inverse[..., 0], weights)
        output = normal * scale.unsqueeze(-1) + shift.unsqueeze(-1)
        mean, variance = mean[..., 0], variance[..., 0]
        ctx.mark_non_differentiable(mean, variance)
        return output, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # noqa: ANN401
        normal, factor, weights = ctx.saved_tensors
        of_shift, of_scale = _totals(gradients[0]), _totals(gradients[0] * normal)
        through_statistics = (of_shift + normal * of_scale) * weights.unsqueeze(1)
        of_z = (gradients[0] - through_statistics) * factor.unsqueeze(-1)
        return of_z, of_scale[..., 0], of_shift[..., 0], None


class _ByLayer(torch.autograd.Function):
    """Normalise each sample by the statistics over its own values."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, scale: Tensor, shift: Tensor) -> Tensor:  # noqa: ANN401
        centred = z - _means(z)
        inverse = 1 / (_means(centred.square()) + EPSILON).sqrt()
        normal = centred * inverse
        ctx.save_for_backward(normal, inverse, scale)
        output = _channels(normal, scale) * scale.unsqueeze(-1) + shift.unsqueeze(-1)
        return output.view_as(z)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401
        normal, inverse, scale = ctx.saved_tensors
        gradient = _channels(gradients[0], scale)
        of_normal = (gradient * scale.unsqueeze(-1)).view_as(normal)
        through_statistics = _means(of_normal) + normal * _means(of_normal * normal)
        of_z = (of_normal - through_statistics) * inverse
        of_scale = _totals(gradient * _channels(normal, scale))
        return of_z, of_scale[..., 0], _totals(gradient)[..., 0]


def _channels(values: Tensor, scale: Tensor) -> Tensor:
    """View values of units as those of channels, of which `scale` has one number each."""
    return values.contiguous().view(len(values), scale.shape[1], -1)
