"""What jobs would cost, from trying one of their ensembles out for a few seconds."""

import io
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from torch import Tensor

from ibsweep.config.engines import ensemble_of
from ibsweep.config.settings import Settings
from ibsweep.launching.task import Cost
from ibsweep.learning.engines import least_members
from ibsweep.learning.trainer import train
from ibsweep.plots.by_estimator import information_planes
from ibsweep.scores import performance
from ibsweep.scores.scoring import score
from ibsweep.sweeps.replay import Replay
from ibsweep.sweeps.robustness import robust_scores
from ibsweep.tracking.metrics import run_points

PROBE_S = 1.0  # about how long to train
WARM_UP_EPOCHS = 2
MEASURED = 3  # snapshots to measure
ROW_S, ROW_BYTES = 1e-4, 280  # of a metric in SQLite, as timed and weighed on stores of many runs
TABLE_ROW_BYTES = 20  # of curves, in Parquet


def forecast(settings: Sequence[Settings]) -> Cost:
    """Train an ensemble for some epochs and measure one of its networks; store nothing.

    Args:
        settings: Those of its networks.
    """
    weights, per_epoch = _train_briefly(settings)
    first = settings[0]
    kept, members = len(first.snapshots), len(settings)
    weights = weights[:kept]
    begin = time.perf_counter()
    curves, training, scores = _measure(first, weights)
    measuring = (time.perf_counter() - begin) / len(weights) * (kept + len(first.floor.epochs) / 2)
    begin = time.perf_counter()
    scores |= robust_scores(first, weights[-1])  # once, at the last snapshot
    measuring += time.perf_counter() - begin
    _plane_bytes(curves, samples=len(first.measured))  # draws what all networks' planes share
    begin = time.perf_counter()
    planes = _plane_bytes(curves, samples=len(first.measured))
    drawing = time.perf_counter() - begin
    rows = _rows(first, curves, training, scores)
    logged = len(first.logged_epochs) * sum(first.network.units) * len(first.measured)
    tables = kept * (weights.shape[1] * weights.element_size() + 8 * training.shape[1])
    tables += kept / len(weights) * len(curves) * TABLE_ROW_BYTES
    return Cost(
        training_s=per_epoch * first.training.epochs / members,
        measuring_s=measuring + drawing + ROW_S * rows,
        disk_bytes=logged * weights.element_size() + tables + planes + ROW_BYTES * rows,
        metric_rows=rows,
    )


def _train_briefly(settings: Sequence[Settings]) -> tuple[Tensor, float]:
    """Return the first network's weights at a few snapshots, and the seconds of an epoch."""
    filler = [settings[0]] * (least_members(ensemble_of(settings)) - len(settings))
    whole = ensemble_of([*settings, *filler])
    epochs, per_epoch = WARM_UP_EPOCHS, 0.0
    for _ in range(3):  # the first rounds find out how many epochs fill the time
        kept = np.unique(np.linspace(0, epochs, MEASURED).astype(int))
        brief = replace(whole, options=replace(whole.options, epochs=epochs), snapshots=kept)
        begin = time.perf_counter()
        weights = train(brief).weights[:, 0]
        per_epoch = (time.perf_counter() - begin) / epochs
        epochs = int(np.clip(PROBE_S / per_epoch, 1, settings[0].training.epochs))
    return weights, per_epoch


def _measure(
    settings: Settings, weights: Tensor
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Measure and score one network as a run does, at the snapshots that there are."""
    few = {
        "_target_": "ibsweep.learning.schedule.explicit",
        "_partial_": True,
        "at": settings.snapshots[: max(len(weights) - 1, 1)].tolist(),  # and the last one
    }
    values = {**settings.values, "floor_snapshots": 0, "snapshots": few}
    brief = replace(settings, values=values)
    run = Replay(brief, weights)
    curves = run.measure(brief)
    labels = settings.dataset.labels[settings.measured]
    scores = {
        **performance.final_scores(run.training, settings.dataset, settings.split),
        **score(curves, run.training, labels, continuous=settings.dataset.continuous),
    }
    return curves, run.training, scores


def _plane_bytes(curves: pd.DataFrame, *, samples: int) -> int:
    """Draw the planes, and return how many bytes they take."""
    total = 0
    for figure in information_planes(curves, {}, samples=samples, title="").values():
        file = io.BytesIO()
        figure.savefig(file)
        total += file.tell()
    return total


def _rows(
    settings: Settings, curves: pd.DataFrame, training: pd.DataFrame, scores: dict[str, float]
) -> int:
    """Count the metrics of a run, given its tables at few snapshots."""
    snapshots = pd.DataFrame({"epoch": settings.snapshots})
    whole, trained = (
        table[table["epoch"] == table["epoch"].min()]
        .drop(columns="epoch")
        .merge(snapshots, how="cross")
        for table in (curves, training)
    )
    floor = whole["epoch"].isin(settings.floor.epochs)
    whole["i_ty_floor"] = np.where(floor, 0.0, np.nan)
    return len(run_points(whole, trained, scores, options=settings.tracking))
