"""From settings to tracked runs: train an ensemble; measure, score and store its jobs."""

import logging
import time
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ibsweep import activity, compression, fingerprints, information, plots
from ibsweep.ensembles import Ensemble, Trained
from ibsweep.networks.weights import Layout
from ibsweep.settings import Settings
from ibsweep.tracking import open_store
from ibsweep.training import LEAST_MEMBERS, Progress, train
from ibsweep.types import Job, NetworkRecord

log = logging.getLogger(__name__)


class TrainingFailed(RuntimeError):
    """A network's weights stopped being finite; the message names the epoch."""


class Finished(NamedTuple):
    """What a finished job returns.

    Attributes:
        run_id: The MLflow run.
        scores: Its final metrics.
    """

    run_id: str
    scores: dict[str, float]


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
        self._members = [fingerprints.network_fingerprint(one) for one in settings]
        self._networks = list(dict.fromkeys(self._members))
        self._replayed = lru_cache(maxsize=1)(self._replay)

    def run(self, index: int, job: Job) -> Finished:
        """Measure, score and store job `index`; the first call trains the whole ensemble.

        Raises:
            TrainingFailed: If the job's network diverged; it is stored as FAILED, with the epoch.
        """
        store = open_store(self._settings[index].tracking)
        member = self._networks.index(self._members[index])
        epoch = self._trained.failed.get(member)
        if epoch is not None:
            reason = f"weights are no longer finite after epoch {epoch}"
            store.log_failure(job, reason, started=self._started, epoch=epoch)
            raise TrainingFailed(reason)
        record = self._measure(self._settings[index], job, member)
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
    def _trained(self) -> Trained:
        settings = [self._settings[self._members.index(name)] for name in self._networks]
        log.info("training %d networks for %d epochs", len(settings), settings[0].training.epochs)
        begin = time.perf_counter()
        filler = settings[:1] * (LEAST_MEMBERS - len(settings))
        trained = train(ensemble_of([*settings, *filler]), self._progress)
        self._seconds = (time.perf_counter() - begin) / len(settings)
        log.info("trained in %.2f s a network", self._seconds)
        return trained

    def _replay(self, member: int) -> tuple[dict[str, Tensor], pd.DataFrame]:
        """Activity of every layer at all snapshots, and the table of performance."""
        settings = self._settings[self._members.index(self._networks[member])]
        weights = self._trained.weights[:, member]
        layers, logs = activity.replay(settings.network, weights, settings.dataset.inputs)
        tables = [
            pd.DataFrame({"epoch": settings.snapshots}),
            activity.performance(logs, settings.dataset, settings.split),
            activity.magnitudes(layers, settings.network, weights),
        ]
        return layers, pd.concat(tables, axis=1)

    def _measure(self, settings: Settings, job: Job, member: int) -> NetworkRecord:
        begin = time.perf_counter()
        layers, training = self._replayed(member)
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
            weights=self._arrays(settings, member),
            activity=_logged(settings, layers),
            samples=len(dataset.labels),
            started=self._started,
            durations={"training": self._seconds, "measuring": time.perf_counter() - begin},
        )

    def _arrays(self, settings: Settings, member: int) -> dict[str, np.ndarray]:
        views = Layout(settings.network.parameters).views(self._trained.weights[:, member])
        return {
            "epochs": settings.snapshots,
            **{name: view.numpy() for name, view in views.items()},
        }


def ensemble_of(settings: Sequence[Settings]) -> Ensemble:
    """Put the networks of settings that differ only in numbers into one ensemble."""
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
