"""The command `ibsweep`: look after a store of runs, and ask it; `python -m ibsweep` fills it."""

import signal
import sys

import click

from ibsweep.cli import answers, calibrating, care, choosing, estimate, figures, report
from ibsweep.launching.failures import EXIT_TERMINATED


@click.group()
def main() -> None:
    """Look after the runs of ibsweep, and ask them. To train and measure: python -m ibsweep."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))


_COMMANDS = (
    *(care.status, care.doctor, care.ui, estimate.estimate),
    *(answers.list_runs, answers.list_curves, answers.correlate, answers.judge),
    *(figures.figure, report.report),
    *(calibrating.calibrate, choosing.estimators),
)
for _command in _COMMANDS:
    main.add_command(_command)
