"""From settings to tracked runs: train an ensemble; measure, score and store its jobs."""

import logging
import time
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ibsweep import names
from ibsweep.config import fingerprints
from ibsweep.config.engines import engine_of, ensemble_of
from ibsweep.config.settings import Settings
from ibsweep.learning.checkpoints import Checkpoints, checkpoint_epoch, remove_checkpoint
from ibsweep.learning.engines import least_members
from ibsweep.learning.trainer import Progress, train
from ibsweep.networks.weights import Layout
from ibsweep.plots.by_estimator import information_planes
from ibsweep.records import Job, NetworkRecord
from ibsweep.scores import performance
from ibsweep.scores.scoring import score
from ibsweep.scores.smoothing import smoothed
from ibsweep.stored import reuse
from ibsweep.sweeps.replay import Replay
from ibsweep.sweeps.robustness import robust_scores
from ibsweep.tracking import Store, open_store

log = logging.getLogger(__name__)


class TrainingFailed(RuntimeError):
    """A network's weights stopped being finite; the message names the epoch."""

    deterministic = True  # trained again it would fail again, so it is not retried


class Finished(NamedTuple):
    """What a finished job returns.

    Attributes:
        run_id: The MLflow run.
        scores: Its final metrics.
    """

    run_id: str
    scores: dict[str, float]


class _Network(NamedTuple):
    """A network that is ready to be measured.

    Attributes:
        weights: Its weights at every snapshot, shape `(snapshots, width)`.
        failed: The epoch after which they were not finite, if any.
        seconds: Time that training it took; None if it was not trained here.
        origin: The run that it was read from, if it was.
    """

    weights: Tensor
    failed: int | None = None
    seconds: float | None = None
    origin: str | None = None

    @property
    def durations(self) -> dict[str, float]:
        return {} if self.seconds is None else {"training": self.seconds}


