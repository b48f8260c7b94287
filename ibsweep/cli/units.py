"""Says what each hidden unit of stored networks knows by itself."""

import os
import sys
from functools import partial
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from ibsweep.cli.again import WIDTH, again_options, table_of
from ibsweep.cli.options import chosen_sweep
from ibsweep.cli.query import FORMAT, Query, query_options
from ibsweep.cli.tables import write_table
from ibsweep.sweeps.unit_information import unit_information


@click.command()
@query_options
@FORMAT
@click.option("--epoch", type=int, help="Snapshot to measure.  [default: the last]")
@again_options
def units(
    output: Path | None,
    format: str | None,
    epoch: int | None,
    workers: int,
    trust: tuple[str, ...],
    overrides: tuple[str, ...],
    query: Query,
) -> None:
    """Measure each hidden unit by itself, or each map of a convolution: I(X;T) and I(T;Y) in bits.

    The networks are run again from their stored weights; nothing is trained. OVERRIDES choose
    estimators, e.g. estimator=[ebab,renyi_aligned]. To read: one row a layer, over its units and
    networks. In a file or another format: one row a unit.
    """
    query = query._replace(sweep=chosen_sweep(query.place.open(), query.sweep))
    runs = query.runs()
    measure = partial(unit_information, epoch=epoch)
    table = table_of(measure, runs, overrides, workers=workers, trust=trust)
    if output or format not in (None, "table"):
        write_table(table, output, format)
    else:
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
        console = Console(width=width, highlight=False, markup=False, emoji=False)
        console.print(_shown(table))


def _shown(units: pd.DataFrame) -> Table:
    """Return a table to read: least, median and largest information of a layer's units."""
    table = Table(box=None, padding=(0, 2))
    for name in ("layer", "estimator", "units", "I(X;T) min, median, max", "I(T;Y)", "networks"):
        table.add_column(name, no_wrap=True)
    for (layer, estimator), rows in units.groupby(["layer", "estimator"], sort=False):
        ends = [
            ", ".join(f"{end:.3f}" for end in rows[name].quantile([0, 0.5, 1]))
            for name in ("i_xt", "i_ty")
        ]
        count, networks = rows["unit"].nunique(), rows["network"].nunique()
        table.add_row(str(layer), str(estimator), str(count), *ends, str(networks))
    return table
