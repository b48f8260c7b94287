"""The command `ibsweep`: look after a store of runs, and ask it; `python -m ibsweep` fills it."""

import importlib
import os
import signal
import sys
from typing import Any

import click

from ibsweep.launching.ending import end_at_once
from ibsweep.launching.failures import EXIT_TERMINATED

_COMMANDS = {  # what they do in a line, and where they are: their libraries take seconds to import
    "calibrate": ("Measure samples whose information is known.", "calibrate.calibrate"),
    "cite": ("Write a methods paragraph and BibTeX on a sweep.", "cite.cite"),
    "claims": ("Test the claims of papers.", "claims.judge"),
    "correlate": ("Correlate compression scores with accuracies.", "correlate.correlate"),
    "curves": ("List I(X;T) and I(T;Y) at every snapshot.", "query.list_curves"),
    "doctor": ("Check that every finished run is unaltered.", "store.doctor"),
    "estimate": ("Measure stored networks again, without training.", "estimate.estimate"),
    "estimators": ("List the estimators, with their papers.", "estimators.estimators"),
    "figure": ("Draw a paper's figure from a store.", "figures.figure"),
    "merge": ("Copy the runs of other stores into one, each once.", "merge.merge"),
    "report": ("Write one self-contained page on a sweep.", "report.report"),
    "runs": ("List the finished networks, one row each.", "query.list_runs"),
    "status": ("Count the networks of each sweep by state; watch what runs.", "status.status"),
    "stop": ("Say when rules would have stopped stored networks.", "stop.stop"),
    "submit": ("Hand a sweep to SLURM.", "submit.submit"),
    "ui": ("Open MLflow's user interface on the store.", "store.ui"),
    "units": ("Say what each hidden unit knows by itself.", "units.units"),
    "work": ("Run one package of a submitted sweep.", "submit.work"),
}


class _Commands(click.Group):
    """Commands, imported when used, that say in one line what is wrong with a store or option."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, None if there is none."""
        if cmd_name not in _COMMANDS:
            return None
        file, _, name = _COMMANDS[cmd_name][1].partition(".")
        command: click.Command = getattr(importlib.import_module(f"ibsweep.cli.{file}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (text, _) in _COMMANDS.items()])

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
            from ibsweep.tracking import NotThere

            text = " ".join(str(error).split())
            text = f"--{text}" if isinstance(error, NotThere) else text
            raise click.ClickException(text) from error


def _import_from_here() -> None:
    """Look for your own modules in the present folder first, as `python -m ibsweep` does."""
    here = os.getcwd()
    if not sys.flags.safe_path and here not in sys.path:
        sys.path.insert(0, here)


@click.group(cls=_Commands)
@click.version_option(package_name="ibsweep", message="ibsweep %(version)s")
def main() -> None:
    """Look after the runs of ibsweep, and ask them. To train and measure: python -m ibsweep."""
    _import_from_here()
    end_at_once()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
