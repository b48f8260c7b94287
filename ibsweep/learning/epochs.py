"""One pass of an ensemble over its training part, by torch's own operations."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from ibsweep.learning.batches import Batches, Order
from ibsweep.learning.cuda_graph import graphed
from ibsweep.learning.ensemble import Ensemble
from ibsweep.learning.losses import cross_entropies, smoothed, squared_errors
from ibsweep.learning.optimizers import Optimizer
from ibsweep.learning.schemes.base import Phase, Step, Timetable
from ibsweep.names import OUTPUT
from ibsweep.networks.noise import injection
from ibsweep.networks.normalization import uses_batches
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
        inject = injection(ensemble.noises, self._noise)
        self._inject = ensemble.scheme.inject(inject)
        self._perturbs = [r.perturb for r in ensemble.regularizers if r.perturb]
        self._penalties = [r.penalty for r in ensemble.regularizers if r.penalty]
        self._activity_penalties = [
            (r.activity_penalty, r.growth, torch.ones_like(weights.flat[:, 0]))
            for r in ensemble.regularizers
            if r.activity_penalty
        ]
        self._objectives = [r.objective for r in ensemble.regularizers if r.objective]
        self._smoothing = _smoothing(ensemble, weights.flat)
        self._continuous = ensemble.dataset.continuous
        self._constraints = [r.constrain for r in ensemble.regularizers if r.constrain]
        chance = bool(self._perturbs) or inject is not None
        self._repeatable = ensemble.scheme.repeatable and not chance
        phases = ensemble.scheme.phases(ensemble.network.layers[:-1])
        self._timetable = Timetable(phases, ensemble.options.epochs)
        self._phase: Phase | None = None

    @property
    def generators(self) -> dict[str, Generators]:
        """See `Epochs.generators`."""
        return {"batches": self._order.generators, "noise": self._noise}

    def run(self, epoch: int) -> None:
        """See `Epochs.run`."""
        self._enter(epoch)
        for step, (inputs, targets) in enumerate(self._batches, epoch * len(self._batches)):
            with self._keeping_frozen():
                self._differentiate(inputs, targets)
                self._step(self._rate_factor(step))

    def _enter(self, epoch: int) -> None:
        """Make ready for an epoch: its penalties, and its phase if another one was before."""
        for _, growth, factors in self._activity_penalties:
            if growth is not None:
                factors.copy_(growth(epoch))
        phase, begins = self._timetable.at(epoch)
        if begins:
            for moments in self._optimizer.state().values():
                moments.zero_()
        if phase is self._phase:
            return
        self._phase = phase
        trained = self._weights.layout.columns(phase.layers)
        everything = set(phase.layers) == set(self._ensemble.network.layers)
        self._frozen = None if everything else ~trained.to(self._weights.flat.device)
        self._differentiate = graphed(
            partial(self._gradients, phase),
            device=self._ensemble.device,
            repeatable=self._repeatable,
        )

    @contextmanager
    def _keeping_frozen(self) -> Iterator[None]:
        """Undo what changes layers that are not in training: penalties, decay, running means.

        Yields:
            Nothing.
        """
        if self._frozen is None:
            yield
            return
        before = self._weights.flat.clone()
        yield
        self._weights.flat.copy_(torch.where(self._frozen, before, self._weights.flat))

    def _gradients(self, phase: Phase, inputs: Tensor, targets: Tensor) -> None:
        """Set the gradients of the weights to those on one batch."""
        perturb = self._perturb if self._perturbs else None
        layers = self._ensemble.network.forward(
            self._weights.leaves, inputs, perturb, self._inject, self._shares(targets)
        )
        losses = self._losses(phase, inputs, layers, targets)
        penalties = [penalty(self._weights.hidden) for penalty in self._penalties]
        total = torch.stack(penalties).sum(dim=0) if penalties else None
        self._weights.differentiate(losses, total)

    def _shares(self, targets: Tensor) -> Tensor | None:
        """Return each sample's share in the mean over its batch, if the network needs that."""
        network = self._ensemble.network
        if uses_batches(network.normalization):
            return self._all_shares(targets)
        if network.quantization is None or not network.quantization.ranged:
            return None
        shares = self._all_shares(targets)
        full = shares.device.type == "cpu" and bool((shares > 0).all())
        return None if full else shares

    def _all_shares(self, targets: Tensor) -> Tensor:
        """Return each sample's share in the mean over its batch, shape `(members, samples)`."""
        return targets[:, -1] if self._continuous else targets.sum(dim=1)

    def _losses(
        self, phase: Phase, inputs: Tensor, layers: Sequence[Tensor], targets: Tensor
    ) -> Tensor:
        """Return each member's loss, given the activity of its layers, the logits last."""
        hidden = dict(zip(self._ensemble.network.layers[:-1], layers[:-1], strict=True))
        loss = self._loss(inputs, hidden, targets)
        step = Step(inputs, hidden, self._weights.leaves, targets, loss)
        terms = [loss(layers[-1])] if OUTPUT in phase.layers else []
        terms += self._ensemble.scheme.losses(phase, step)
        if self._activity_penalties:
            shares = self._all_shares(targets)
            terms += [f * penalty(hidden, shares) for penalty, _, f in self._activity_penalties]
        return sum(terms[1:], terms[0])

    def _loss(
        self, inputs: Tensor, hidden: Mapping[str, Tensor], targets: Tensor
    ) -> Callable[[Tensor], Tensor]:
        """Return what gives each member's loss of the output layer's answers to a batch."""
        if self._objectives:
            (objective,) = self._objectives
            return lambda answers: objective(inputs, hidden, answers, targets)
        if self._continuous:
            return partial(squared_errors, targets=targets)
        soft = targets if self._smoothing is None else smoothed(targets, self._smoothing)
        return partial(cross_entropies, targets=soft)

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
