"""What every kind of network says of itself: its parameters, its layers, its forward pass."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, final

import torch
from torch import Tensor

from ibsweep import promises
from ibsweep.names import OUTPUT
from ibsweep.networks import normalization
from ibsweep.networks.activations import Activation
from ibsweep.networks.quantization import Ends, Quantization, ends_of

RANGE = "range"  # kind of the parameter that holds a layer's extremes, lowest first


class Parameter(NamedTuple):
    """One array of trainable numbers of a network.

    Attributes:
        layer: Layer that it belongs to, e.g. `layer_1`.
        kind: `weight`, `bias`, or what an activation calls it.
        shape: Shape for one network.
        std: Standard deviation of the truncated normal it starts from, or None if it starts
            constant.
        start: Value that it starts from if `std` is None.
        trained: Whether gradients change it; else the network itself does: in training a running
            mean, at each snapshot a range.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    std: float | None = None
    start: float = 0.0
    trained: bool = True

    @property
    def name(self) -> str:
        """Name in files and in `state_dict`s, e.g. `layer_1.weight`."""
        return f"{self.layer}.{self.kind}"

    @property
    def hidden_weight(self) -> bool:
        """Whether penalties and constraints on hidden weights apply to it."""
        return self.kind == "weight" and self.layer != OUTPUT


Perturbation = Callable[[Tensor], Tensor]
Inject = Callable[[str, Tensor], Tensor]


