"""Optimisers of an ensemble: textbook steps with a learning rate of its own for each member."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ibsweep import checks


class Optimizer(ABC):
    """Changes the weights of every member by one step along their gradients."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Return all it remembers, by name, shape `(members, …)`; writing to it restores."""

    @abstractmethod
    def step(self, weights: Tensor, gradients: Tensor, rate_factor: float = 1.0) -> None:
        """Change `weights` in place.

        Args:
            weights: Shape `(members, width)`.
            gradients: Of the same shape.
            rate_factor: What every member's learning rate is multiplied by.
        """


class Adam(Optimizer):
    """Adam with bias-corrected moments, and with decoupled weight decay: AdamW.

    w ← w − η(m̂/(√v̂ + ε) + λw); the gradients know nothing of λ.

    Args:
        weights: The weights to be trained, shape `(members, width)`.
        learning_rate: Of each member, > 0.
        betas: Decay of the first and the second moment, in [0, 1).
        epsilon: Added to the root of the second moment, > 0.
        decay: λ ≥ 0 of each number, of the shape and type of `weights`; None for none.

    References:
        Kingma & Ba (2015), algorithm 1, arXiv:1412.6980; the decay of Loshchilov & Hutter (2019),
        algorithm 2, arXiv:1711.05101, which η scales as it does in torch.
    """

    def __init__(
        self,
        weights: Tensor,
        learning_rate: Sequence[float],
        *,
        betas: Sequence[float],
        epsilon: float,
        decay: Tensor | None = None,
    ) -> None:
        self._rate = torch.tensor(learning_rate, dtype=torch.float64).to(weights)[:, None]
        self._beta1, self._beta2 = betas
        self._epsilon, self._decay = epsilon, decay
        self._first, self._second = torch.zeros_like(weights), torch.zeros_like(weights)
        self._steps = torch.zeros(len(weights), dtype=torch.int64)  # the same for all members

    def state(self) -> dict[str, Tensor]:
        """See `Optimizer.state`."""
        return {"first": self._first, "second": self._second, "steps": self._steps}

    def step(self, weights: Tensor, gradients: Tensor, rate_factor: float = 1.0) -> None:
        """See `Optimizer.step`."""
        self._steps += 1
        steps = int(self._steps[0])
        self._first.lerp_(gradients, 1 - self._beta1)
        self._second.mul_(self._beta2).addcmul_(gradients, gradients, value=1 - self._beta2)
        scale = (self._second / (1 - self._beta2**steps)).sqrt_().add_(self._epsilon)
        direction = self._first / scale
        if self._decay is not None:
            weights.addcmul_(weights * self._decay, self._rate, value=-rate_factor)
        bias = 1 - self._beta1**steps
        weights.addcmul_(direction, self._rate, value=-rate_factor / bias)


class SGD(Optimizer):
    """Stochastic gradient descent with heavy-ball momentum: v ← μv + g, w ← w − ηv.

    Args:
        weights: The weights to be trained, shape `(members, width)`.
        learning_rate: η of each member, > 0.
        momentum: μ, in [0, 1).
    """

    def __init__(
        self, weights: Tensor, learning_rate: Sequence[float], *, momentum: float
    ) -> None:
        self._rate = torch.tensor(learning_rate, dtype=torch.float64).to(weights)[:, None]
        self._momentum = momentum
        self._velocity = torch.zeros_like(weights)

    def state(self) -> dict[str, Tensor]:
        """See `Optimizer.state`."""
        return {"velocity": self._velocity}

    def step(self, weights: Tensor, gradients: Tensor, rate_factor: float = 1.0) -> None:
        """See `Optimizer.step`."""
        self._velocity.mul_(self._momentum).add_(gradients)
        weights.addcmul_(self._velocity, self._rate, value=-rate_factor)


_ADAM = {"adam_betas": "betas", "adam_epsilon": "epsilon"}
_OPTIONS = {  # of each optimiser: an option of training, and the argument that it is
    "adam": _ADAM,
    "adamw": {**_ADAM, "weight_decay": "decay"},
    "sgd": {"sgd_momentum": "momentum"},
}
_CLASSES: dict[str, Callable[..., Optimizer]] = {"adam": Adam, "adamw": Adam, "sgd": SGD}


def make(
    options: Mapping[str, Any],
    weights: Tensor,
    learning_rate: Sequence[float],
    weight_decay: Tensor,
) -> Optimizer:
    """Build the optimiser that options of training name, with its own options.

    Args:
        options: `optimizer`, and e.g. `sgd_momentum`.
        weights: The weights to be trained, shape `(members, width)`.
        learning_rate: Of each member.
        weight_decay: Of each number, like `weights`; only adamw has it.
    """
    name, given = options["optimizer"], {**options, "weight_decay": weight_decay}
    own = {argument: given[option] for option, argument in _OPTIONS[name].items()}
    return _CLASSES[name](weights, learning_rate, **own)


def idle(optimizer: str) -> set[str]:
    """Return the options of training that belong to other optimisers alone.

    Example:
        >>> sorted(idle("adam"))
        ['sgd_momentum', 'weight_decay']
    """
    return {option for own in _OPTIONS.values() for option in own} - set(_OPTIONS[optimizer])


def check(
    *,
    optimizer: str,
    betas: Sequence[float],
    epsilon: float,
    momentum: float,
    weight_decay: float,
) -> None:
    """Check the options of all optimisers.

    Raises:
        ValueError: If one is out of its range, or weights are to decay by another than adamw.
    """
    checks.choice("optimizer", optimizer, _CLASSES)
    for beta in checks.sequence("adam_betas", betas, "two numbers", least=2, most=2):
        checks.real("adam_betas", beta, minimum=0, below=1)
    checks.real("adam_epsilon", epsilon, above=0)
    checks.real("sgd_momentum", momentum, minimum=0, below=1)
    checks.real("weight_decay", weight_decay, minimum=0)
    if weight_decay and optimizer != "adamw":
        rule = f"must be 0 with optimizer={optimizer} (adamw has it)"
        raise ValueError(f"weight_decay {rule}, got {weight_decay!r}")
