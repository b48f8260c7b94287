"""The command `ibsweep`: look after a store of runs, and ask it; `python -m ibsweep` fills it."""

import signal
import sys

import click

from ibsweep.cli import calibrate, estimate, estimators, figures, query, report, store
from ibsweep.launching.failures import EXIT_TERMINATED


@click.group()
def main() -> None:
    """Look after the runs of ibsweep, and ask them. To train and measure: python -m ibsweep."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))


_COMMANDS = (
    *(store.status, store.doctor, store.ui, estimate.estimate),
    *(query.list_runs, query.list_curves, query.correlate, query.judge),
    *(figures.figure, report.report),
    *(calibrate.calibrate, estimators.estimators),
)
for _command in _COMMANDS:
    main.add_command(_command)
