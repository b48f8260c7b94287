"""Writes a sweep's report."""

from pathlib import Path

import click

from ibsweep import analysis
from ibsweep.calibration.referee import referee
from ibsweep.calibration.referee_text import readings, sentences
from ibsweep.cli.options import Place, UserPath, latest_sweep, store_options
from ibsweep.reports import sweep as reporting
from ibsweep.tracking import Store

SEEDS = 2  # samples that the referee draws for each truth


@click.command()
@store_options
@click.option("--sweep", help="The sweep, as `ibsweep status` names it; by default the latest.")
@click.option(
    "--output",
    type=UserPath(),
    default="report.html",
    show_default=True,
    help="File to write.",
)
@click.option("--referee", "asked", is_flag=True, help="Calibrate the sweep's estimators, too.")
@click.option("--trust", multiple=True, help="Prefix of your own code that `_target_` may name.")
def report(
    place: Place, sweep: str | None, output: Path, asked: bool, trust: tuple[str, ...]
) -> None:
    """Write one self-contained page on a sweep: planes, scores, correlations, claims, methods.

    It is kept with the sweep's run, too, where MLflow's user interface shows it. With --referee it
    says how far the estimators can be trusted at this number of samples and these layers, from
    samples whose information is known: that takes minutes at first, and is kept in the folder
    `cache` of --directory.
    """
    store = place.open()
    sweep = sweep or _latest(store)
    judged = _judged(place, store, sweep, trust) if asked else None
    html = reporting.report(store, sweep, judged=judged)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(html, encoding="utf-8")
    click.echo(output)
    if store.sweep_tags(sweep):  # a sweep that was killed has no run of its own
        _keep(store, sweep, html)


def _latest(store: Store) -> str:
    """Return the latest sweep.

    Raises:
        ValueError: If there is none.
    """
    sweep = latest_sweep(store)
    if sweep is None:
        raise ValueError("--sweep must name a sweep, since none in the store has ended")
    return sweep


def _keep(store: Store, sweep: str, html: str) -> None:
    """Keep the report with the sweep's run, too, unless the store is for reading only."""
    try:
        store.add_to_sweep(sweep, {"report.html": html})
    except PermissionError as error:
        click.echo(f"not kept with the sweep's run, which cannot be written: {error}", err=True)


def _judged(place: Place, store: Store, sweep: str, trust: tuple[str, ...]) -> reporting.Judged:
    """Ask the referee, who remembers what he measured before."""
    done = analysis.finished_networks(store.networks(sweep=sweep))
    judgement = referee(store, done, seeds=SEEDS, cache=place.directory / "cache", trusted=trust)
    return reporting.Judged(sentences(judgement), readings(judgement))
