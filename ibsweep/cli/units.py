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
@click.option("--by", help="Column that makes groups, e.g. task.")
@click.option("--epoch", type=int, help="Snapshot to measure.  [default: the last]")
@again_options
def units(
    output: Path | None,
    format: str | None,
    by: str | None,
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

    Raises:
        ValueError: If there is no such column.
    """
    query = query._replace(sweep=chosen_sweep(query.place.open(), query.sweep))
    runs = query.runs()
    if by is not None and by not in runs:
        raise ValueError(f"by must be a column of the networks, got {by!r}")
    measure = partial(unit_information, epoch=epoch)
    table = table_of(measure, runs, overrides, workers=workers, trust=trust)
    if output or format not in (None, "table"):
        write_table(table, output, format)
    else:
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
        console = Console(width=width, highlight=False, markup=False, emoji=False)
        groups = table["network"].map(runs.set_index("run_id")[by]) if by else ""
        console.print(_shown(table.assign(group=groups), by))


def _shown(units: pd.DataFrame, by: str | None) -> Table:
    """Return a table to read: least, median and largest information of a layer's units."""
    table = Table(box=None, padding=(0, 2))
    for name in (
        *([by] if by else []),
        "layer",
        "estimator",
        "units",
        "I(X;T) min, median, max",
        "I(T;Y)",
        "networks",
    ):
        table.add_column(name, no_wrap=True)
    for place, rows in units.groupby(["group", "layer", "estimator"], sort=False):
        ends = [
            ", ".join(f"{end:.3f}" for end in rows[name].quantile([0, 0.5, 1]))
            for name in ("i_xt", "i_ty")
        ]
        count, networks = rows["unit"].nunique(), rows["network"].nunique()
        names = place if by else place[1:]
        table.add_row(*map(str, names), str(count), *ends, str(networks))
    return table
