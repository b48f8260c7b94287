"""A network that computes in few bits, and the ranges of its layers at a snapshot."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from ibsweep.names import OUTPUT
from ibsweep.networks.base import RANGE, Network, Parameter
from ibsweep.networks.quantization import Quantization, ends_of
from ibsweep.networks.weights import ALIGNMENT, Layout

_NUMBERS_AT_ONCE = 2**22  # activities of all members that are computed at a time


class QuantizedNetwork(Network):
    """A network of another kind in few bits; each layer's range is one of its parameters.

    Args:
        plain: The kind of network.
        quantization: How it computes.

    Raises:
        ValueError: If the network's activation cannot be quantised so.
    """

    def __init__(self, plain: Network, quantization: Quantization) -> None:
        quantization.check(plain.activation)
        self._plain = plain
        self.activation, self.quantization = plain.activation, quantization
        self.normalization = plain.normalization

    @cached_property
    def parameters(self) -> Sequence[Parameter]:
        """Those of the plain network, then the range of each layer if it decides the levels."""
        assert self.quantization is not None
        layers = self.layers if self.quantization.ranged else ()
        ranges = [Parameter(layer, RANGE, (2,), trained=False) for layer in layers]
        return [*self._plain.parameters, *ranges]

    @property
    def layers(self) -> Sequence[str]:
        """Those of the plain network."""
        return self._plain.layers

    @property
    def units(self) -> Sequence[int]:
        """Those of the plain network."""
        return self._plain.units

    @property
    def least_members(self) -> int:
        """That of the plain network: extremes are the same in any order."""
        return self._plain.least_members

    @property
    def one_thread(self) -> bool:
        """That of the plain network."""
        return self._plain.one_thread

    def preactivation(self, layer: str, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """See `Network.preactivation`."""
        return self._plain.preactivation(layer, below, own)


@torch.no_grad()
def set_ranges(network: Network, flat: Tensor, inputs: Tensor) -> None:
    """Set the range of every layer to that over given patterns, in place; nothing without ranges.

    Layer by layer: those below are at their levels already.

    Args:
        network: The kind of network.
        flat: Weights of the members, shape `(members, width)`.
        inputs: Patterns, shape `(members, features, samples)`, the samples padded to a multiple of
            `ALIGNMENT` by repeating some; a stride of 0 over members is welcome.
    """
    if network.quantization is None or not network.quantization.ranged:
        return
    views = Layout(network.parameters).views(flat)
    own: dict[str, dict[str, Tensor]] = {layer: {} for layer in network.layers}
    for parameter in network.parameters:
        if parameter.kind != RANGE:
            own[parameter.layer][parameter.kind] = views[parameter.name]
    numbers = len(flat) * (inputs.shape[1] + sum(network.units))
    size = max(_NUMBERS_AT_ONCE // numbers // ALIGNMENT, 1) * ALIGNMENT
    for place, layer in enumerate(network.layers):
        lows, highs = [], []
        for below in inputs.split(size, dim=2):
            for known in network.layers[:place]:
                below = network.layer(known, below, own[known])
            ends = ends_of(_unrounded(network, layer, below, own[layer]))
            lows.append(ends.low)
            highs.append(ends.high)
        both = torch.stack(lows).amin(0), torch.stack(highs).amax(0)
        extremes = views[f"{layer}.{RANGE}"]
        own[layer][RANGE] = extremes.copy_(torch.cat(both, dim=1)[:, :, 0])


def _unrounded(network: Network, layer: str, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
    """Return what a layer would hold with levels at every value, of the output the softmax."""
    activity = network.unrounded(layer, below, own)
    return functional.log_softmax(activity, dim=1).exp() if layer == OUTPUT else activity
