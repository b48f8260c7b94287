"""What commands share that run stored networks again: their options, and the table they make."""

from collections.abc import Callable

import click
import pandas as pd
from rich.progress import track

from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.config.shipped import conf_dir
from ibsweep.stored import querying
from ibsweep.sweeps.again import Action, run_again

WIDTH = 110  # of a table where there is no terminal to ask


def again_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--workers`, `--trust` and the overrides."""
    for add in (
        click.argument("overrides", nargs=-1),
        click.option(
            "--trust", multiple=True, help="Prefix of your own code that `_target_` may name."
        ),
        click.option("--workers", default=-1, help="Number of processes.  [default: one a core]"),
    ):
        command = add(command)
    return command


def table_of(
    action: Action,
    runs: pd.DataFrame,
    overrides: tuple[str, ...] = (),
    *,
    workers: int = -1,
    trust: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Run networks again, and return what an action makes of each, in one table.

    Args:
        action: See `sweeps.again.run_again`.
        runs: Table of `ibsweep.runs`.
        overrides: Of the estimator.
        workers: Number of processes; −1 for one a core.
        trust: Prefixes of the user's own code.

    Returns:
        The tables of all networks in their order, with the first column `network`.

    Raises:
        ValueError: If an override is of something else, or an action refuses a network.
    """
    for override in overrides:
        if override.lstrip("+~").partition("=")[0].split(".")[0] != "estimator":
            raise ValueError(f"overrides must be of estimator, got {override}")
    wanted = overrides or (f"estimator=[{PAPER_ESTIMATOR}]",)
    store = querying.store_of(runs)
    tables = run_again(
        action, store, runs, wanted, conf_dir=conf_dir(), trusted=trust, workers=workers
    )
    table = pd.concat(
        list(track(tables, "running again", total=len(runs), transient=True)), ignore_index=True
    )
    order = table["network"].map({name: place for place, name in enumerate(runs["run_id"])})
    ordered = table.loc[order.sort_values(kind="stable").index]
    return ordered[["network", *(name for name in table if name != "network")]]
