"""Autoencoders: networks that rebuild their input from a code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from ibsweep import checks
from ibsweep.names import OUTPUT
from ibsweep.networks.activations import Activation
from ibsweep.networks.base import Network, Parameter
from ibsweep.networks.mlp import MLP

KINDS = ("plain", "tied")
ENDS = ("sigmoid", "linear")


@dataclass(frozen=True)
class Autoencoder(Network):
    """A fully connected network from the input to a code and, by the same sizes, back.

    Attributes:
        hidden: Units of each layer of the encoder, input side first; the last is the code. The
            decoder has them in reverse.
        kind: `plain`, or `tied`: the decoder's weights are the encoder's, transposed.
        output: What the last layer ends with: `sigmoid` for values from 0 to 1, or `linear`.
        activation: Activation of the hidden layers.
        initialization: As of `mlp.MLP`.
        features: Length of a pattern.
        classes: Units of the output layer: as many as features.

    Raises:
        ValueError: If an option is unknown, or a layer has no unit.

    References:
        Lee & Jo, Information flows of diverse autoencoders, 2021, for the kinds.
        https://arxiv.org/abs/2102.07402
    """

    rebuilds = True

    hidden: Sequence[int]
    kind: str
    output: str
    activation: Activation
    initialization: str
    features: int
    classes: int

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, KINDS)
        checks.choice("output", self.output, ENDS)
        checks.sequence("hidden", self.hidden, "a list of at least one layer size", least=1)
        if self._whole.units[-1] != self.features:
            got = f"{self.features} to {self.classes} numbers"
            raise ValueError(f"network must rebuild its input, got one from {got}")

    @cached_property
    def _whole(self) -> MLP:
        """The same network without what ties or ends it."""
        sizes = [*self.hidden, *self.hidden[-2::-1]]
        return MLP(sizes, self.activation, self.initialization, self.features, self.classes)

    @cached_property
    def layers(self) -> Sequence[str]:
        """`layer_1` … `layer_k`, the code in the middle, `output`."""
        return self._whole.layers

    @property
    def units(self) -> Sequence[int]:
        """Those of the encoder, of the decoder, and the features."""
        return self._whole.units

    @property
    def least_members(self) -> int:
        """As of an MLP."""
        return self._whole.least_members

    @property
    def one_thread(self) -> bool:
        """As of an MLP."""
        return self._whole.one_thread

    @cached_property
    def tied(self) -> Mapping[str, str]:
        """Each layer of the decoder with that of the encoder whose weights it has."""
        if self.kind != "tied":
            return {}
        depth = len(self.hidden)
        return dict(zip(self.layers[depth:], self.layers[depth - 1 :: -1], strict=True))

    @cached_property
    def parameters(self) -> Sequence[Parameter]:
        """Those of an MLP, but for weights that are tied."""
        return [
            one
            for one in self._whole.parameters
            if one.kind != "weight" or one.layer not in self.tied
        ]

    def preactivation(self, layer: str, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """See `Network.preactivation`: of the output layer what it rebuilds, after its sigmoid."""
        values = self._whole.preactivation(layer, below, own)
        return values.sigmoid() if layer == OUTPUT and self.output == "sigmoid" else values
