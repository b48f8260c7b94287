"""A trained network as an ordinary module of torch: samples first, to call, hook and train on."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from ibsweep.names import OUTPUT
from ibsweep.networks.base import Inject, Network
from ibsweep.networks.noise import MeasuringNoise
from ibsweep.networks.normalization import MEAN
from ibsweep.networks.weights import padded

LOGITS = "logits"


class Layer(nn.Module):
    """One layer of a network: maps what is below it to its activity.

    Args:
        network: The network's kind.
        name: The layer's name in it.
        parameters: The layer's numbers by kind, e.g. `weight`, each of its own shape.

    Running means of a normalisation are buffers, which follow the batches in training mode.
    """

    def __init__(self, network: Network, name: str, parameters: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._network = network
        self._layer = name
        fixed = {p.kind for p in network.parameters if p.layer == name and not p.trained}
        self._by_batch = MEAN in parameters
        for kind, values in parameters.items():
            if kind in fixed:
                self.register_buffer(kind, values.clone())
            else:
                self.register_parameter(kind, nn.Parameter(values.clone()))

    def forward(self, below: Tensor) -> Tensor:
        """Return the activity, of the output layer the logits.

        Args:
            below: What the layer below holds, or the patterns, shape `(samples, units)`.

        Returns:
            Shape `(samples, units)`.

        Raises:
            ValueError: If a batch of one sample is to be normalised by itself, in training mode.
        """
        own, samples, shares = self.numbers(), len(below), None
        if self._by_batch and self.training:
            if samples < 2:
                raise ValueError(f"below must have ≥ 2 samples in training, got {samples}")
            shares = below.new_full((1, samples), 1 / samples)
        columns = below.T.contiguous().unsqueeze(0)
        activity = self._network.layer(self._layer, columns, own, shares)
        return activity.squeeze(0).T

    def numbers(self) -> dict[str, Tensor]:
        """Return its parameters and ranges by kind, each of shape `(1, …)`."""
        named = {**dict(self.named_parameters()), **dict(self.named_buffers())}
        return {kind: values.unsqueeze(0) for kind, values in named.items()}

    def extra_repr(self) -> str:
        """Show the shapes of its numbers."""
        shapes = {kind: tuple(values.shape[1:]) for kind, values in self.numbers().items()}
        return ", ".join(f"{kind}={shape}" for kind, shape in shapes.items())


class _Levels(nn.Module):
    """What the output layer of a quantised network holds, given its logits."""

    def __init__(self, network: Network, logits: nn.Module) -> None:
        super().__init__()
        assert isinstance(logits, Layer)
        self._network = network
        self._numbers = logits.numbers

    def forward(self, logits: Tensor) -> Tensor:
        probabilities = functional.softmax(logits, dim=1)
        return self._network.softmax(probabilities.T.unsqueeze(0), self._numbers()).squeeze(0).T


class TrainedNetwork(nn.Module):
    """A network with its weights; as a module it can be called, hooked, trained on and saved.

    Its children are the layers by name: each hidden layer returns its activity, `logits` what is
    below the softmax, and `output` the probabilities, so that hooks see what ibsweep measured.
    Without a softmax both are the network's predictions.
    A stochastic network draws its noise as when it was measured: anew from the same stream in
    each call, so that equal calls give equal numbers.

    Args:
        network: Its kind.
        parameters: Name to values, e.g. `layer_1.weight`.
        noise: That of the measured network; None or without an effect: it is deterministic.
        softmax: Whether it predicts classes, not numbers.
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
        output: nn.Module = nn.Softmax(dim=1) if softmax else nn.Identity()
        if network.quantization is not None:
            output = _Levels(network, self.get_submodule(LOGITS))
        self.add_module(OUTPUT, output)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of patterns, or the predicted numbers.

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
