"""The store of runs: everything that the rest of the package asks of MLflow."""

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from ibsweep.tracking import (
    calibration_runs,
    files,
    inspection,
    merging,
    network_runs,
    reading,
    reaping,
    study_tags,
    summary_runs,
)
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.options import TrackingOptions
from ibsweep.tracking.tags import process_tags

P = ParamSpec("P")
T = TypeVar("T")


def _method(
    function: Callable[Concatenate[Connection, P], T],
) -> Callable[Concatenate["Store", P], T]:
    """Make a method of a function of an open store; it keeps its docstring."""

    @functools.wraps(function)
    def method(self: "Store", *values: P.args, **options: P.kwargs) -> T:
        return function(self.connection, *values, **options)

    return method


class Store:
    """An open store; `open_store` makes one.

    Networks are in the MLflow experiment `<study>`, aggregates and sweeps in `<study>-summary`.

    Args:
        connection: The open store's MLflow client, experiments and folders.
    """

    log_network = _method(network_runs.log_network)
    log_ended = _method(network_runs.log_ended)
    log_failure = _method(network_runs.log_failure)
    log_calibration = _method(calibration_runs.log_calibration)
    log_configuration = _method(summary_runs.log_configuration)
    log_sweep = _method(summary_runs.log_sweep)
    add_to_sweep = _method(summary_runs.add_to_sweep)
    latest_sweep = _method(summary_runs.latest_sweep)
    sweep_tags = _method(summary_runs.sweep_tags)
    join_sweep = _method(network_runs.join_sweep)
    publish_progress = _method(study_tags.publish_progress)
    read_progress = _method(study_tags.read_progress)
    mark_collected = _method(study_tags.mark_collected)
    collected = _method(study_tags.collected)
    reap = _method(reaping.reap)
    states = _method(reading.states)
    finished_runs = _method(inspection.finished_runs)
    problems = _method(inspection.problems)
    logged_epochs = _method(inspection.logged_epochs)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def merge(self, source: "Store", report: Callable[[str], object]) -> merging.Merged:
        """Copy the runs of another store into this one, see `merging.merge`."""
        return merging.merge(self.connection, source.connection, report)

    @property
    def options(self) -> TrackingOptions:
        """Where it is."""
        return self.connection.options

    def finished(self, fingerprints: Iterable[str]) -> dict[str, str]:
        """Return fingerprint → run identifier of those jobs that are stored completely."""
        return reading.finished(self.connection, fingerprints, tag="ibsweep.fingerprint")

    def trained(self, training_fingerprints: Iterable[str]) -> dict[str, str]:
        """Return training fingerprint → a run of those networks that are stored completely."""
        tag = "ibsweep.training_fingerprint"
        return reading.finished(self.connection, training_fingerprints, tag=tag)

    def networks(self, *, sweep: str | None = None, filter: str = "") -> pd.DataFrame:
        """Return one row a run of a network, newest first, FAILED and RUNNING ones included.

        Args:
            sweep: Only the runs of this sweep.
            filter: Only the runs that fit this MLflow filter, e.g. `tags.activation = 'relu'`.

        Returns:
            Columns `run_id, name, status, seed, fingerprint, training_fingerprint, configuration,
            samples, failure, started`; the choice of each configuration group (`activation`, …);
            the parameters (dotted names); the last value of every metric, NaN where it has none.

        Raises:
            ValueError: If MLflow does not understand the filter.
        """
        return reading.runs(self.connection, kind="network", sweep=sweep, filter_string=filter)

    def calibrations(self, *, sweep: str | None = None) -> pd.DataFrame:
        """Return one row a run of a calibration, newest first, as `networks` does.

        Args:
            sweep: Only the runs of this sweep.
        """
        return reading.runs(self.connection, kind="calibration", sweep=sweep, filter_string="")

    def read_curves(self, run_ids: Iterable[str]) -> pd.DataFrame:
        """Return `network, epoch, layer, estimator, part, i_xt, i_ty` (bits) at every snapshot.

        And the floor, errors and diagnostics where a run has them: NaN where another has not.

        Raises:
            FileNotFoundError: If a run is unknown or not complete.
            DamagedFile: If its file is not as it was written.
        """
        return files.read_table(self.connection, list(run_ids), "curves.parquet")

    def read_training(self, run_ids: Iterable[str]) -> pd.DataFrame:
        """Return `network, epoch` and the training's metrics at every snapshot.

        Raises:
            FileNotFoundError: If a run is unknown or not complete.
            DamagedFile: If its file is not as it was written.
        """
        return files.read_table(self.connection, list(run_ids), "training.parquet")

    def read_weights(self, run_id: str) -> dict[str, np.ndarray]:
        """Return `epochs` and each parameter at those, as they were stored.

        Raises:
            FileNotFoundError: If the run is unknown or not complete.
            DamagedFile: If its file is not as it was written.
        """
        return files.read_arrays(self.connection, run_id, "weights.npz")

    def read_activity(self, run_id: str, epoch: int) -> dict[str, np.ndarray]:
        """Return each layer's logged activity at an epoch, shape `(samples, units)`.

        Raises:
            FileNotFoundError: If that epoch's was not logged, or the run is unknown.
            DamagedFile: If its file is not as it was written.
        """
        return files.read_arrays(self.connection, run_id, f"activations/epoch_{epoch}.npz")

    def read_config(self, run_id: str) -> str:
        """Return the resolved configuration of a run, as YAML text.

        Raises:
            FileNotFoundError: If the run is unknown.
            DamagedFile: If its file is not as it was written.
        """
        return files.read_text(self.connection, run_id, "config.yaml")

    def folder(self, run_id: str) -> Path | None:
        """Return the folder of a network's files; None where a server keeps them."""
        return self.connection.artifacts(self.connection.networks, run_id)

    def is_from_here(self, run_id: str) -> bool:
        """Say whether a run was computed on this machine, with this build of torch."""
        tags, here = self.connection.client.get_run(run_id).data.tags, process_tags()
        names = ("ibsweep.host", "ibsweep.version.torch")
        return all(tags.get(name) == here[name] for name in names)
