"""Networks that compute in few bits: straight-through rounding of their activity and weights.

The activity of such a network is discrete, so that its information is exact by counting.
"""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.networks.activations import Activation

MOST_BITS = 16  # beyond, float32 could not tell the levels apart


class Ends(NamedTuple):
    """Lowest and highest activity of a layer, one of each for a member.

    Attributes:
        low: Shape `(members, 1, 1)`.
        high: Likewise.
        own: Whether they are the extremes of what is to be rounded, so that nothing is beyond.
    """

    low: Tensor
    high: Tensor
    own: bool = False


class Quantization(ABC):
    """How activity and weights are rounded; gradients pass straight through.

    Attributes:
        weights: Whether weights are, too, each time that they are used; biases are not.
        ranged: Whether a layer's range decides its levels.
    """

    weights: bool
    ranged: bool

    @abstractmethod
    def check(self, activation: Activation) -> None:
        """Check that an activation can be quantised so.

        Raises:
            ValueError: If it cannot.
        """

    @abstractmethod
    def of_hidden(self, activity: Tensor, ends: Ends | None) -> Tensor:
        """Quantise the activity of a hidden layer, shape `(members, units, samples)`."""

    @abstractmethod
    def of_output(self, probabilities: Tensor, ends: Ends | None) -> Tensor:
        """Quantise the softmax, shape `(members, classes, samples)`."""

    @abstractmethod
    def of_weight(self, weight: Tensor) -> Tensor:
        """Quantise a weight matrix or kernels, shape `(members, …)`, each member by itself."""


@final
class _Uniform(Quantization):
    ranged = True

    def __init__(self, bits: int, weights: bool) -> None:
        self._steps, self.weights = 2**bits - 1, weights

    def check(self, activation: Activation) -> None:
        """Every activation has a range."""

    def of_hidden(self, activity: Tensor, ends: Ends | None) -> Tensor:
        return rounded(activity, ends or ends_of(activity), self._steps)

    def of_output(self, probabilities: Tensor, ends: Ends | None) -> Tensor:
        return self.of_hidden(probabilities, ends)

    def of_weight(self, weight: Tensor) -> Tensor:
        flat = weight.flatten(1).unsqueeze(1)
        return rounded(flat, ends_of(flat), self._steps).view_as(weight)


@final
class _Binary(Quantization):
    ranged = False

    def __init__(self, weights: bool) -> None:
        self.weights = weights

    def check(self, activation: Activation) -> None:
        plain = activation.function
        if not isinstance(plain, nn.Hardtanh) or (plain.min_val, plain.max_val) != (-1, 1):
            name = getattr(plain, "__name__", type(plain).__name__)
            rule = (
                "quantization=binary needs activation=hardtanh, whose sign and gradient it takes"
            )
            raise ValueError(f"{rule}, got {name}")

    def of_hidden(self, activity: Tensor, ends: Ends | None) -> Tensor:
        return signs(activity)

    def of_output(self, probabilities: Tensor, ends: Ends | None) -> Tensor:
        return probabilities

    def of_weight(self, weight: Tensor) -> Tensor:
        return signs(nn.functional.hardtanh(weight))


def uniform(*, bits: int, weights: bool) -> Quantization:
    r"""Round every activity to 2^bits evenly spaced levels of the layer's range, 0 among them.

    q = Δ·clip(round(h/Δ), −z, 2^bits − 1 − z) with Δ = (hi − lo)/(2^bits − 1) and z =
    round(−lo/Δ), for a range [lo, hi] that is widened to hold 0; the gradient is 1 within the
    range and 0 beyond. In training the range is that of the batch; afterwards that of
    all training rows. The softmax is rounded likewise, where it is measured: losses are those of
    the logits.

    Args:
        bits: 1 … 16.
        weights: Whether each weight matrix is rounded so, too, between its extremes.

    Raises:
        ValueError: If an option is out of its range.

    References:
        Lorenzen, Igel & Nielsen, Information bottleneck: exact analysis of (quantized) neural
        networks, 2022. https://arxiv.org/abs/2106.12912
    """
    if checks.integer("bits", bits, minimum=1) > MOST_BITS:
        raise ValueError(f"bits must be ≤ {MOST_BITS}, got {bits}")
    return _Uniform(bits, checks.truth("weights", weights))


