"""A trained network as an ordinary module of torch: samples first, to call, hook and train on."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from ibsweep.names import OUTPUT
from ibsweep.networks.base import Inject, Network
from ibsweep.networks.noise import MeasuringNoise
from ibsweep.networks.weights import padded

LOGITS = "logits"


class Layer(nn.Module):
    """One layer of a network: maps what is below it to its activity.

    Args:
        network: The network's kind.
        name: The layer's name in it.
        parameters: The layer's numbers by kind, e.g. `weight`, each of its own shape.
    """

    def __init__(self, network: Network, name: str, parameters: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._network = network
        self._layer = name
        for kind, values in parameters.items():
            self.register_parameter(kind, nn.Parameter(values.clone()))

    def forward(self, below: Tensor) -> Tensor:
        """Return the activity, of the output layer the logits.

        Args:
            below: What the layer below holds, or the patterns, shape `(samples, units)`.

        Returns:
            Shape `(samples, units)`.
        """
        own = {kind: values.unsqueeze(0) for kind, values in self.named_parameters()}
        activity = self._network.layer(self._layer, below.T.contiguous().unsqueeze(0), own)
        return activity.squeeze(0).T

    def extra_repr(self) -> str:
        """Show the shapes of its numbers."""
        shapes = {kind: tuple(values.shape) for kind, values in self.named_parameters()}
        return ", ".join(f"{kind}={shape}" for kind, shape in shapes.items())


class TrainedNetwork(nn.Module):
    """A network with its weights; as a module it can be called, hooked, trained on and saved.

    Its children are the layers by name: each hidden layer returns its activity, `logits` what is
    below the softmax, and `output` the probabilities, so that hooks see what ibsweep measured.
    Without a softmax both are what the network tells.
    A stochastic network draws its noise as when it was measured: anew from the same stream in
    each call, so that equal calls give equal numbers.

    Args:
        network: Its kind.
        parameters: Name to values, e.g. `layer_1.weight`.
        noise: That of the measured network; None or without an effect: it is deterministic.
        softmax: Whether it tells classes, not numbers.
    """

    def __init__(
        self,
        network: Network,
        parameters: Mapping[str, Tensor],
        *,
        noise: MeasuringNoise | None = None,
        softmax: bool = True,
    ) -> None:
        super().__init__()
        self._noise = noise
        self._layers = tuple(network.layers)
        for name in network.layers:
            own = {p.kind: parameters[p.name] for p in network.parameters if p.layer == name}
            if name in network.tied:  # a copy: training it further unties it
                own["weight"] = parameters[f"{network.tied[name]}.weight"].mT
            self.add_module(LOGITS if name == OUTPUT else name, Layer(network, name, own))
        self.add_module(OUTPUT, nn.Softmax(dim=1) if softmax else nn.Identity())

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of patterns, or the numbers that are told of them.

        Args:
            inputs: Patterns, shape `(samples, features)`, of the weights' type.

        Returns:
            Shape `(samples, classes or targets)`.
        """
        inject = None if self._noise is None else self._noise.inject(1)
        below = inputs
        for name in self._layers:
            if inject is not None:
                below = _injected(below, name, inject)
            below = self.get_submodule(LOGITS if name == OUTPUT else name)(below)
        self.get_submodule(OUTPUT)(below)  # for hooks: what was measured
        return below


def _injected(below: Tensor, name: str, inject: Inject) -> Tensor:
    """Add noise to what is below a layer, drawn for as many columns as when it was measured."""
    samples = len(below)
    columns = functional.pad(below.T, (0, padded(samples) - samples)).unsqueeze(0)
    return inject(name, columns).squeeze(0)[:, :samples].T
