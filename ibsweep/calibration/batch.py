"""The jobs of a calibration as the launcher runs them: named, recalled, measured, stored."""

import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from ibsweep.calibration.cell import Cell
from ibsweep.calibration.measuring import measure
from ibsweep.config.fingerprints import fingerprint
from ibsweep.config.jobs import parameters
from ibsweep.distributions.base import Pair
from ibsweep.records import CalibrationRecord, Job
from ibsweep.sweeps.running import running_sweep
from ibsweep.tracking import open_store

log = logging.getLogger(__name__)


class Calibrated(NamedTuple):
    """What a finished job returns.

    Attributes:
        run_id: The MLflow run.
        estimates: Estimator to its estimate, in bits.
    """

    run_id: str
    estimates: dict[str, float]


class Batch:
    """Cells that a worker measures one after the other; those of one sample share it.

    Args:
        cells: One entry a job.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = cells
        self._sample: tuple[str, Pair, dict[str, float]] | None = None

    def run(self, index: int, job: Job) -> Calibrated:
        """Measure and store job `index`.

        Raises:
            Exception: Whatever prevents it; that is stored as FAILED, too.
        """
        cell, started = self._cells[index], time.time()
        store = open_store(cell.tracking)
        try:
            pair, kept = self._samples(cell, job.training_fingerprint)
            estimates = measure(pair, cell.estimators)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            store.log_failure(job, reason, started=started)
            raise
        run_id = store.log_calibration(
            CalibrationRecord(
                job=job,
                truth=cell.distribution.bits,
                estimates=estimates,
                scores=kept,
                samples=cell.samples,
                started=started,
            )
        )
        values = dict(zip(estimates["estimator"], estimates["estimate"], strict=True))
        return Calibrated(run_id, values)

    def _samples(self, cell: Cell, name: str) -> tuple[Pair, dict[str, float]]:
        """Return the samples of a cell, compressed, and how much that keeps of them."""
        if self._sample is None or self._sample[0] != name:
            self._sample = (name, *cell.sample(cell.samples, cell.values["seed"]))
        return self._sample[1:]


def job_of(cell: Cell) -> Job:
    """Describe the job that Hydra is running now."""
    values = cell.values
    running = HydraConfig.get()
    chosen = {str(k): str(v) for k, v in running.runtime.choices.items() if k in values}
    choices = {**chosen, "estimator": ",".join(values["estimator"])}
    named = [choices["distribution"], choices["compressor"], choices["estimator"]]
    return Job(
        name="-".join([*(word for word in named if word != "identity"), f"seed{values['seed']}"]),
        parameters=parameters(values),
        choices=choices,
        seed=values["seed"],
        fingerprint=cell.fingerprint(cell.content),
        training_fingerprint=cell.fingerprint(cell.sample_content),
        configuration=fingerprint(cell.content),
        config=OmegaConf.to_yaml(OmegaConf.create(dict(values))),
        sweep=running_sweep(),
        kind="calibration",
    )
