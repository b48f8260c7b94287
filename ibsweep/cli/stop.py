"""Says when rules would have stopped stored networks, and what that is worth."""

import os
import sys
from collections.abc import Hashable, Mapping
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.analysis.stopping import stopping_summary
from ibsweep.cli.options import chosen_sweep
from ibsweep.cli.query import FORMAT, Query, query_options
from ibsweep.cli.tables import write_table
from ibsweep.config.shipped import conf_dir
from ibsweep.stored import querying
from ibsweep.sweeps.stopping import stop_networks

WIDTH = 110  # of the table where there is no terminal to ask


@click.command()
@query_options
@FORMAT
@click.option("--by", help="Column that makes groups, e.g. activation.")
@click.option("--workers", default=-1, help="Number of processes.  [default: one a core]")
@click.option("--trust", multiple=True, help="Prefix of your own code that `_target_` may name.")
@click.argument("overrides", nargs=-1)
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
    table = stopped(runs, overrides, workers=workers, trust=trust)
    if output or format not in (None, "table"):
        write_table(table, output, format)
    else:
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
        console = Console(width=width, highlight=False, markup=False, emoji=False)
        console.print(_shown(stopping_summary(table, runs, by=by)))


def stopped(
    runs: pd.DataFrame,
    overrides: tuple[str, ...] = (),
    *,
    workers: int = -1,
    trust: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return when each rule would have stopped networks, a row a network and rule.

    Args:
        runs: Table of `ibsweep.runs`.
        overrides: Of the estimator.
        workers: Number of processes; −1 for one a core.
        trust: Prefixes of the user's own code.

    Raises:
        ValueError: If an override is of something else.
    """
    for override in overrides:
        if override.lstrip("+~").partition("=")[0].split(".")[0] != "estimator":
            raise ValueError(f"overrides must be of estimator, got {override}")
    wanted = overrides or (f"estimator=[{PAPER_ESTIMATOR}]",)
    tables = stop_networks(
        querying.store_of(runs), runs, wanted, conf_dir=conf_dir(), trusted=trust, workers=workers
    )
    table = pd.concat(
        list(track(tables, "running again", total=len(runs), transient=True)), ignore_index=True
    )
    order = table["network"].map({name: place for place, name in enumerate(runs["run_id"])})
    ordered = table.loc[order.sort_values(kind="stable").index]
    return ordered[["network", *(name for name in table if name != "network")]]


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
