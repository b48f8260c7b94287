"""Training an ensemble: networks that differ only in numbers, each as if alone."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from ibsweep.learning.batches import training_rows
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.engines import epochs_of, least_members
from ibsweep.learning.ensemble import Ensemble, Trained
from ibsweep.learning.stopping import Stopped, is_stopping
from ibsweep.networks.quantized import set_ranges
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
        ensemble: What to train, at least `engines.least_members` of it (repeat one to fill up).
        progress: Called with the fraction done, about a hundred times.
        checkpoints: Where an interrupted training of these members goes on from, and where this
            one is kept meanwhile; None to start at the beginning and keep nothing.

    Raises:
        ValueError: If there are fewer networks, or they cannot be trained by the engine that they
            must be trained by.
        Stopped: If `stopping.stop_trainings` is called meanwhile.
    """
    least = least_members(ensemble)
    if len(ensemble.members) < least:
        raise ValueError(f"members must be ≥ {least}, got {len(ensemble.members)}")
    keep_freed_memory()
    alone = ensemble.network.one_thread or ensemble.scheme.one_thread
    with threads(1 if alone else torch.get_num_threads()):
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
        if is_stopping() and trainer.epoch < epochs:
            if checkpoints is not None:
                checkpoints.save(trainer.state(), trainer.epoch)
            raise Stopped(f"stopped after epoch {trainer.epoch}")
    return Trained(torch.stack(trainer.snapshots), trainer.failed)


class _Trainer:
    """The state of a training: weights, optimiser, generators, and what is kept of it so far."""

    def __init__(self, ensemble: Ensemble) -> None:
        members = ensemble.members
        self._weights = Weights(
            Layout(ensemble.parameters),
            [Generators("init", [m.seeds["init"]]).distinct[0] for m in members],
            dtype=ensemble.dtype,
            device=ensemble.device,
        )
        self._optimizer = ensemble.make_optimizer(self._weights)
        self._epochs = epochs_of(ensemble, self._weights, self._optimizer)
        self._kept = set(ensemble.snapshots.tolist())
        self._ensemble = ensemble
        self.epoch = 0
        self.snapshots: list[Tensor] = []
        self.failed: dict[int, int] = {}
        self._keep()

    def run_epoch(self) -> None:
        """Take one step for each batch of the training part."""
        self._epochs.run(self.epoch)
        self.epoch += 1
        self._retire_diverged()
        self._keep()

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the training depends on, each with a leading member axis."""
        failed = [self.failed.get(member, 0) for member in range(len(self._weights.flat))]
        streams = self._epochs.generators.items()
        return {
            "weights": self._weights.flat,
            "snapshots": torch.stack(self.snapshots, dim=1),
            "failed": torch.tensor(failed),
            **{f"optimizer.{name}": moments for name, moments in self._optimizer.state().items()},
            **{f"generator.{name}": stream.state() for name, stream in streams},
        }

    def restore(self, state: dict[str, Tensor], epoch: int) -> None:
        """Go on from what `state` returned after `epoch` epochs, in whatever company that was."""
        self.epoch = epoch
        self._weights.flat.copy_(state["weights"])
        self.snapshots = list(state["snapshots"].unbind(dim=1))
        self.failed = {i: e for i, e in enumerate(state["failed"].tolist()) if e}
        for name, moments in self._optimizer.state().items():
            moments.copy_(state[f"optimizer.{name}"])
        for name, stream in self._epochs.generators.items():
            stream.restore(state[f"generator.{name}"])

    def _keep(self) -> None:
        """Take a snapshot if this is an epoch for one."""
        if self.epoch in self._kept:
            kept = self._weights.flat.cpu().clone()
            if self._ensemble.network.quantization is not None:
                set_ranges(self._ensemble.network, kept, self._training_rows)
            self.snapshots.append(kept)

    @cached_property
    def _training_rows(self) -> Tensor:
        """Patterns that each member trains on, as `set_ranges` takes them."""
        return training_rows(self._ensemble)

    @torch.no_grad()
    def _retire_diverged(self) -> None:
        """Zero the weights of members that diverged, and note when; their slots stay."""
        if self._weights.flat.sum().isfinite():
            return  # the sum is not if one of them is not; asking each takes far longer
        finite = self._weights.flat.isfinite().all(dim=1)
        if not finite.all():
            self._weights.flat[~finite] = 0
            for member in torch.nonzero(~finite)[:, 0].tolist():
                self.failed.setdefault(member, self.epoch)
