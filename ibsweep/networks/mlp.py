"""Fully connected networks of any depth and width."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.networks import normalization
from ibsweep.networks.activations import Activation
from ibsweep.networks.base import Network, Parameter, layer_parameters
from ibsweep.networks.initialization import INITIALIZATIONS


@dataclass(frozen=True)
class MLP(Network):
    """A fully connected network: one activation function, a softmax output layer.

    Attributes:
        hidden: Units of each hidden layer, input side first.
        activation: Activation of the hidden layers.
        initialization: `glorot` or `released`: σ of the truncated normal (±2σ) that weights start
            from. Biases start at 0.
        features: Length of a pattern.
        classes: Units of the output layer.
        normalization: `none`, `batch`, `layer` or `final_batch`: of hidden layers before the
            activation, or of the logits.

    Raises:
        ValueError: If there is no hidden layer, a layer has no unit, or the initialisation or the
            normalisation is unknown.
    """

    hidden: Sequence[int]
    activation: Activation
    initialization: str
    features: int
    classes: int
    normalization: str = normalization.NONE

    def __post_init__(self) -> None:
        checks.choice("normalization", self.normalization, normalization.KINDS)
        checks.sequence("hidden", self.hidden, "a list of at least one layer size", least=1)
        for position, units in enumerate(self.hidden):
            checks.integer(f"hidden[{position}]", units, minimum=1)
        checks.choice("initialization", self.initialization, INITIALIZATIONS)

    @cached_property
    def layers(self) -> Sequence[str]:
        """`layer_1` … `layer_k`, `output`."""
        return [*(f"layer_{k}" for k in range(1, len(self.hidden) + 1)), "output"]

    @property
    def units(self) -> Sequence[int]:
        """Those of the hidden layers, then the classes."""
        return [*self.hidden, self.classes]

    @property
    def least_members(self) -> int:
        """Batched products of 1–3 members take another path, with other roundings."""
        return 4

    @property
    def one_thread(self) -> bool:
        """Batched products share out members and samples, never a sum."""
        return False

    @cached_property
    def parameters(self) -> Sequence[Parameter]:
        """Hidden weights, output weights, biases, then what activation and normalisation learn."""
        shapes = list(zip(self.units, [self.features, *self.hidden], strict=True))
        std = INITIALIZATIONS[self.initialization]
        stds = [std(fan_in, fan_out, self.activation.gain) for fan_out, fan_in in shapes]
        return layer_parameters(self.layers, shapes, stds, self.activation, self.normalization)

    def preactivation(self, layer: str, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """See `Network.preactivation`: one batched matrix product, samples last."""
        return torch.baddbmm(own["bias"].unsqueeze(-1), own["weight"], below)