def binary(*, weights: bool) -> Quantization:
    """Let hidden units be −1 or 1, the sign of what they get (0 → 1); the softmax stays as it is.

    The gradient is that of hardtanh: 1 between −1 and 1, 0 beyond.

    Args:
        weights: Whether weight matrices are replaced by their signs, too, with the same gradient.

    Raises:
        ValueError: If `weights` is neither true nor false.

    References:
        Hubara et al., Binarized neural networks, 2016. https://arxiv.org/abs/1602.02830
        Nothnagel & Geiger, 2026, on their information. https://arxiv.org/abs/2605.03636
    """
    return _Binary(checks.truth("weights", weights))


def ends_of(activity: Tensor, counted: Tensor | None = None) -> Ends:
    """Return each member's lowest and highest activity.

    Args:
        activity: Shape `(members, units, samples)`.
        counted: Which samples count, the first among them, shape `(1 or members, 1, samples)`;
            None: all.
    """
    activity = activity.detach()
    if counted is not None:
        activity = activity.where(counted, activity[..., :1])
    low, high = (end((1, 2), keepdim=True) for end in (activity.amin, activity.amax))
    return Ends(low, high, own=True)  # several times as fast as `aminmax`


def rounded(activity: Tensor, ends: Ends, steps: int) -> Tensor:
    """Round to the levels of a range, as `uniform` says.

    Args:
        activity: Shape `(members, units, samples)`.
        ends: The range.
        steps: Levels − 1.

    Example:
        >>> layer, ends = torch.tensor([[[-0.2, 0.0, 0.4, 1.3]]]), torch.tensor([-1.0, 2.0])
        >>> rounded(layer, Ends(*ends.view(2, 1, 1, 1)), steps=3)
        tensor([[[0., 0., 0., 1.]]])
    """
    low, high = ends.low.clamp(max=0), ends.high.clamp(min=0)
    step = (high - low) / steps
    divisor = torch.where(step > 0, step, 1)
    below = (-low / divisor).round()
    codes = divisor, -below, steps - below
    rounding: Tensor = _Rounding.apply(activity, step, codes, None if ends.own else (low, high))
    return rounding


def signs(activity: Tensor) -> Tensor:
    """Return 1 where activity is ≥ 0, else −1; gradients pass as if it were the activity.

    Example:
        >>> signs(torch.tensor([-0.1, 0.0, 3.0]))
        tensor([-1.,  1.,  1.])
    """
    sign: Tensor = _Signs.apply(activity)
    return sign


class _Rounding(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        activity: Tensor,
        step: Tensor,
        codes: tuple[Tensor, Tensor, Tensor],
        limits: tuple[Tensor, Tensor] | None,
    ) -> Tensor:
        divisor, lowest, highest = codes
        if limits is not None:
            ctx.save_for_backward(activity, *limits)
        rounded = (activity / divisor).round_()
        torch.maximum(rounded, lowest, out=rounded)  # faster than `clamp_`
        torch.minimum(rounded, highest, out=rounded)
        return rounded.add_(0.0).mul_(step)  # −0 + 0 is 0: equal codes are equal bits

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401
        (gradient,) = gradients
        if ctx.saved_tensors:
            activity, low, high = ctx.saved_tensors
            gradient = gradient * ((activity >= low) & (activity <= high))
        return gradient, None, None, None


class _Signs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, activity: Tensor) -> Tensor:  # noqa: ANN401
        return (activity >= 0).to(activity.dtype).mul_(2).sub_(1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ANN401
        return gradients[0]
