"""One pass of an ensemble over its training part, by torch's own operations."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from ibsweep.learning.batches import Batches, Order
from ibsweep.learning.cuda_graph import graphed
from ibsweep.learning.ensemble import Ensemble
from ibsweep.learning.losses import cross_entropies, smoothed, squared_errors
from ibsweep.learning.optimizers import Optimizer
from ibsweep.networks.noise import injection
from ibsweep.networks.weights import Weights
from ibsweep.randomness import Generators


class Epochs(ABC):
    """Trains the weights of an ensemble, an epoch at a time."""

    @abstractmethod
    def run(self, epoch: int) -> None:
        """Take one step for each batch of the training part.

        Args:
            epoch: Number of epochs done before.
        """

    @property
    @abstractmethod
    def generators(self) -> dict[str, Generators]:
        """Where its random numbers come from: `batches` and `noise`."""


class TorchEpochs(Epochs):
    """Epochs by batched products and automatic differentiation: for every ensemble.

    Args:
        ensemble: What to train.
        weights: Its weights, which change in place.
        optimizer: Changes them.
    """

    def __init__(self, ensemble: Ensemble, weights: Weights, optimizer: Optimizer) -> None:
        self._ensemble, self._weights, self._optimizer = ensemble, weights, optimizer
        self._order = Order(ensemble.members)
        self._batches = Batches(ensemble, self._order)
        steps = ensemble.options.epochs * len(self._batches)
        self._rate_factor = ensemble.options.rate_factor(steps)
        self._noise = Generators("noise", [m.seeds["noise"] for m in ensemble.members])
        self._inject = injection(ensemble.noises, self._noise)
        self._perturbs = [r.perturb for r in ensemble.regularizers if r.perturb]
        self._penalties = [r.penalty for r in ensemble.regularizers if r.penalty]
        self._activity_penalties = [
            r.activity_penalty for r in ensemble.regularizers if r.activity_penalty
        ]
        self._objectives = [r.objective for r in ensemble.regularizers if r.objective]
        self._smoothing = _smoothing(ensemble, weights.flat)
        self._continuous = ensemble.dataset.continuous
        self._constraints = [r.constrain for r in ensemble.regularizers if r.constrain]
        self._differentiate = graphed(
            self._gradients,
            device=ensemble.device,
            repeatable=not self._perturbs and self._inject is None,
        )

    @property
    def generators(self) -> dict[str, Generators]:
        """See `Epochs.generators`."""
        return {"batches": self._order.generators, "noise": self._noise}

    def run(self, epoch: int) -> None:
        """See `Epochs.run`."""
        for step, (inputs, targets) in enumerate(self._batches, epoch * len(self._batches)):
            self._differentiate(inputs, targets)
            self._step(self._rate_factor(step))

    def _gradients(self, inputs: Tensor, targets: Tensor) -> None:
        """Set the gradients of the weights to those on one batch."""
        perturb = self._perturb if self._perturbs else None
        layers = self._ensemble.network.forward(
            self._weights.leaves, inputs, perturb, self._inject
        )
        losses = self._losses(inputs, layers, targets)
        penalties = [penalty(self._weights.hidden) for penalty in self._penalties]
        total = torch.stack(penalties).sum(dim=0) if penalties else None
        self._weights.differentiate(losses, total)

    def _losses(self, inputs: Tensor, layers: Sequence[Tensor], targets: Tensor) -> Tensor:
        """Return each member's loss, given the activity of its layers, the logits last."""
        hidden = dict(zip(self._ensemble.network.layers[:-1], layers[:-1], strict=True))
        if self._objectives:
            (objective,) = self._objectives
            losses = objective(inputs, hidden, layers[-1], targets)
        elif self._continuous:
            losses = squared_errors(layers[-1], targets)
        else:
            soft = targets if self._smoothing is None else smoothed(targets, self._smoothing)
            losses = cross_entropies(layers[-1], soft)
        if self._activity_penalties:
            shares = targets[:, -1] if self._continuous else targets.sum(dim=1)  # in the mean
            for activity_penalty in self._activity_penalties:
                losses = losses + activity_penalty(hidden, shares)
        return losses

    @torch.no_grad()
    def _step(self, rate_factor: float) -> None:
        self._optimizer.step(self._weights.flat, self._weights.gradient, rate_factor)
        for constrain in self._constraints:
            for parameter in self._ensemble.network.parameters:
                if parameter.hidden_weight:
                    constrain(self._weights.leaves[parameter.name].flatten(2))

    def _perturb(self, activity: Tensor) -> Tensor:
        for perturb in self._perturbs:
            activity = perturb(activity, self._noise)
        return activity


def _smoothing(ensemble: Ensemble, like: Tensor) -> Tensor | None:
    """Return α of each member, shape `(members, 1, 1)`; None if all labels are hard."""
    smoothing = torch.tensor([m.label_smoothing for m in ensemble.members], dtype=torch.float64)
    return smoothing.to(like)[:, None, None] if smoothing.any() else None
