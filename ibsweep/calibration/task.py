"""The command `ibsweep calibrate`: a sweep over samples whose information is known."""

import sys
import time
from collections.abc import Sequence
from functools import partial

from omegaconf import DictConfig, read_write

from ibsweep.calibration import report
from ibsweep.calibration.batch import Batch, job_of
from ibsweep.calibration.cell import Cell
from ibsweep.calibration.measuring import measure
from ibsweep.config.fingerprints import fingerprint
from ibsweep.launching.task import Cost, Identity, Progress, Run
from ibsweep.sweeps import app
from ibsweep.sweeps.running import sweep_name
from ibsweep.sweeps.task import Jobs
from ibsweep.tracking import open_store

_INSTEAD = ("run", "multirun", "cfg", "info", "help", "hydra_help", "shell_completion")


class Cells(Jobs):
    """Cells of a calibration: samples of one kind, measured by estimators."""

    def options(self, config: DictConfig) -> Cell:
        """See `Jobs.options`."""
        return Cell.of(config)

    def identify(
        self, config: DictConfig, seeds: Sequence[int | None] = (None,)
    ) -> list[Identity]:
        """See `Jobs.identify`: names runs, and samples in the place of networks."""
        identities = []
        for seed in seeds:
            if seed is not None:
                with read_write(config):
                    config.seed = seed
            identities.append(_identity(Cell.of(config)))
        return identities

    def start(self, configs: Sequence[DictConfig], progress: Progress) -> Run:
        """See `Jobs.start`: cells of one sample share it."""
        cells = [Cell.of(config) for config in configs]
        batch = Batch(cells)
        return lambda index: batch.run(index, job_of(cells[index]))

    def probe(self, configs: Sequence[DictConfig]) -> Cost:
        """See `Jobs.probe`: measures the first cell."""
        cell = Cell.of(configs[0])
        begin = time.perf_counter()
        pair, kept = cell.sample(cell.samples, cell.values["seed"])
        estimates = measure(pair, cell.estimators)
        rows = estimates.shape[1] * len(estimates) + len(kept)
        return Cost(0.0, time.perf_counter() - begin, 0.0, rows)

    def summarise(self, config: DictConfig, returns: Sequence[object]) -> None:
        """See `Jobs.summarise`: a table and a figure, which are stored and printed."""
        store = open_store(Cell.of(config).tracking)
        report.finish(store, sweep_name(config.hydra.sweep.dir))


def _identity(cell: Cell) -> Identity:
    cell.check()
    return Identity(
        group=fingerprint(cell.sample_content),
        network=cell.fingerprint(cell.sample_content),
        run=cell.fingerprint(cell.content),
        store=cell.tracking,
    )


TASK = Cells().task()
CheckFirst = partial(app.CheckFirst, TASK)  # named by conf/calibration.yaml


def run(arguments: Sequence[str]) -> None:
    """Run a calibration as Hydra's multirun; exit with status 2 for wrong input, 1 for failures.

    Args:
        arguments: Overrides of conf/calibration.yaml, and options of Hydra.
    """
    with app.one_line():
        asked = vars(app.parsed(arguments))
    if not any(asked[name] for name in _INSTEAD):
        arguments = ["--multirun", *arguments]
    sys.argv[1:] = arguments
    app.run(TASK, config="calibration")
