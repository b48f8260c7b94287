"""Measures stored networks anew, without training."""

import shlex
import sys
from datetime import datetime

import click
from rich.progress import track

from ibsweep.cli.options import Place, store_options
from ibsweep.config.shipped import conf_dir
from ibsweep.sweeps import aggregation, estimation


@click.command()
@store_options
@click.option("--filter", "query", help="Only these: a pandas query, \"activation == 'relu'\".")
@click.option("--sweep", help="Only the networks of this sweep.")
@click.option("--workers", default=-1, help="Number of processes.  [default: one a core]")
@click.option("--trust", multiple=True, help="Prefix of your own code that `_target_` may name.")
@click.argument("overrides", nargs=-1, required=True)
def estimate(
    place: Place,
    overrides: tuple[str, ...],
    query: str | None,
    sweep: str | None,
    workers: int,
    trust: tuple[str, ...],
) -> None:
    """Measure stored networks again, from their weights: nothing is trained.

    OVERRIDES are of estimator, parts, floor_snapshots and artifacts, e.g. estimator=[akde]
    estimator.akde.scale=variance 'parts=[all,test]'. The results are new runs of the same
    networks, and one sweep.
    """
    store, networks = place.open(to_write=True), place.runs(query, sweep=sweep)
    wanted = list(
        estimation.requests(store, networks, overrides, conf_dir=conf_dir(), trusted=trust)
    )
    name = f"estimate-{datetime.now():%Y-%m-%d_%H-%M-%S-%f}"
    runs = estimation.measure(store, wanted, sweep=name, workers=workers)
    for _ in track(runs, "measuring", total=len(wanted), transient=True):
        pass
    command = f"ibsweep {shlex.join(sys.argv[1:])}"
    aggregation.conclude(wanted[0].settings, name, command=command)
