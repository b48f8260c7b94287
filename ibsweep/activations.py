"""Activation functions that torch.nn lacks, and the record that a configuration's option builds.

Every function is applied to a layer's input z of any shape, element by element.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ibsweep import checks


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
            parameters of its own, draws at random or changes the shape.
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
        self._try_out()

    def _try_out(self) -> None:
        """Find functions that cannot be applied, train something unseen, or draw at random."""
        if isinstance(self.function, torch.nn.Module) and any(self.function.parameters()):
            shown = type(self.function).__name__
            raise ValueError(
                f"function must have no parameters of its own (use learned), got {shown}"
            )
        z = torch.linspace(-2, 2, 8).reshape(1, 1, 8)
        learned = {
            name: torch.full((1, 1, 1), float(start)) for name, start in self.learned.items()
        }
        first, again = self.function(z, **learned), self.function(z, **learned)
        if first.shape != z.shape or not torch.equal(first, again):
            raise ValueError(
                f"function must map element by element, without chance, got {self.function!r}"
            )


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
