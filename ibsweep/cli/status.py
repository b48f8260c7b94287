"""Says what runs, and what became of what ran."""

import time

import click
import pandas as pd
from rich.console import Console
from rich.live import Live
from rich.text import Text

from ibsweep.cli.options import Place, store_options
from ibsweep.launching.broadcasting import SweepStatus, sweep_status
from ibsweep.launching.plan_status import plan_statuses
from ibsweep.tracking import find_store

_STATES = ("FINISHED", "FAILED", "RUNNING", "KILLED")


@click.command()
@store_options
@click.option("--sweep", help="Only this sweep.")
@click.option("--reconcile", is_flag=True, help="First close the runs of dead processes.")
@click.option(
    "--watch", is_flag=True, help="Show what is queued and running, until all has ended."
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    help="With --watch: seconds between looks.",
)
def status(place: Place, sweep: str | None, reconcile: bool, watch: bool, every: float) -> None:
    """Count the networks of each sweep by state, and say why some failed.

    --watch shows sweeps that run, from any folder or machine that sees the store; and sweeps that
    were submitted, from the folder where their plans are.
    """
    if watch:
        _watch(place, sweep, every)
    else:
        _count(place, sweep, reconcile)


def _count(place: Place, sweep: str | None, reconcile: bool) -> None:
    """Count the networks of each sweep by state, and say why some failed.

    Raises:
        ValueError: If there are none.
    """
    store = place.open()
    if reconcile:
        closed, left = store.reap()
        click.echo(f"closed {len(closed)} runs of dead processes, left {len(left)} of others")
    states = store.states()
    if sweep is not None:
        states = states[states["sweep"] == sweep]
    if states.empty:
        which = f"sweep {sweep!r}" if sweep is not None else "networks"
        raise ValueError(f"no {which} in the study {place.study!r}")
    for name, runs in states.groupby("sweep"):
        click.echo(f"{name or '(single runs)'}: {_counts(runs)}")
        for run in runs[runs["status"] == "FAILED"].itertuples():
            click.echo(f"  {run.name}, run {run.run_id}: {run.failure or 'no reason stored'}")


def _counts(runs: pd.DataFrame) -> str:
    counts = runs["status"].value_counts()
    shown = [f"{counts[state]} {state}" for state in _STATES if state in counts]
    return f"{len(runs)} runs: {', '.join(shown)}"


def _watch(place: Place, sweep: str | None, every: float) -> None:
    """Show what runs until nothing does; on a terminal in one place, else when it changes.

    Raises:
        ValueError: If there is nothing to look at.
    """
    shown = _activity(place, sweep)
    if not shown.lines:
        raise ValueError(f"nothing is running, and nothing was submitted, in {place.directory}")
    console, written = Console(), ""
    with Live(console=console, auto_refresh=False) as live:
        while True:
            text = "\n".join(shown.lines) or "all has ended"
            if console.is_terminal:
                live.update(Text(text), refresh=True)
            elif text != written:
                click.echo(text)
            written = text
            if not shown.active:
                return
            time.sleep(every)
            shown = _activity(place, sweep)


def _activity(place: Place, sweep: str | None) -> SweepStatus:
    """Return what there is to see of sweeps that run or were submitted."""
    plans = plan_statuses(place.directory / "sweeps")
    store = find_store(place.options)
    running = store.read_progress() if store else {}
    parts = [sweep_status(name, text) for name, text in running.items() if sweep in (None, name)]
    parts += [one for name, one in plans.items() if sweep in (None, name)]
    return SweepStatus(
        [line for one in parts for line in one.lines], any(one.active for one in parts)
    )
