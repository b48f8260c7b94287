"""Turns tables into MLflow metrics: few points of each curve, named so that the UI charts well."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ibsweep.names import estimate
from ibsweep.scores.informative import informative
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.options import TrackingOptions
from ibsweep.tracking.tags import tag_text

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param, RunTag

POINTS = 25
QUANTITIES = ("i_xt", "i_ty")
INFORMATION = {name + suffix for name in QUANTITIES for suffix in ("", "_low", "_high")}
FLOOR = "i_ty_floor"  # measured at few epochs
CURVE = ("layer", "estimator", "part")
KEYS = {"network", "epoch", *CURVE, "n"}
SMOOTH = {f"{name}_smooth" for name in QUANTITIES}  # in the file of curves alone


class Point(NamedTuple):
    """One value of a metric.

    Attributes:
        name: The metric's name.
        value: Its value, in bits if it is an information.
        epoch: The epoch that it belongs to.
    """

    name: str
    value: float
    epoch: int


def chart_epochs(epochs: Iterable[int], *, points: int = POINTS) -> list[int]:
    """Return at most `points` of the epochs: log-spaced, first and last included."""
    known = np.unique(np.fromiter(epochs, dtype=np.int64))
    if known.size <= points:
        return known.tolist()
    position = np.log1p(known - known[0])
    wanted = np.linspace(position[0], position[-1], points)
    nearest = np.abs(position[None, :] - wanted[:, None]).argmin(axis=1)
    return known[np.unique(nearest)].tolist()


def curve_points(curves: pd.DataFrame, *, points: int = POINTS) -> Iterator[Point]:
    """Yield `<estimator>[.<part>]/I_XT/<layer>` and so on, at `points` epochs (1: the last).

    So all columns are named; the details that estimators give, e.g. `<estimator>/I_XT_error/…` or
    `<estimator>/rank_t/…`, only where there is one.
    """
    for column in curves:
        if column in KEYS or str(column).startswith(tuple(SMOOTH)):
            continue
        rows = _measured(curves, str(column))
        if rows.empty:
            continue
        chosen = rows[rows["epoch"].isin(_epochs(rows, points))]
        places = zip(chosen["estimator"], chosen["layer"], chosen["part"], strict=True)
        names = [estimate(one, str(column), layer, part=part) for one, layer, part in places]
        yield from map(Point, names, chosen[column].astype(float), chosen["epoch"])


def training_points(training: pd.DataFrame, *, points: int = POINTS) -> Iterator[Point]:
    """Yield every column of the table but `epoch`, at `points` epochs (1: the last)."""
    if training.empty:
        return
    chosen = training[training["epoch"].isin(_epochs(training, points))]
    for name in chosen.columns.drop("epoch"):
        values = chosen[name].astype(float)
        yield from (Point(str(name), *pair) for pair in zip(values, chosen["epoch"], strict=True))


def run_points(
    curves: pd.DataFrame,
    training: pd.DataFrame,
    scores: Mapping[str, float],
    *,
    options: TrackingOptions,
) -> list[Point]:
    """Return all that the run of a network holds as metrics; scores belong to its last epoch."""
    points = POINTS if options.curves == "metrics" else 1
    last = int(training["epoch"].max()) if len(training) else 0
    return [
        *curve_points(curves, points=points),
        *training_points(training, points=points),
        *final_points(scores, last),
    ]


def final_points(values: Mapping[str, float], epoch: int) -> Iterator[Point]:
    """Yield values that belong to the end of the training."""
    yield from (Point(name, float(value), epoch) for name, value in values.items())


def log_points(
    connection: Connection,
    run_id: str,
    points: Iterable[Point],
    *,
    parameters: Mapping[str, str],
    started: float,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write metrics, parameters and tags; of two values for a metric and epoch the later counts.

    Times are spread from `started` (Unix seconds) to now in proportion to the epoch. MLflow cannot
    hold an infinite value: it becomes NaN, and the tag `ibsweep.infinite` lists such metrics.
    """
    latest = {(point.name, point.epoch): point.value for point in points}
    infinite = sorted({name for (name, _), value in latest.items() if math.isinf(value)})
    if infinite:
        tags = {"ibsweep.infinite": tag_text(", ".join(infinite)), **tags}
    log_whole(connection, run_id, _metrics(latest, started), parameters, tags=tags)


def log_whole(
    connection: Connection,
    run_id: str,
    metrics: list["Metric"],
    parameters: Mapping[str, str],
    *,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write metrics and parameters in as few requests as a server allows, the tags with the last.

    A process that dies in between leaves a run without the tags.
    """
    from mlflow.entities import Param, RunTag

    params = [Param(name, text) for name, text in parameters.items()]
    last = [RunTag(name, text) for name, text in tags.items()]
    for some_metrics, some_params, some_tags in _batches(metrics, params, last):
        connection.client.log_batch(
            run_id, metrics=some_metrics, params=some_params, tags=some_tags
        )


def _metrics(latest: Mapping[tuple[str, int], float], started: float) -> list["Metric"]:
    """Return MLflow's metrics, with the times at which the epochs were roughly reached."""
    from mlflow.entities import Metric

    last = max((epoch for _, epoch in latest), default=0)
    seconds = max(time.time() - started, 0.0) / max(last, 1)
    return [
        Metric(
            name,
            math.nan if math.isinf(value) else value,
            int(1000 * (started + seconds * epoch)),
            int(epoch),
        )
        for (name, epoch), value in latest.items()
    ]


def _batches(
    metrics: list["Metric"], params: list["Param"], tags: list["RunTag"]
) -> Iterator[tuple[list["Metric"], list["Param"], list["RunTag"]]]:
    """Yield what fits into one request to a server: 1000 entries, of them 100 parameters."""
    size = 900 - len(tags)
    count = max(-(-len(metrics) // size), -(-len(params) // 100), 1 if tags else 0)
    for k in range(count):
        these = slice(size * k, size * (k + 1)), slice(100 * k, 100 * (k + 1))
        yield metrics[these[0]], params[these[1]], tags if k == count - 1 else []


def _epochs(table: pd.DataFrame, points: int) -> list[int]:
    """Return the epochs of a table that are to be shown."""
    epochs = table["epoch"].unique()
    return chart_epochs(epochs, points=points) if points > 1 else [int(epochs.max())]


def _measured(curves: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows in which a column says something."""
    if column == FLOOR:
        return curves.dropna(subset=[column])
    if column in INFORMATION:
        return informative(curves)
    finite = pd.Series(np.isfinite(curves[column].astype(float)), curves.index)
    return curves[finite.groupby([curves[name] for name in CURVE], sort=False).transform("any")]
