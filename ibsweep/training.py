"""Training an ensemble: networks that differ only in numbers, each as if alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ibsweep import checks, optimizers
from ibsweep.memory import keep_freed_memory
from ibsweep.networks.base import Network
from ibsweep.networks.weights import Layout, Weights, padded
from ibsweep.optimizers import SGD, Adam, Optimizer
from ibsweep.randomness import Generators
from ibsweep.regularizers import Regularizer
from ibsweep.types import Dataset, Split

LEAST_MEMBERS = 4  # batched products of 1–3 members take another path, with other roundings

Progress = Callable[[float], None]


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; the same for all members but for the learning rate.

    Attributes:
        epochs: Passes over the training part, ≥ 1.
        batch_size: Samples in a batch, ≥ 1; the last batch of an epoch may be smaller.
        optimizer: `adam` or `sgd`.
        learning_rate: > 0.
        adam_betas: Decay of Adam's two moments, in [0, 1).
        adam_epsilon: Added to the root of Adam's second moment, > 0.
        sgd_momentum: In [0, 1).
        initialization: Of the weights: `glorot` or `released` (see `ibsweep.networks.mlp`).

    Raises:
        ValueError: If an option is out of its range.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    adam_betas: Sequence[float]
    adam_epsilon: float
    sgd_momentum: float
    initialization: str

    def __post_init__(self) -> None:
        checks.integer("epochs", self.epochs, minimum=1)
        checks.integer("batch_size", self.batch_size, minimum=1)
        checks.real("learning_rate", self.learning_rate, above=0)
        optimizers.check(
            optimizer=self.optimizer,
            betas=self.adam_betas,
            epsilon=self.adam_epsilon,
            momentum=self.sgd_momentum,
        )

    def make_optimizer(self, weights: Tensor, learning_rate: Sequence[float]) -> Optimizer:
        """Build the optimiser of an ensemble's weights, shape `(members, width)`."""
        if self.optimizer == "sgd":
            return SGD(weights, learning_rate, momentum=self.sgd_momentum)
        return Adam(weights, learning_rate, betas=self.adam_betas, epsilon=self.adam_epsilon)


class Member(NamedTuple):
    """The numbers in which one network of an ensemble may differ from the others.

    Attributes:
        seeds: Seed of each stream: `init`, `batches`, `split`, `noise`.
        split: Rows to train on.
        learning_rate: Step size.
    """

    seeds: dict[str, int]
    split: Split
    learning_rate: float


@dataclass(frozen=True)
class Ensemble:
    """Networks to be trained together.

    Attributes:
        network: Their kind.
        members: One entry a network.
        regularizers: With one number a member.
        dataset: What they learn.
        options: How.
        snapshots: Epochs after which weights are kept, ascending.
        device: Where to train.
        dtype: Floating-point type.
    """

    network: Network
    members: Sequence[Member]
    regularizers: Sequence[Regularizer]
    dataset: Dataset
    options: TrainingOptions
    snapshots: np.ndarray
    device: torch.device
    dtype: torch.dtype


class Trained(NamedTuple):
    """What training leaves.

    Attributes:
        weights: Weights of every member at every snapshot, shape `(snapshots, members, width)`, on
            the CPU.
        failed: Member to the first epoch after which its weights were not finite.
    """

    weights: Tensor
    failed: dict[int, int]


