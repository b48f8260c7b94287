"""Activation functions that torch.nn lacks, and the record that a configuration's option builds.

Every function is applied to a layer's input z of any shape, element by element.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ibsweep import checks, promises

_GAINS: dict[str, Any] = {  # names of torch's modules and functions to those of `calculate_gain`
    **{"Identity": "linear", "ReLU": "relu", "LeakyReLU": "leaky_relu", "SELU": "selu"},
    **{"Tanh": "tanh", "Sigmoid": "sigmoid"},
    **{name: name for name in ("relu", "leaky_relu", "selu", "tanh", "sigmoid")},
}


@dataclass(frozen=True)
class Activation:
    """The activation function of the hidden layers.

    Attributes:
        function: Maps z to the activity, element by element.
        gain: Factor g of the `released` initialisation, σ = g / √fan_in.
        learned: Parameters learned for each unit, name to start value; `function` takes them as
            keywords, of shape `(members, units, 1)`.

    Raises:
        ValueError: If `gain` is not positive, a start value is not finite, or the function has
            parameters of its own, draws at random, changes its input, mixes elements or returns
            another shape or type.
    """

    function: Callable[..., Tensor]
    gain: float
    learned: Mapping[str, float]

    def __post_init__(self) -> None:
        checks.real("gain", self.gain, above=0)
        if not isinstance(self.learned, Mapping):
            raise ValueError(f"learned must map names to start values, got {self.learned!r}")
        for name, start in self.learned.items():
            checks.real(f"learned.{name}", start)
        _try_out(self.function, self.learned, name="function")


def activation(built: object) -> Activation:
    """Return what an option made as an activation: a bare function gets its gain from torch.

    Args:
        built: An `Activation`, or a function such as those of `torch.nn`, whose gain is then that
            of `torch.nn.init.calculate_gain`, or 1 where that knows none.

    Raises:
        ValueError: If it is neither, or does not work element by element.

    Example:
        >>> activation(torch.nn.Softsign()).gain, activation(torch.nn.ReLU()).gain
        (1.0, 1.4142135623730951)
    """
    if isinstance(built, Activation):
        return built
    plain: Callable[..., Tensor] = promises.function(built, "an Activation or a function")  # type: ignore[assignment]
    _try_out(plain, {}, name="_target_")
    return Activation(plain, _gain(plain), {})


def _gain(function: Callable[..., Tensor]) -> float:
    """Return the gain that torch recommends for a function or a module of its own; else 1."""
    named = getattr(function, "func", function)
    name = _GAINS.get(getattr(named, "__name__", type(named).__name__))
    slope = getattr(function, "negative_slope", None)
    return torch.nn.init.calculate_gain(name, slope) if name else 1.0


def _try_out(function: Callable[..., Tensor], learned: Mapping[str, float], *, name: str) -> None:
    """Check that a function maps element by element and does nothing else.

    Raises:
        ValueError: If it trains something unseen, draws at random, changes shape, type or its
            input, mixes members, units or samples, or passes no gradient.
    """
    shown = promises.shown(function)
    if isinstance(function, torch.nn.Module) and next(function.parameters(), None) is not None:
        rule = "must have no parameters of its own (activation=prelu shows how to learn some)"
        raise ValueError(f"{name} {rule}, got {shown}")
    rule = f"{name} must map element by element, without chance, got {shown}"
    for dtype in (torch.float32, torch.float64):
        z = torch.linspace(-3, 3, 24, dtype=dtype).roll(11).reshape(promises.MEMBERS, 4, 2)
        steps = torch.linspace(0, 0.1, 12, dtype=dtype).reshape(promises.MEMBERS, 4, 1)
        options = {key: float(start) + steps for key, start in learned.items()}
        activity = promises.tried(rule, function, z, **options)
        if not isinstance(activity, Tensor) or activity.shape != z.shape:
            raise ValueError(f"{rule}, which returns another shape")
        if activity.dtype != dtype:
            raise ValueError(f"{rule}, which returns another type of numbers")
        if not function(z.clone().requires_grad_(), **options).requires_grad:
            raise ValueError(f"{rule}, which passes no gradient")
        _check_elements(rule, function, z, options)


def _check_elements(
    rule: str, function: Callable[..., Tensor], z: Tensor, options: Mapping[str, Tensor]
) -> None:
    """Check that every member, unit and sample by itself gets what it gets among the others."""
    whole = function(z.clone(), **options)
    for axis in range(z.ndim):
        for place in range(z.shape[axis]):
            own = {
                key: value.narrow(axis, place, 1) if value.shape[axis] > 1 else value
                for key, value in options.items()
            }
            part = function(z.narrow(axis, place, 1).clone(), **own)
            if not promises.same(part, whole.narrow(axis, place, 1), tolerance=1e-5):
                raise ValueError(f"{rule}, which mixes elements")


def absolute(z: Tensor) -> Tensor:
    """|z|."""
    return z.abs()


def sine(z: Tensor) -> Tensor:
    """Sine of z."""
    return torch.sin(z)


def centered_softplus(z: Tensor) -> Tensor:
    """Softplus moved to pass through the origin: ln(1 + exp z) − ln 2 (Mishkin et al., 2017)."""
    return functional.softplus(z) - math.log(2)


def prelu(z: Tensor, *, slope: Tensor) -> Tensor:
    """`z` where it is positive, `slope · z` elsewhere (He et al., 2015, eq. 1).

    Args:
        z: Input of the layer, shape `(members, units, samples)`.
        slope: Learned slope of each unit, shape `(members, units, 1)`.
    """
    units = z.reshape(1, -1, z.shape[-1])  # every unit of every member is a channel
    return functional.prelu(units, slope.reshape(-1)).reshape(z.shape)
