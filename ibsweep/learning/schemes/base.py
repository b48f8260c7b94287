"""What a training scheme says: which layers are trained when, and which losses are their own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from ibsweep.names import OUTPUT
from ibsweep.networks.base import Inject, Network, Parameter
from ibsweep.networks.initialization import INITIALIZATIONS

HEAD = "head"
_KINDS = ("weight", "bias")


class Step(NamedTuple):
    """What there is of one batch.

    Attributes:
        inputs: Patterns, shape `(members, features, samples)`.
        activity: Of each hidden layer by name, shape `(members, units, samples)`.
        parameters: All numbers of the networks and of the heads by name, shape `(members, …)`.
        targets: Hard labels one-hot, times the share of each sample in the mean over the batch, 0
            for one that only fills it up, shape `(members, classes, samples)`.
        loss: Logits, of the shape of `targets`, to the loss of each member, shape `(members,)`.
    """

    inputs: Tensor
    activity: Mapping[str, Tensor]
    parameters: Mapping[str, Tensor]
    targets: Tensor
    loss: Callable[[Tensor], Tensor]


class Phase(NamedTuple):
    """A part of a training, after and before which the moments of the optimiser are zero.

    Attributes:
        share: Of the epochs, in proportion to the shares of the other phases, > 0.
        layers: Layers whose numbers change, with those of their heads; all others keep their bits.
    """

    share: float
    layers: Sequence[str]


LocalLosses = Callable[[Sequence[str], Step], list[Tensor]]


def whole(hidden: Sequence[str]) -> list[Phase]:
    """Train all layers all the time."""
    return [Phase(1, [*hidden, OUTPUT])]


@dataclass(frozen=True)
class Scheme:
    """How losses are given to layers.

    Attributes:
        phases: Names of the hidden layers, input side first, to the parts of the training.
        local: Names of the hidden layers in training and a batch to losses that these have of
            their own, each of shape `(members,)`. The gradients of a layer then do not reach the
            layers below it; only the output layer's reach the last hidden one. None: there is no
            loss but the output's, and its gradient reaches all layers.
        heads: Whether each hidden layer but the last has a linear head, `layer_k.head.weight` and
            `layer_k.head.bias`. Penalties, constraints and weight decay leave heads alone.
        repeatable: Whether `local` never asks a device for a value, so that a CUDA graph can hold
            it.
        one_thread: Whether the number of threads would change the last bits.
    """

    phases: Callable[[Sequence[str]], Sequence[Phase]] = whole
    local: LocalLosses | None = None
    heads: bool = False
    repeatable: bool = True
    one_thread: bool = False

    @property
    def least_members(self) -> int:
        """Size from which on a member's numbers do not depend on that of its ensemble."""
        return 4 if self.heads else 1  # heads are batched products, as the layers of an MLP are

    def parameters(self, network: Network, initialization: str) -> list[Parameter]:
        """List all trainable numbers: the network's, then the heads'.

        Args:
            network: The kind of network.
            initialization: Of the heads' weights, as of the output layer's.
        """
        own = list(network.parameters)
        if not self.heads:
            return own
        std, classes = INITIALIZATIONS[initialization], network.units[-1]
        for layer, units in list(zip(network.layers, network.units, strict=True))[:-2]:
            scale = std(units, classes, network.activation.gain)
            own.append(Parameter(layer, f"{HEAD}.weight", (classes, units), scale))
            own.append(Parameter(layer, f"{HEAD}.bias", (classes,)))
        return own

    def inject(self, noise: Inject | None) -> Inject | None:
        """Return what acts on each layer's input: noise, and the end of a local gradient."""
        if self.local is None:
            return noise

        def cut(layer: str, below: Tensor) -> Tensor:
            below = below if noise is None else noise(layer, below)
            return below if layer == OUTPUT else below.detach()

        return cut

    def losses(self, phase: Phase, step: Step) -> list[Tensor]:
        """Return the losses of their own that the hidden layers of a phase have."""
        hidden = [layer for layer in phase.layers if layer != OUTPUT]
        return self.local(hidden, step) if self.local and hidden else []


def head_losses(layers: Sequence[str], step: Step) -> list[Tensor]:
    """Return the losses of the heads of those layers that have one."""
    losses = []
    for layer in layers:
        if f"{layer}.{HEAD}.weight" in step.parameters:
            weight, bias = (step.parameters[f"{layer}.{HEAD}.{kind}"] for kind in _KINDS)
            logits = torch.baddbmm(bias.unsqueeze(-1), weight, step.activity[layer])
            losses.append(step.loss(logits))
    return losses


class Timetable:
    """The epochs of the phases of a training.

    Args:
        phases: In order.
        epochs: Of the whole training.

    Attributes:
        starts: The epoch at which each begins, then the last epoch.
    """

    def __init__(self, phases: Sequence[Phase], epochs: int) -> None:
        self._phases = list(phases)
        done = [0, *accumulate(phase.share for phase in phases)]
        self.starts = [round(epochs * share / done[-1]) for share in done]

    def check(self) -> None:
        """Check that there is an epoch for each phase.

        Raises:
            ValueError: If there is none for one.
        """
        if len(set(self.starts)) < len(self.starts):
            count = len(self._phases)
            rule = f"epochs must leave one for each of the {count} phases of the scheme"
            raise ValueError(f"{rule}, got {self.starts[-1]}")

    def at(self, epoch: int) -> tuple[Phase, bool]:
        """Return the phase of an epoch, and whether it begins with it, after another."""
        number = max(k for k, start in enumerate(self.starts[:-1]) if start <= epoch)
        return self._phases[number], epoch > 0 and epoch == self.starts[number]
