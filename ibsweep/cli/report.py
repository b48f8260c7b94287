"""Writes a sweep's report."""

from pathlib import Path

import click

from ibsweep import report as reporting
from ibsweep.cli.options import Place, store_options


@click.command()
@store_options
@click.option("--sweep", required=True, help="The sweep, as `ibsweep status` names it.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="report.html",
    show_default=True,
    help="File to write.",
)
def report(place: Place, sweep: str, output: Path) -> None:
    """Write one self-contained page on a sweep: planes, scores, correlations, claims, methods.

    It is kept with the sweep's run, too, where MLflow's user interface shows it.
    """
    store = place.open()
    try:
        html = reporting.report(store, sweep)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(html, encoding="utf-8")
    if store.sweep_tags(sweep):  # a sweep that was killed has no run of its own
        store.add_to_sweep(sweep, {"report.html": html})
    click.echo(output)