class Network(ABC):
    """A kind of network; all arrays have a leading axis for the members of an ensemble.

    Attributes:
        activation: Activation of the hidden layers.
        quantization: How it computes in few bits; None: as it is.
        normalization: Of what layers hand to it, see `ibsweep.networks.normalization`.
    """

    activation: Activation
    quantization: Quantization | None = None
    normalization: str = normalization.NONE

    @property
    @abstractmethod
    def parameters(self) -> Sequence[Parameter]:
        """All parameters, hidden weights first."""

    @property
    @abstractmethod
    def layers(self) -> Sequence[str]:
        """Names of the measured layers, input side first; the last is `output`."""

    @property
    def tied(self) -> Mapping[str, str]:
        """Each layer without weights of its own to the one whose weights it has, transposed."""
        return {}

    @property
    @abstractmethod
    def units(self) -> Sequence[int]:
        """Number of units of each measured layer."""

    @property
    @abstractmethod
    def least_members(self) -> int:
        """Size from which on a member's numbers do not depend on that of its ensemble."""

    @property
    @abstractmethod
    def one_thread(self) -> bool:
        """Whether the number of threads would change the last bits of its gradients."""

    @abstractmethod
    def preactivation(self, layer: str, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """Compute what a layer hands to its activation function.

        Args:
            layer: Its name.
            below: What the layer before it holds, or the patterns, shape `(members, units,
                samples)`.
            own: The layer's parameters by kind, shape `(members, …)`.

        Returns:
            Shape `(members, units, samples)`.
        """

    @final
    def forward(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Tensor,
        perturb: Perturbation | None = None,
        inject: Inject | None = None,
        shares: Tensor | None = None,
    ) -> list[Tensor]:
        """Compute what every layer holds, for all members at once.

        Args:
            parameters: Name to values, shape `(members, …)`; ranges are not there in training.
            inputs: Patterns, shape `(members, features, samples)`; a stride of 0 over members is
                welcome.
            perturb: Applied to the activity of each hidden layer before it is passed on; None when
                measuring.
            inject: Applied to the input of each layer, shape `(members, units, samples)`, with the
                layer's name: the noise of a stochastic network.
            shares: In training the share of each sample in the mean over the batch, 0 for one that
                only fills it up, shape `(members, samples)`: for statistics of the batch. None
                when measuring, or if all samples count alike.

        Returns:
            Activity of each hidden layer after its activation and before noise, then the logits of
            the output layer; each of shape `(members, units, samples)`.
        """
        own: dict[str, dict[str, Tensor]] = {layer: {} for layer in self.layers}
        for parameter in self.parameters:
            if parameter.kind != RANGE or parameter.name in parameters:
                own[parameter.layer][parameter.kind] = parameters[parameter.name]
        for layer, source in self.tied.items():
            own[layer]["weight"] = own[source]["weight"].mT
        activity, below = [], inputs
        for layer in self.layers:
            below = below if inject is None else inject(layer, below)
            below = self.layer(layer, below, own[layer], shares)
            if layer != OUTPUT:
                below = below if perturb is None else perturb(below)
            activity.append(below)
        return activity

    @final
    def layer(
        self,
        name: str,
        below: Tensor,
        own: Mapping[str, Tensor],
        shares: Tensor | None = None,
    ) -> Tensor:
        """Compute what one layer holds, see `forward`; of the output layer the logits."""
        activity = self.unrounded(name, below, own, shares)
        if self.quantization is None or name == OUTPUT:
            return activity
        return self.quantization.of_hidden(activity, self._ends(activity, own, shares))

    @final
    def unrounded(
        self,
        name: str,
        below: Tensor,
        own: Mapping[str, Tensor],
        shares: Tensor | None = None,
    ) -> Tensor:
        """Compute what one layer holds before its activity is quantised, if that is at all."""
        used = own
        if self.quantization is not None and self.quantization.weights:
            used = {**own, "weight": self.quantization.of_weight(own["weight"])}
        z = self.preactivation(name, below, used)
        if normalization.is_at(self.normalization, name):
            z = normalization.normalize(self.normalization, z, own, shares)
        return z if name == OUTPUT else self._activate(z, own)

    @final
    def softmax(self, probabilities: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """Return what the output layer holds when it is measured: the softmax, or its levels.

        Args:
            probabilities: Shape `(members, classes, samples)`.
            own: The output layer's parameters by kind.
        """
        if self.quantization is None:
            return probabilities
        ends = self._ends(probabilities, own, None)
        return self.quantization.of_output(probabilities, ends)

    def _ends(
        self, activity: Tensor, own: Mapping[str, Tensor], shares: Tensor | None
    ) -> Ends | None:
        """Return the range that decides a layer's levels: as it is known, else of the samples."""
        if self.quantization is None or not self.quantization.ranged:
            return None
        if RANGE in own:
            return Ends(own[RANGE][:, :1, None], own[RANGE][:, 1:, None])
        return ends_of(activity, None if shares is None else shares.unsqueeze(1) > 0)

    def _activate(self, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """Apply the activation; a convolution's channel shares its learned numbers."""
        learned = {name: own[name].unsqueeze(-1) for name in self.activation.learned}
        channels = below.view(len(below), own["bias"].shape[1], -1)
        return self.activation.function(channels, **learned).view_as(below)


def layer_parameters(
    layers: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    stds: Sequence[float],
    activation: Activation,
    kind: str = normalization.NONE,
) -> list[Parameter]:
    """List the parameters of layers: hidden weights, output weights, biases, then all others.

    Args:
        layers: Names of the layers; the last is the output.
        shapes: Shape of each layer's weight, its own units first.
        stds: Standard deviation that each weight starts from.
        activation: Activation of the hidden layers; it may learn numbers of its own for each unit.
        kind: Of the normalisation, which has numbers of its own, too.
    """
    units = [shape[0] for shape in shapes]
    weights = zip(layers, shapes, stds, strict=True)
    return [
        *(Parameter(layer, "weight", shape, std) for layer, shape, std in weights),
        *(Parameter(layer, "bias", (n,)) for layer, n in zip(layers, units, strict=True)),
        *(
            Parameter(layer, name, (n,), start=start)
            for layer, n in zip(layers[:-1], units, strict=False)
            for name, start in activation.learned.items()
        ),
        *(
            Parameter(layer, name, (n,), start=number.start, trained=number.trained)
            for layer, n in zip(layers, units, strict=True)
            for name, number in normalization.numbers(kind, layer).items()
        ),
    ]


def try_network(network: Network, *, features: int) -> None:
    """Try a kind of network: no member may matter to another, nor a sample, when measuring.

    Args:
        network: The kind.
        features: Numbers of a pattern.

    Raises:
        ValueError: If one does, its layers are not what it says, or it draws random numbers.
    """
    members, generator = promises.MEMBERS, torch.Generator().manual_seed(0)
    sizes = [math.prod(one.shape) for one in network.parameters]
    weights = torch.cat(
        [
            torch.randn(members, size, generator=generator) * (one.std or 0) + one.start
            for one, size in zip(network.parameters, sizes, strict=True)
        ],
        dim=1,
    )
    inputs = torch.randn(members, features, 2, generator=generator)

    def forward(weights: Tensor, inputs: Tensor) -> list[Tensor]:
        parts = zip(network.parameters, weights.split(sizes, dim=1), strict=True)
        values = {one.name: part.reshape(members, *one.shape) for one, part in parts}
        return network.forward(values, inputs)

    rule = "_target_ must make a network whose members and samples are by themselves"
    rule += f", got {type(network).__name__}"
    layers = promises.tried(rule, forward, weights, inputs)
    _check_layers(network, layers)
    promises.check_apart(rule, lambda own: torch.cat(forward(own, inputs), 1), weights, axes=[0])
    promises.check_apart(rule, lambda x: torch.cat(forward(weights, x), 1), inputs, axes=[0, 2])


def _check_layers(network: Network, layers: Sequence[Tensor]) -> None:
    """Check that a network's layers are those that it says it has."""
    shapes = [tuple(layer.shape) for layer in layers]
    known = [(promises.MEMBERS, units, 2) for units in network.units]
    names = list(network.layers)
    if shapes != known or len(set(names)) != len(known) or names[-1] != OUTPUT:
        rule = f"_target_ must make a network of layers {names} of {known}, the last `output`"
        raise ValueError(f"{rule}, got {type(network).__name__} with {shapes}")
