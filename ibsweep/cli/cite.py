"""Says how to describe a sweep in a paper, and what to cite."""

from pathlib import Path

import click

from ibsweep.cli.options import Place, UserPath, latest_sweep, store_options
from ibsweep.reports.citing import citation


@click.command()
@store_options
@click.option("--sweep", help="Sweep, as `ibsweep status` names it.  [default: the latest]")
@click.option("--output", type=UserPath(), help="File to write instead of printing.")
def cite(place: Place, sweep: str | None, output: Path | None) -> None:
    """Write a methods paragraph on a sweep, and the BibTeX of estimators, tasks and software."""  # noqa: DOC501
    store = place.open()
    sweep = sweep or latest_sweep(store)
    if sweep is None:
        raise ValueError("--sweep must name a sweep, since none in the store has ended")
    text = citation(store, sweep)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(output)
