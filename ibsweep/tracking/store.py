"""The store of runs: everything that the rest of the package asks of MLflow."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from ibsweep.records import CalibrationRecord, ConfigurationResult, Job, NetworkRecord
from ibsweep.tracking import (
    calibration_runs,
    files,
    inspection,
    network_runs,
    reading,
    reaping,
    summary_runs,
)
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.reaping import Reaped
from ibsweep.tracking.tags import process_tags


class Store:
    """An open store; `open_store` makes one.

    Networks are in the MLflow experiment `<study>`, aggregates and sweeps in `<study>-summary`.

    Args:
        connection: The open store's MLflow client, experiments and folders.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def log_network(self, record: NetworkRecord, *, figures: Mapping[str, object]) -> str:
        """Write a finished network.

        A kill at any instant leaves a run that is not FINISHED, or one with all its metrics and
        files.

        Args:
            record: What the network left behind.
            figures: Matplotlib figures; each becomes the artifact `<name>.png`.

        Returns:
            The run's identifier.
        """
        return network_runs.log_network(self.connection, record, figures)

    def log_ended(self, record: NetworkRecord, reason: str, *, epoch: int, status: str) -> str:
        """Write a network whose training ended early, with what was measured until then.

        Args:
            record: What there is of it.
            reason: Why it ended, in a line.
            epoch: Epoch at which it ended.
            status: `FAILED`, or `KILLED` where it was interrupted.

        Returns:
            The run's identifier.
        """
        return network_runs.log_ended(self.connection, record, reason, epoch=epoch, status=status)

    def log_calibration(self, record: CalibrationRecord) -> str:
        """Write a finished calibration, and return the run's identifier."""
        return calibration_runs.log_calibration(self.connection, record)

    def log_failure(
        self, job: Job, reason: str, *, started: float, epoch: int | None = None
    ) -> str:
        """Write a FAILED run.

        Args:
            job: What was asked for.
            reason: What went wrong, in a line.
            started: Unix time in seconds at which the training began.
            epoch: Epoch at which it went wrong, if known.

        Returns:
            The run's identifier.
        """
        return network_runs.log_failure(self.connection, job, reason, started=started, epoch=epoch)

    def finished(self, fingerprints: Iterable[str]) -> dict[str, str]:
        """Return fingerprint → run identifier of those jobs that are stored completely."""
        return reading.finished(self.connection, fingerprints, tag="ibsweep.fingerprint")

    def trained(self, training_fingerprints: Iterable[str]) -> dict[str, str]:
        """Return training fingerprint → a run of those networks that are stored completely."""
        tag = "ibsweep.training_fingerprint"
        return reading.finished(self.connection, training_fingerprints, tag=tag)

    def join_sweep(self, run_ids: Iterable[str], sweep: str) -> None:
        """Mark runs of an earlier sweep as belonging to this one too."""
        network_runs.join_sweep(self.connection, list(run_ids), sweep)

    def reap(self) -> Reaped:
        """Close the runs that dead processes left RUNNING; report those of other machines."""
        return reaping.reap(self.connection)

    def states(self) -> pd.DataFrame:
        """Return one row a network's run and sweep: `run_id, name, sweep, status, failure`."""
        return reading.states(self.connection)

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

    def finished_runs(self) -> tuple[list[str], list[str]]:
        """Return the FINISHED runs of networks, and those of aggregates and sweeps."""
        return inspection.finished_runs(self.connection)

    def problems(self, run_id: str, *, network: bool) -> list[str]:
        """Return a line for each thing that a FINISHED run lacks, or that was altered."""
        found = list(inspection.file_problems(self.connection, run_id))
        if network and not found:
            found = list(inspection.record_problems(self.connection, run_id))
        return found

    def logged_epochs(self, run_id: str) -> list[int]:
        """Return the epochs whose activity was logged, ascending."""
        return inspection.logged_epochs(self.connection, run_id)

    def is_from_here(self, run_id: str) -> bool:
        """Say whether a run was computed on this machine, with this build of torch."""
        tags, here = self.connection.client.get_run(run_id).data.tags, process_tags()
        names = ("ibsweep.host", "ibsweep.version.torch")
        return all(tags.get(name) == here[name] for name in names)

    def log_configuration(
        self, result: ConfigurationResult, *, sweep: str, figures: Mapping[str, object]
    ) -> str:
        """Write the aggregate run of one configuration; each figure becomes `<name>.png`."""
        return summary_runs.log_configuration(self.connection, result, sweep, figures)

    def log_sweep(
        self,
        sweep: str,
        *,
        command: str,
        summary: pd.DataFrame,
        files: Mapping[str, str],
        figures: Mapping[str, object] = MappingProxyType({}),
    ) -> str:
        """Write the run of a sweep.

        Args:
            sweep: The sweep's identifier.
            command: What the user typed.
            summary: Its table, one row a configuration; kept as `summary.csv`, `summary.html`.
            files: Text artifacts, name to content, e.g. `report.html`.
            figures: Matplotlib figures; each becomes the artifact `<name>.png`.

        Returns:
            The run's identifier.
        """
        return summary_runs.log_sweep(
            self.connection,
            sweep,
            command=command,
            summary=summary,
            files=files,
            figures=figures,
        )

    def add_to_sweep(self, sweep: str, files: Mapping[str, str]) -> str:
        """Add text files to the run of a sweep, or replace those of the same name.

        Args:
            sweep: The sweep's identifier.
            files: File name to content.

        Returns:
            The run's identifier.

        Raises:
            ValueError: If the sweep has no run.
        """
        return summary_runs.add_to_sweep(self.connection, sweep, files)

    def sweep_tags(self, sweep: str) -> dict[str, str]:
        """Return the tags of a sweep's run: command, versions, host; none if not stored."""
        return summary_runs.sweep_tags(self.connection, sweep)
