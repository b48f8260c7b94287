"""Says when rules would have stopped stored networks, and what that is worth."""

import os
import sys
from collections.abc import Hashable, Mapping
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from ibsweep.analysis.stopping import stopping_summary
from ibsweep.cli.again import WIDTH, again_options, table_of
from ibsweep.cli.options import chosen_sweep
from ibsweep.cli.query import FORMAT, Query, query_options
from ibsweep.cli.tables import write_table
from ibsweep.sweeps.stopping import stop_network


@click.command()
@query_options
@FORMAT
@click.option("--by", help="Column that makes groups, e.g. activation.")
@again_options
def stop(
    output: Path | None,
    format: str | None,
    by: str | None,
    workers: int,
    trust: tuple[str, ...],
    overrides: tuple[str, ...],
    query: Query,
) -> None:
    """Say when each rule would have stopped stored networks, and the accuracy there.

    The networks are run again from their stored weights; nothing is trained. Half of the test
    part is for choosing, the other half for reporting. Rules: i_ty, the largest I(T;Y) of the
    output; loss, accuracy, on the half for choosing; phase, where the last hidden layer begins to
    compress; fitted, its largest I(X;T); last; oracle, the best there is. OVERRIDES choose
    estimators, e.g. estimator=[ebab,posterior]. To read: over networks. In a file or another
    format: one row a network and rule.
    """
    query = query._replace(sweep=chosen_sweep(query.place.open(), query.sweep))
    runs = query.runs()
    table = table_of(stop_network, runs, overrides, workers=workers, trust=trust)
    if output or format not in (None, "table"):
        write_table(table, output, format)
    else:
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
        console = Console(width=width, highlight=False, markup=False, emoji=False)
        console.print(_shown(stopping_summary(table, runs, by=by)))


def _shown(summary: pd.DataFrame) -> Table:
    """Return a table to read: median epoch, mean accuracy and regret, with 95 % intervals."""
    table = Table(box=None, padding=(0, 2))
    named = ["group"] if summary["group"].nunique() > 1 else []
    for name in (*named, "rule", "estimator", "epoch", "accuracy", "regret", "n"):
        table.add_column(name, no_wrap=True)
    for row in summary.to_dict("records"):
        cells = [row[name] for name in (*named, "rule", "estimator")]
        cells.append("{:.0f} [{:.0f}, {:.0f}]".format(*_ends(row, "epoch")))
        for name in ("accuracy", "regret"):
            ends = (f"{end:.3f}".replace("0.", ".", 1) for end in _ends(row, name))
            cells.append("{} [{}, {}]".format(*ends))
        failed = f" ({row['failed']} failed)" if row["failed"] else ""
        table.add_row(*cells, f"{row['n']}{failed}")
    return table


def _ends(row: Mapping[Hashable, float], name: str) -> tuple[float, float, float]:
    """Return an estimate with the ends of its interval."""
    return row[name], row[f"{name}_low"], row[f"{name}_high"]
