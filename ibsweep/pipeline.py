"""From settings to tracked runs: train an ensemble; measure, score and store its jobs."""

import logging
import time
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep import activity, compression, fingerprints, information, plots, reuse
from ibsweep.networks.weights import Layout
from ibsweep.settings import Settings
from ibsweep.tracking import open_store
from ibsweep.training import LEAST_MEMBERS, Ensemble, Progress, train
from ibsweep.types import Job, NetworkRecord

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
        self._names = [fingerprints.network_fingerprint(one) for one in settings]
        self._replayed = lru_cache(maxsize=1)(self._replay)

    def run(self, index: int, job: Job) -> Finished:
        """Measure, score and store job `index`; the first call trains the whole ensemble.

        Networks whose weights are stored are not trained, unless `rerun` is asked for.

        Raises:
            TrainingFailed: If the job's network diverged; it is stored as FAILED, with the epoch.
        """
        store = open_store(self._settings[index].tracking)
        name = self._names[index]
        epoch = self._networks[name].failed
        if epoch is not None:
            reason = f"weights are no longer finite after epoch {epoch}"
            store.log_failure(job, reason, started=self._started, epoch=epoch)
            raise TrainingFailed(reason)
        record = self._measure(self._settings[index], job, name)
        planes = information_planes(record.curves, self._settings[index], title=job.name)
        run_id = store.log_network(record, figures=planes)
        log.info(
            "%s: test accuracy %.3f, run %s",
            job.name,
            record.scores["accuracy/test"],
            run_id,
        )
        return Finished(run_id, record.scores)

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
        settings = list(wanted.values())
        log.info("training %d networks for %d epochs", len(settings), settings[0].training.epochs)
        begin = time.perf_counter()
        filler = settings[:1] * (LEAST_MEMBERS - len(settings))
        trained = train(_ensemble([*settings, *filler]), self._progress)
        seconds = (time.perf_counter() - begin) / len(settings)
        log.info("trained in %.2f s a network", seconds)
        return {
            name: _Network(trained.weights[:, k], trained.failed.get(k), seconds)
            for k, name in enumerate(wanted)
        }

    def _replay(self, name: str) -> tuple[dict[str, Tensor], pd.DataFrame]:
        """Activity of every layer at all snapshots, and the table of performance."""
        settings = self._settings[self._names.index(name)]
        weights = self._networks[name].weights
        layers, logs = activity.replay(settings.network, weights, settings.dataset.inputs)
        tables = [
            pd.DataFrame({"epoch": settings.snapshots}),
            activity.performance(logs, settings.dataset, settings.split),
            activity.magnitudes(layers, settings.network, weights),
        ]
        return layers, pd.concat(tables, axis=1)

    def _measure(self, settings: Settings, job: Job, name: str) -> NetworkRecord:
        begin = time.perf_counter()
        network = self._networks[name]
        layers, training = self._replayed(name)
        dataset = settings.dataset
        curves = information.measure(
            layers,
            dataset.labels,
            settings.estimators,
            epochs=settings.snapshots,
            parts=settings.parts,
            inputs=dataset.inputs,
        )
        return NetworkRecord(
            job=job,
            curves=curves,
            training=training,
            scores={
                **activity.final_scores(training, dataset, settings.split),
                **compression.scores(curves, samples=len(dataset.labels)),
            },
            weights=_arrays(settings, network.weights),
            activity=_logged(settings, layers),
            samples=len(dataset.labels),
            started=self._started,
            durations={**network.durations, "measuring": time.perf_counter() - begin},
            weights_from=network.origin,
        )


def _arrays(settings: Settings, weights: Tensor) -> dict[str, np.ndarray]:
    """Each parameter at every snapshot."""
    views = Layout(settings.network.parameters).views(weights)
    return {"epochs": settings.snapshots, **{name: view.numpy() for name, view in views.items()}}


def _ensemble(settings: Sequence[Settings]) -> Ensemble:
    first = settings[0]
    return Ensemble(
        network=first.network,
        members=[one.member for one in settings],
        regularizers=Settings.regularizers(settings),
        dataset=first.dataset,
        options=first.training,
        snapshots=first.snapshots,
        device=first.device,
        dtype=first.dtype,
    )


def _logged(settings: Settings, layers: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Activity at the snapshots that are to be logged."""
    epochs = settings.logged_epochs
    if not len(epochs):
        return {}
    rows = torch.from_numpy(np.searchsorted(settings.snapshots, epochs))
    return {"epochs": epochs, **{name: held[rows].numpy() for name, held in layers.items()}}


def information_planes(
    curves: pd.DataFrame, settings: Settings, *, title: str, band: bool = False
) -> dict[str, object]:
    """Draw the plane of each estimator, measured on all of the data.

    Args:
        curves: Those of one network, or means over networks with their intervals.
        settings: Those of the network.
        title: Title of the figures.
        band: Whether to draw the intervals.
    """
    return {
        f"information_plane/{name}": plots.information_plane(
            rows,
            samples=len(settings.dataset.labels),
            title=title,
            band=band,
            estimand=settings.estimand(str(name)),
        )
        for name, rows in curves[curves["part"] == "all"].groupby("estimator")
    }
