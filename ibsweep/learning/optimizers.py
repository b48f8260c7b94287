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
    def step(self, weights: Tensor, gradients: Tensor) -> None:
        """Change `weights` in place; both of shape `(members, width)`."""


class Adam(Optimizer):
    """Adam with bias-corrected moments (Kingma & Ba, 2015, algorithm 1).

    Args:
        weights: The weights to be trained, shape `(members, width)`.
        learning_rate: Of each member, > 0.
        betas: Decay of the first and the second moment, in [0, 1).
        epsilon: Added to the root of the second moment, > 0.
    """

    def __init__(
        self,
        weights: Tensor,
        learning_rate: Sequence[float],
        *,
        betas: Sequence[float],
        epsilon: float,
    ) -> None:
        self._rate = torch.tensor(learning_rate, dtype=torch.float64).to(weights)[:, None]
        self._beta1, self._beta2 = betas
        self._epsilon = epsilon
        self._first, self._second = torch.zeros_like(weights), torch.zeros_like(weights)
        self._steps = torch.zeros(len(weights), dtype=torch.int64)  # the same for all members

    def state(self) -> dict[str, Tensor]:
        """See `Optimizer.state`."""
        return {"first": self._first, "second": self._second, "steps": self._steps}

    def step(self, weights: Tensor, gradients: Tensor) -> None:
        """See `Optimizer.step`."""
        self._steps += 1
        steps = int(self._steps[0])
        self._first.lerp_(gradients, 1 - self._beta1)
        self._second.mul_(self._beta2).addcmul_(gradients, gradients, value=1 - self._beta2)
        scale = (self._second / (1 - self._beta2**steps)).sqrt_().add_(self._epsilon)
        direction = self._first / scale
        weights.addcmul_(direction, self._rate, value=-1 / (1 - self._beta1**steps))


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

    def step(self, weights: Tensor, gradients: Tensor) -> None:
        """See `Optimizer.step`."""
        self._velocity.mul_(self._momentum).add_(gradients)
        weights.addcmul_(self._velocity, self._rate, value=-1)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"adam": Adam, "sgd": SGD}


def make(options: Mapping[str, Any], weights: Tensor, learning_rate: Sequence[float]) -> Optimizer:
    """Build the optimiser that options of training name, with those that begin by its name.

    Args:
        options: `optimizer`, and e.g. `sgd_momentum`.
        weights: The weights to be trained, shape `(members, width)`.
        learning_rate: Of each member.
    """
    name = options["optimizer"]
    own = {key: value for key, value in options.items() if key.startswith(f"{name}_")}
    own = {key.removeprefix(f"{name}_"): value for key, value in own.items()}
    return OPTIMIZERS[name](weights, learning_rate, **own)


def in_effect(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of training without those of the optimisers that are not chosen.

    Example:
        >>> in_effect({"optimizer": "adam", "epochs": 9, "sgd_momentum": 0.9})
        {'optimizer': 'adam', 'epochs': 9}
    """
    others = tuple(f"{name}_" for name in OPTIMIZERS if name != options["optimizer"])
    return {key: value for key, value in options.items() if not key.startswith(others)}


def check(*, optimizer: str, betas: Sequence[float], epsilon: float, momentum: float) -> None:
    """Check the options of both optimisers.

    Raises:
        ValueError: If one is out of its range.
    """
    checks.choice("optimizer", optimizer, OPTIMIZERS)
    for beta in checks.sequence("adam_betas", betas, "two numbers", least=2, most=2):
        checks.real("adam_betas", beta, minimum=0, below=1)
    checks.real("adam_epsilon", epsilon, above=0)
    checks.real("sgd_momentum", momentum, minimum=0, below=1)
