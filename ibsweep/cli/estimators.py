"""Helps to choose an estimator."""

from pathlib import Path

import click
import pandas as pd

from ibsweep.calibration.catalogue import catalogue
from ibsweep.calibration.report import cells
from ibsweep.calibration.trust import WITHIN_BITS, WITHIN_SHARE, stored
from ibsweep.cli.options import Place, UserPath


@click.command()
@click.option(
    "--measured",
    type=UserPath(),
    help="Folder of your own calibrations (its `outputs`); without it, those of the package.",
)
@click.option("--sweep", help="Only this sweep of --measured.")
@click.option("--write", type=UserPath(), help="Write the table of --measured as CSV.")
def estimators(measured: Path | None, sweep: str | None, write: Path | None) -> None:
    """List the estimators: what each estimates, its paper, its cost, and where to trust it."""
    if measured is None and (sweep is not None or write is not None):
        raise ValueError("--sweep and --write must come with --measured")
    table = stored() if measured is None else _cells(measured, sweep)
    if write is not None:
        table.to_csv(write, index=False, float_format="%.6g")
    for row in catalogue(table).itertuples():
        click.secho(row.estimator, bold=True)
        click.echo(f"  estimates  {row.estimates}\n  paper      {row.paper}")
        if row.beware:
            click.echo(f"  beware of  {row.beware}")
        cost = "" if pd.isna(row.seconds) else f" ({row.seconds:.2g} s each)"
        click.echo(f"  trust      {row.trustworthy}{cost}")
    click.echo(
        f"trust: as far as the mean bias is at most {WITHIN_BITS} bits or {WITHIN_SHARE:.0%} of"
        " the truth, whichever is more"
    )


def _cells(directory: Path, sweep: str | None) -> pd.DataFrame:
    """Return the cells of the calibrations in a folder."""
    runs = Place(None, directory, "ibsweep-calibration").open().calibrations(sweep=sweep)
    done = runs[runs["status"] == "FINISHED"]
    if done.empty:
        raise ValueError(f"--measured must hold calibrations, got none in {directory}")
    return cells(done)
