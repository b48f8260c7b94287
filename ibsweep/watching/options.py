"""How a training is watched: what is measured when, and what is kept of it."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ibsweep import checks
from ibsweep.fingerprints import fingerprint
from ibsweep.information import Estimator
from ibsweep.schedule import spread
from ibsweep.tracking import TrackingOptions
from ibsweep.watching.estimators import chosen, needs_all

_EVERY = range(2**53)
_LOGGED = "activity_snapshots (or 'all')"


class Description(NamedTuple):
    """What a watched run is called, and what sets it apart from others.

    Attributes:
        name: Name of the run.
        seed: Seed that the user gave to the training.
        parameters: The user's options, by name, plain values; runs of equal options, estimators
            and model are taken for one configuration.
    """

    name: str = "watched"
    seed: int = 0
    parameters: Mapping[str, object] = {}


class Measuring(NamedTuple):
    """How much is measured at a time, and how often chance is.

    Attributes:
        floor_snapshots: Number of measured epochs at which I(T;Y) is measured with permuted
            labels, too: evenly spread over the schedule, or without one after 0, 1, 3, 7, …
            epochs; and always the last. 0: at none.
        batch_size: Samples to run through the model at a time.
    """

    floor_snapshots: int = 10
    batch_size: int = 1000


class Storing(NamedTuple):
    """Where a watched run goes, and what of it beside curves, training and scores.

    Attributes:
        directory: Folder of the store, unless MLFLOW_TRACKING_URI names one.
        study: Name of the MLflow experiment.
        weights: Whether the `state_dict` of every measured epoch is stored, lossless; until the
            end they are in memory.
        activity_snapshots: Number of measured epochs whose activity is stored, chosen as for
            `Measuring.floor_snapshots`, or `all`; until the end it is in memory.
    """

    directory: str | Path = "outputs"
    study: str = "ibsweep"
    weights: bool = False
    activity_snapshots: int | str = 0

    @property
    def tracking(self) -> TrackingOptions:
        """Where the store is."""
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        return TrackingOptions(
            uri, self.study, "metrics", Path(self.directory).expanduser().resolve()
        )


class Plan(NamedTuple):
    """What is done at which epoch.

    Attributes:
        schedule: Epochs to measure at.
        floor: Epochs to measure chance at; the last too, unless this is empty.
        logged: Epochs whose activity is stored; the last too, unless this is empty.
        now: Estimators that are used when an epoch ends.
        late: Those that need the whole training.
    """

    schedule: Collection[int]
    floor: Collection[int]
    logged: Collection[int]
    now: Mapping[str, Estimator]
    late: Mapping[str, Estimator]

    @property
    def estimators(self) -> Mapping[str, Estimator]:
        """All estimators."""
        return {**self.now, **self.late}


class How(NamedTuple):
    """The options that do not depend on the epoch, as `watch` takes them."""

    layers: Sequence[str] | None
    batch_size: int
    description: Description
    storing: Storing | None


def plan(
    schedule: Collection[int] | None,
    estimators: Sequence[str] | Mapping[str, Estimator],
    measuring: Measuring,
    storing: Storing | None,
) -> Plan:
    """Decide what is done at which epoch.

    Raises:
        ValueError: If an option or estimator does not serve.
    """
    known = None if schedule is None else frozenset(int(epoch) for epoch in schedule)
    usable = chosen(estimators)
    logged = 0 if storing is None else storing.activity_snapshots
    return Plan(
        schedule=_EVERY if known is None else known,
        floor=_some("floor_snapshots", known, measuring.floor_snapshots),
        logged=_EVERY if logged == "all" else _some(_LOGGED, known, logged),
        now={name: one for name, one in usable.items() if not needs_all(one)},
        late={name: one for name, one in usable.items() if needs_all(one)},
    )


def check(measuring: Measuring, description: Description) -> None:
    """Check the options that are plain values.

    Raises:
        ValueError: If one does not serve.
    """
    checks.integer("batch_size", measuring.batch_size, minimum=1)
    checks.seed("seed", description.seed)
    try:
        fingerprint(description.parameters)
    except (TypeError, ValueError) as error:
        got = dict(description.parameters)
        raise ValueError(
            f"parameters must be plain values by name, got {got} ({error})"
        ) from error


def _some(name: str, schedule: frozenset[int] | None, count: object) -> frozenset[int]:
    """Choose epochs before it is known how many there will be."""
    wanted = checks.integer(name, count, minimum=0)
    if schedule is None:
        return frozenset(2**k - 1 for k in range(wanted))
    return frozenset(spread(np.array(sorted(schedule), dtype=np.int64), wanted).tolist())