def train(ensemble: Ensemble, progress: Progress = lambda fraction: None) -> Trained:
    """Train every member; each one's result is what it would be alone, or in any other company.

    Args:
        ensemble: What to train, at least `LEAST_MEMBERS` networks (repeat one to fill up).
        progress: Called with the fraction done, about a hundred times.

    Raises:
        ValueError: If there are fewer networks, or a batch is larger than the training part.
    """
    if len(ensemble.members) < LEAST_MEMBERS:
        raise ValueError(f"members must be ≥ {LEAST_MEMBERS}, got {len(ensemble.members)}")
    keep_freed_memory()
    trainer = _Trainer(ensemble)
    epochs, kept = ensemble.options.epochs, set(ensemble.snapshots.tolist())
    snapshots, failed = [trainer.weights.flat.cpu().clone()], dict[int, int]()
    for epoch in range(1, epochs + 1):
        trainer.run_epoch()
        for member in trainer.retire_diverged():
            failed.setdefault(member, epoch)
        if epoch in kept:
            snapshots.append(trainer.weights.flat.cpu().clone())
        if epoch % max(1, epochs // 100) == 0:
            progress(epoch / epochs)
    return Trained(torch.stack(snapshots if 0 in kept else snapshots[1:]), failed)


class _Trainer:
    """The state of a training: weights, optimiser, generators."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        members = ensemble.members
        self._batches = _Batches(ensemble)
        self.weights = Weights(
            Layout(ensemble.network.parameters),
            [Generators("init", [m.seeds["init"]]).distinct[0] for m in members],
            dtype=ensemble.dtype,
            device=ensemble.device,
        )
        self._optimizer = ensemble.options.make_optimizer(
            self.weights.flat, [m.learning_rate for m in members]
        )
        self._noise = Generators("noise", [m.seeds["noise"] for m in members])
        perturbs = [r.perturb for r in ensemble.regularizers if r.perturb]
        self._perturb = self._perturbed if perturbs else None
        self._perturbs = perturbs
        self._penalties = [r.penalty for r in ensemble.regularizers if r.penalty]
        self._constraints = [r.constrain for r in ensemble.regularizers if r.constrain]

    def run_epoch(self) -> None:
        """Take one step for each batch of the training part."""
        for inputs, targets in self._batches:
            logits = self._ensemble.network.forward(self.weights.leaves, inputs, self._perturb)[-1]
            losses = -(functional.log_softmax(logits, dim=1) * targets).sum(dim=(1, 2))
            penalties = [penalty(self.weights.hidden) for penalty in self._penalties]
            self.weights.differentiate(
                losses, torch.stack(penalties).sum(dim=0) if penalties else None
            )
            self._step()

    @torch.no_grad()
    def _step(self) -> None:
        self._optimizer.step(self.weights.flat, self.weights.gradient)
        for constrain in self._constraints:
            for parameter in self._ensemble.network.parameters:
                if parameter.hidden_weight:
                    constrain(self.weights.leaves[parameter.name])

    @torch.no_grad()
    def retire_diverged(self) -> list[int]:
        """Zero the weights of members that diverged, and return those; their slots stay."""
        finite = self.weights.flat.isfinite().all(dim=1)
        if finite.all():
            return []
        self.weights.flat[~finite] = 0
        return torch.nonzero(~finite)[:, 0].tolist()

    def _perturbed(self, activity: Tensor) -> Tensor:
        for perturb in self._perturbs:
            activity = perturb(activity, self._noise)
        return activity


class _Batches:
    """The batches of an epoch, drawn anew at each, padded to an aligned number of samples."""

    def __init__(self, ensemble: Ensemble) -> None:
        members, dataset = ensemble.members, ensemble.dataset
        self._order = Generators("batches", [m.seeds["batches"] for m in members])
        self._rows = torch.stack([torch.from_numpy(m.split.train) for m in members])
        self._same_rows = bool((self._rows == self._rows[0]).all())
        self._size = ensemble.options.batch_size
        targets = functional.one_hot(torch.from_numpy(dataset.labels), dataset.classes).T
        self._inputs, self._targets = (
            columns.contiguous().to(device=ensemble.device, dtype=ensemble.dtype)
            for columns in (torch.from_numpy(dataset.inputs.T), targets)
        )

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield inputs and targets, shape `(members, features or classes, samples)`."""
        rows = self._shuffled_rows()
        for batch in rows.split(self._size, dim=1):
            size = batch.shape[1]
            index = functional.pad(batch, (0, padded(size) - size)).to(self._inputs.device)
            targets = self._gather(self._targets, index) / size
            targets[..., size:] = 0
            yield self._spread(self._gather(self._inputs, index)), self._spread(targets)

    def _shuffled_rows(self) -> Tensor:
        """Rows of one epoch, one line a member, or one line if all members share them."""
        order = self._order.permutation(self._rows.shape[1])
        if self._same_rows and len(self._order.distinct) == 1:
            return self._rows[:1, :].gather(1, order[:1])
        return self._rows.gather(1, order)

    @staticmethod
    def _gather(columns: Tensor, index: Tensor) -> Tensor:
        return columns[:, index].transpose(0, 1)

    def _spread(self, shared: Tensor) -> Tensor:
        return shared.expand(len(self._rows), -1, -1)
