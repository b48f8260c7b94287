"""How a training is watched: what is measured when, and what is kept of it."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ibsweep import checks
from ibsweep.information import Estimator
from ibsweep.learning.schedule import spread
from ibsweep.tracking import TrackingOptions
from ibsweep.watching.estimators import needs_all
from ibsweep.watching.names import check_parameters

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
        directory = Path(self.directory).expanduser().resolve()
        return TrackingOptions.at(directory, study=self.study, uri=uri)


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
    """The options that do not depend on the epoch."""

    description: Description
    storing: Storing | None


def make_plan(
    schedule: frozenset[int] | None,
    estimators: Mapping[str, Estimator],
    measuring: Measuring,
    storing: Storing | None,
) -> Plan:
    """Decide what is done at which epoch.

    Args:
        schedule: As `epochs` returns it.
        estimators: Name to estimator.
        measuring: Checked.
        storing: Checked.
    """
    logged = 0 if storing is None else storing.activity_snapshots
    return Plan(
        schedule=_EVERY if schedule is None else schedule,
        floor=_some("floor_snapshots", schedule, measuring.floor_snapshots),
        logged=_EVERY if logged == "all" else _some(_LOGGED, schedule, logged),
        now={name: one for name, one in estimators.items() if not needs_all(one)},
        late={name: one for name, one in estimators.items() if needs_all(one)},
    )


def measured_epochs(schedule: object) -> frozenset[int] | None:
    """Return the epochs of a schedule, None for all.

    Raises:
        ValueError: If it is no list of integers ≥ 0, or an empty one.
    """
    if schedule is None:
        return None
    if isinstance(schedule, (str, bytes, Mapping)) or not isinstance(schedule, Iterable):
        raise ValueError(f"schedule must be a list of epochs, or None for all, got {schedule!r}")
    known = frozenset(_epoch(one) for one in schedule)
    if not known:
        raise ValueError("schedule must hold at least one epoch, or be None for all, got none")
    return known


def check(measuring: Measuring, description: Description, storing: Storing | None) -> None:
    """Check the options that are plain values.

    Raises:
        ValueError: If one does not serve.
    """
    _kind("measuring", measuring, Measuring)
    _kind("description", description, Description)
    checks.integer("batch_size", measuring.batch_size, minimum=1)
    checks.integer("floor_snapshots", measuring.floor_snapshots, minimum=0)
    checks.seed("seed", description.seed)
    if not isinstance(description.name, str) or not 0 < len(description.name.strip()) <= 250:
        raise ValueError(f"name must be text of 1 to 250 characters, got {description.name!r}")
    check_parameters(description.parameters)
    if storing is not None:
        _kind("storing", storing, Storing)
        checks.truth("weights", storing.weights)
        if not isinstance(storing.directory, (str, Path)):
            raise ValueError(f"directory must be a folder, got {storing.directory!r}")
        if storing.activity_snapshots != "all":
            checks.integer(_LOGGED, storing.activity_snapshots, minimum=0)
        storing.tracking  # noqa: B018 - it checks the study's name and the address


def _kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be a {kind.__name__}(…), got {value!r}")


def _epoch(value: object) -> int:
    number = value.item() if hasattr(value, "item") else value
    whole = int(number) if isinstance(number, float) and number.is_integer() else number
    return checks.integer("schedule", whole, minimum=0)


def _some(name: str, schedule: frozenset[int] | None, count: object) -> frozenset[int]:
    """Choose epochs before it is known how many there will be."""
    wanted = checks.integer(name, count, minimum=0)
    if schedule is None:
        return frozenset(2**k - 1 for k in range(wanted))
    return frozenset(spread(np.array(sorted(schedule), dtype=np.int64), wanted).tolist())