class Batch:
    """Jobs whose networks train in one ensemble.

    Jobs that differ only in how they measure share a network.

    Args:
        settings: One entry a job.
        progress: Called with the fraction of the training that is done.
    """

    def __init__(self, settings: Sequence[Settings], progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._started = time.time()
        self._broken: Exception | None = None
        self._names = [fingerprints.network_fingerprint(one) for one in settings]
        self._replayed = lru_cache(maxsize=1)(self._replay)

    def run(self, index: int, job: Job) -> Finished:
        """Measure, score and store job `index`; the first call trains the whole ensemble.

        Networks whose weights are stored are not trained, unless `rerun` is asked for.

        Raises:
            TrainingFailed: If the job's network diverged; it is stored as FAILED, with the epoch.
            Exception: Whatever else prevents it; that is stored as FAILED, too.
        """
        settings, name = self._settings[index], self._names[index]
        store = open_store(settings.tracking)
        try:
            finished = self._run(settings, job, name, store)
        except TrainingFailed:
            remove_checkpoint(settings.checkpoints, name)
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            store.log_failure(job, reason, started=self._started, epoch=None)
            raise
        remove_checkpoint(settings.checkpoints, name)
        return finished

    def _run(self, settings: Settings, job: Job, name: str, store: Store) -> Finished:
        epoch = self._trained[name].failed
        if epoch is not None:
            reason = f"weights are no longer finite after epoch {epoch}"
            store.log_failure(job, reason, started=self._started, epoch=epoch)
            raise TrainingFailed(reason)
        record = self._measure(settings, job, name)
        planes = information_planes(
            record.curves, job.parameters, samples=record.samples, title=job.name
        )
        run_id = store.log_network(record, figures=planes)
        outcome = names.outcome(record.scores)
        value = record.scores[outcome]
        log.info("%s: %s %.3f, run %s", job.name, names.in_words(outcome), value, run_id)
        if folder := store.folder(run_id):
            log.info("information plane, curves, weights: %s", folder)
        return Finished(run_id, record.scores)

    @property
    def _trained(self) -> dict[str, _Network]:
        """All networks; what prevents them is tried once, not again for each job."""
        if self._broken is not None:
            raise self._broken
        try:
            return self._networks
        except Exception as error:
            self._broken = error
            raise

    @cached_property
    def _networks(self) -> dict[str, _Network]:
        """All networks, by training fingerprint: from the store, or else trained."""
        wanted = {
            name: self._settings[self._names.index(name)] for name in dict.fromkeys(self._names)
        }
        stored = {} if self._settings[0].rerun else reuse.stored_networks(wanted)
        networks = {name: _Network(one.weights, origin=one.run_id) for name, one in stored.items()}
        if stored:
            log.info("measuring %d networks from stored weights", len(stored))
        missing = {name: one for name, one in wanted.items() if name not in stored}
        return networks | (self._train(missing) if missing else {})

    def _train(self, wanted: Mapping[str, Settings]) -> dict[str, _Network]:
        """Train networks, those that an interrupted training left equally far together."""
        far: dict[int, dict[str, Settings]] = {}
        for name, one in wanted.items():
            epoch = 0 if one.rerun else checkpoint_epoch(one.checkpoints, name)
            far.setdefault(epoch, {})[name] = one
        networks: dict[str, _Network] = {}
        for epoch, group in far.items():
            done, share = len(networks) / len(wanted), len(group) / len(wanted)

            def report(part: float, done: float = done, share: float = share) -> None:
                self._progress(done + share * part)

            networks |= self._train_together(group, epoch, report)
        return networks

    def _train_together(
        self, wanted: Mapping[str, Settings], epoch: int, progress: Progress
    ) -> dict[str, _Network]:
        """Train an ensemble from the epoch on that its checkpoints hold."""
        settings = list(wanted.values())
        epochs = f"epochs {epoch} to {settings[0].training.epochs}"
        engine = engine_of(settings[0])
        log.info("training %d networks, engine %s, %s", len(settings), engine, epochs)
        begin = time.perf_counter()
        filler = settings[:1] * (least_members(ensemble_of(settings)) - len(settings))
        checkpoints = Checkpoints(settings[0].checkpoints, list(wanted), epoch=epoch)
        trained = train(ensemble_of([*settings, *filler]), progress, checkpoints=checkpoints)
        seconds = (time.perf_counter() - begin) / len(settings)
        log.info("trained in %.2f s a network", seconds)
        return {
            name: _Network(trained.weights[:, k], trained.failed.get(k), seconds)
            for k, name in enumerate(wanted)
        }

    def _replay(self, name: str, measured: str) -> Replay:
        """Run a network again, on the rows that `measured` names."""
        candidates = zip(self._names, self._settings, strict=True)
        settings = next(
            one for own, one in candidates if (own, one.values["measured"]) == (name, measured)
        )
        return Replay(settings, self._networks[name].weights)

    def _measure(self, settings: Settings, job: Job, name: str) -> NetworkRecord:
        begin = time.perf_counter()
        network = self._networks[name]
        replay = self._replayed(name, settings.values["measured"])
        training, curves = replay.training, replay.measure(settings)
        labels = settings.dataset.labels[settings.measured]
        return NetworkRecord(
            job=job,
            curves=smoothed(curves),
            training=training,
            scores={
                **performance.final_scores(training, settings.dataset, settings.split),
                **score(curves, training, labels, continuous=settings.dataset.continuous),
                **robust_scores(settings, network.weights[-1]),
            },
            weights=_arrays(settings, network.weights),
            activity=replay.logged(settings),
            samples=len(labels),
            started=self._started,
            durations={**network.durations, "measuring": time.perf_counter() - begin},
            weights_from=network.origin,
        )


def _arrays(settings: Settings, weights: Tensor) -> dict[str, np.ndarray]:
    """Each parameter at every snapshot."""
    views = Layout(settings.parameters).views(weights)
    return {"epochs": settings.snapshots, **{name: view.numpy() for name, view in views.items()}}
