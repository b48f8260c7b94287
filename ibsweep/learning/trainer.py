"""Training an ensemble: networks that differ only in numbers, each as if alone."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ibsweep.learning.batches import Batches
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.cuda_graph import graphed
from ibsweep.learning.ensemble import Ensemble, Trained
from ibsweep.networks.noise import injection
from ibsweep.networks.weights import Layout, Weights
from ibsweep.randomness import Generators
from ibsweep.resources import keep_freed_memory, threads

Progress = Callable[[float], None]


def train(
    ensemble: Ensemble,
    progress: Progress = lambda fraction: None,
    *,
    checkpoints: Checkpoints | None = None,
) -> Trained:
    """Train every member; each one's result is what it would be alone, or in any other company.

    Args:
        ensemble: What to train, at least the network's `least_members` (repeat one to fill up).
        progress: Called with the fraction done, about a hundred times.
        checkpoints: Where an interrupted training of these members goes on from, and where this
            one is kept meanwhile; None to start at the beginning and keep nothing.

    Raises:
        ValueError: If there are fewer networks.
    """
    least = ensemble.network.least_members
    if len(ensemble.members) < least:
        raise ValueError(f"members must be ≥ {least}, got {len(ensemble.members)}")
    keep_freed_memory()
    with threads(1 if ensemble.network.one_thread else torch.get_num_threads()):
        return _train(ensemble, progress, checkpoints)


def _train(ensemble: Ensemble, progress: Progress, checkpoints: Checkpoints | None) -> Trained:
    trainer = _Trainer(ensemble)
    if checkpoints is not None and checkpoints.epoch:
        trainer.restore(checkpoints.load(len(ensemble.members)), checkpoints.epoch)
    epochs = ensemble.options.epochs
    while trainer.epoch < epochs:
        trainer.run_epoch()
        if trainer.epoch % max(1, epochs // 100) == 0:
            if checkpoints is not None and checkpoints.due():
                checkpoints.save(trainer.state(), trainer.epoch)
            progress(trainer.epoch / epochs)
    return Trained(torch.stack(trainer.snapshots), trainer.failed)


class _Trainer:
    """The state of a training: weights, optimiser, generators, and what is kept of it so far."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        members = ensemble.members
        self._batches = Batches(ensemble)
        self._weights = Weights(
            Layout(ensemble.network.parameters),
            [Generators("init", [m.seeds["init"]]).distinct[0] for m in members],
            dtype=ensemble.dtype,
            device=ensemble.device,
        )
        self._optimizer = ensemble.options.make_optimizer(
            self._weights.flat, [m.learning_rate for m in members]
        )
        self._noise = Generators("noise", [m.seeds["noise"] for m in members])
        self._inject = injection(ensemble.noises, self._noise)
        self._perturbs = [r.perturb for r in ensemble.regularizers if r.perturb]
        self._penalties = [r.penalty for r in ensemble.regularizers if r.penalty]
        self._constraints = [r.constrain for r in ensemble.regularizers if r.constrain]
        self._differentiate = graphed(
            self._gradients,
            device=ensemble.device,
            repeatable=not self._perturbs and self._inject is None,
        )
        self._kept = set(ensemble.snapshots.tolist())
        self.epoch = 0
        self.snapshots: list[Tensor] = []
        self.failed: dict[int, int] = {}
        self._keep()

    def run_epoch(self) -> None:
        """Take one step for each batch of the training part."""
        for inputs, targets in self._batches:
            self._differentiate(inputs, targets)
            self._step()
        self.epoch += 1
        self._retire_diverged()
        self._keep()

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the training depends on, each with a leading member axis."""
        failed = [self.failed.get(member, 0) for member in range(len(self._ensemble.members))]
        generators = {"batches": self._batches.generators, "noise": self._noise}
        return {
            "weights": self._weights.flat,
            "snapshots": torch.stack(self.snapshots, dim=1),
            "failed": torch.tensor(failed),
            **{f"optimizer.{name}": held for name, held in self._optimizer.state().items()},
            **{f"generator.{name}": stream.state() for name, stream in generators.items()},
        }

    def restore(self, state: dict[str, Tensor], epoch: int) -> None:
        """Go on from what `state` returned after `epoch` epochs, in whatever company that was."""
        self.epoch = epoch
        self._weights.flat.copy_(state["weights"])
        self.snapshots = list(state["snapshots"].unbind(dim=1))
        self.failed = {i: e for i, e in enumerate(state["failed"].tolist()) if e}
        for name, held in self._optimizer.state().items():
            held.copy_(state[f"optimizer.{name}"])
        self._batches.generators.restore(state["generator.batches"])
        self._noise.restore(state["generator.noise"])

    def _keep(self) -> None:
        """Take a snapshot if this is an epoch for one."""
        if self.epoch in self._kept:
            self.snapshots.append(self._weights.flat.cpu().clone())

    def _gradients(self, inputs: Tensor, targets: Tensor) -> None:
        """Set the gradients of the weights to those on one batch."""
        perturb = self._perturb if self._perturbs else None
        held = self._ensemble.network.forward(self._weights.leaves, inputs, perturb, self._inject)
        losses = -(functional.log_softmax(held[-1], dim=1) * targets).sum(dim=(1, 2))
        penalties = [penalty(self._weights.hidden) for penalty in self._penalties]
        total = torch.stack(penalties).sum(dim=0) if penalties else None
        self._weights.differentiate(losses, total)

    @torch.no_grad()
    def _step(self) -> None:
        self._optimizer.step(self._weights.flat, self._weights.gradient)
        for constrain in self._constraints:
            for parameter in self._ensemble.network.parameters:
                if parameter.hidden_weight:
                    constrain(self._weights.leaves[parameter.name].flatten(2))

    @torch.no_grad()
    def _retire_diverged(self) -> None:
        """Zero the weights of members that diverged, and note when; their slots stay."""
        finite = self._weights.flat.isfinite().all(dim=1)
        if not finite.all():
            self._weights.flat[~finite] = 0
            for member in torch.nonzero(~finite)[:, 0].tolist():
                self.failed.setdefault(member, self.epoch)

    def _perturb(self, activity: Tensor) -> Tensor:
        for perturb in self._perturbs:
            activity = perturb(activity, self._noise)
        return activity
