"""The command `ibsweep`: look after a store of runs, and ask it; `python -m ibsweep` fills it."""

import atexit
import gc
import signal
import sys
from typing import Any

import click

from ibsweep.cli import calibrate, estimate, estimators, figures, query, report, store
from ibsweep.launching.failures import EXIT_TERMINATED
from ibsweep.tracking import NotThere


class _Commands(click.Group):
    """Commands that say in one line what is wrong with a store, an option or a file."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command.

        Raises:
            click.ClickException: In place of a ValueError or OSError.
            BrokenPipeError: If who reads the output has seen enough, as `head`; click then ends
                without a word.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (ValueError, OSError) as error:
            text = " ".join(str(error).split())
            text = f"--{text}" if isinstance(error, NotThere) else text
            raise click.ClickException(text) from error


@click.group(cls=_Commands)
def main() -> None:
    """Look after the runs of ibsweep, and ask them. To train and measure: python -m ibsweep."""
    atexit.register(gc.freeze)  # the collections at Python's end take .7 s
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))


_COMMANDS = (
    *(store.status, store.doctor, store.ui, estimate.estimate),
    *(query.list_runs, query.list_curves, query.correlate, query.judge),
    *(figures.figure, report.report),
    *(calibrate.calibrate, estimators.estimators),
)
for _command in _COMMANDS:
    main.add_command(_command)
