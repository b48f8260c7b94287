"""The command `ibsweep`: look after a store of runs, which `python -m ibsweep` fills."""

import signal
import sys

import click

from ibsweep.cli import calibrating, care, choosing


@click.group()
def main() -> None:
    """Look after the runs of ibsweep. To train and measure networks: python -m ibsweep."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


for _command in (
    care.status,
    care.doctor,
    care.ui,
    calibrating.calibrate,
    choosing.estimators,
):
    main.add_command(_command)
