"""The command `ibsweep calibrate`: a sweep over samples whose information is known."""

import logging
import sys
from collections.abc import Callable, Sequence

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ibsweep import main, reuse
from ibsweep.aggregation import sweep_name
from ibsweep.calibration import report
from ibsweep.calibration.cells import Cell
from ibsweep.calibration.running import Batch, job_of, running_sweep
from ibsweep.fingerprints import fingerprint
from ibsweep.launching.batch import BatchTask, Identity, Recalled
from ibsweep.tracking import open_store

log = logging.getLogger(__name__)


def calibrate(config: DictConfig) -> object:
    """Measure and store one cell: a single run, or a job of a foreign launcher."""
    torch.set_num_threads(1)  # as in a sweep
    try:
        identity = identify(config)
        prepare(config)
        (known,) = _recall([identity], Cell.of(config), running_sweep())
        if known.returned is not None:
            log.info("already finished, skipped: %s (rerun=true forces it)", known.returned)
            return known.returned
        return start([config], lambda fraction: None)(0)
    except main.EXPECTED as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # its sweeper lists the jobs that failed
            raise
        sys.exit(main.report(error))


def identify(config: DictConfig) -> Identity:
    """Check every option of a job; name its run and its samples.

    Raises:
        ConfigError: At the first option that is wrong.
    """
    cell = Cell.of(config)
    cell.check()
    return Identity(
        group=fingerprint(cell.sample_content),
        network=cell.fingerprint(cell.sample_content),
        run=cell.fingerprint(cell.content),
        store=cell.tracking,
    )


def prepare(config: DictConfig) -> None:
    """Open the store, which creates it if need be, and close what dead processes left in it."""
    open_store(Cell.of(config).tracking).reap()


def recall(config: DictConfig, identities: Sequence[Identity]) -> list[Recalled]:
    """Say which jobs the store holds already; those belong to this sweep too from now on."""
    return _recall(identities, Cell.of(config), sweep_name(config.hydra.sweep.dir))


def _recall(identities: Sequence[Identity], cell: Cell, sweep: str | None) -> list[Recalled]:
    if cell.rerun:
        return [Recalled(None, trained=False)] * len(identities)
    wanted = [reuse.Wanted(cell.tracking, one.run, one.network) for one in identities]
    return [
        Recalled(reuse.Skipped(known.run_id) if known.run_id else None, trained=False)
        for known in reuse.held(wanted, sweep=sweep)
    ]


def start(
    configs: Sequence[DictConfig], progress: Callable[[float], None]
) -> Callable[[int], object]:
    """Return a function that measures one of these cells."""
    cells = [Cell.of(config) for config in configs]
    batch = Batch(cells)
    return lambda index: batch.run(index, job_of(cells[index]))


def finish(config: DictConfig, returns: Sequence[object]) -> None:
    """Summarise the calibration from the store alone; store that, draw it and print it."""
    cell = Cell.of(config)
    report.finish(open_store(cell.tracking), sweep_name(config.hydra.sweep.dir))


calibrate.batch = BatchTask(  # type: ignore[attr-defined]
    identify=identify, start=start, prepare=prepare, recall=recall, finish=finish
)


def run(arguments: Sequence[str]) -> None:
    """Run a calibration as Hydra's multirun; exit with status 2 for wrong input, 1 for failures.

    Args:
        arguments: Overrides of conf/calibration.yaml, and options of Hydra.
    """
    options = any(argument.startswith("-") for argument in arguments)
    sys.argv[1:] = [*arguments] if options else ["--multirun", *arguments]
    main.run(calibrate, config="calibration")
