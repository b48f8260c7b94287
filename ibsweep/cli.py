"""The command `ibsweep`: look after a store of runs, which `python -m ibsweep` fills."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pandas as pd
import torch

from ibsweep import integrity
from ibsweep.tracking import Store, StoreError, TrackingOptions, open_store, server

_STATES = ("FINISHED", "FAILED", "RUNNING", "KILLED")


@click.group()
def main() -> None:
    """Look after the runs of ibsweep. To train and measure networks: python -m ibsweep."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _store_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which store."""
    for option in (
        click.option("--study", default="ibsweep", show_default=True, help="As tracking.study."),
        click.option(
            "--directory",
            default="outputs",
            show_default=True,
            type=click.Path(path_type=Path),
            help="Folder that holds mlflow.db, if there is no --uri.",
        ),
        click.option(
            "--uri",
            envvar="MLFLOW_TRACKING_URI",
            help="Server or database, as tracking.uri; or set MLFLOW_TRACKING_URI.",
        ),
    ):
        command = option(command)
    return command


@main.command()
@_store_options
@click.option("--sweep", help="Only this sweep.")
@click.option("--reconcile", is_flag=True, help="First close the runs of dead processes.")
def status(
    uri: str | None, directory: Path, study: str, sweep: str | None, reconcile: bool
) -> None:
    """Count the networks of each sweep by state, and say why some failed."""
    store = _open(uri, directory, study)
    if reconcile:
        closed, left = store.reap()
        click.echo(f"closed {len(closed)} runs of dead processes, left {len(left)} of others")
    states = store.states()
    if sweep is not None:
        states = states[states["sweep"] == sweep]
    if states.empty:
        which = f"sweep {sweep!r}" if sweep is not None else "networks"
        raise click.ClickException(f"no {which} in the study {study!r}")
    for name, runs in states.groupby("sweep"):
        click.echo(f"{name or '(single runs)'}: {_counts(runs)}")
        for run in runs[runs["status"] == "FAILED"].itertuples():
            click.echo(f"  {run.name}, run {run.run_id}: {run.failure or 'no reason stored'}")


def _counts(runs: pd.DataFrame) -> str:
    counts = runs["status"].value_counts()
    shown = [f"{counts[state]} {state}" for state in _STATES if state in counts]
    return f"{len(runs)} runs: {', '.join(shown)}"


@main.command()
@_store_options
@click.option("--trust", multiple=True, help="Prefix of your own code that `_target_` may name.")
def doctor(uri: str | None, directory: Path, study: str, trust: tuple[str, ...]) -> None:
    """Check every FINISHED run: complete, unaltered, its weights giving the logged activity."""
    torch.set_num_threads(1)
    verdicts = integrity.check_store(_open(uri, directory, study), click.echo, trusted=trust)
    problems = sum(len(verdict.problems) for verdict in verdicts)
    exact = sum(verdict.exact is True for verdict in verdicts)
    close = sum(verdict.exact is False and not verdict.problems for verdict in verdicts)
    click.echo(
        f"{len(verdicts)} runs checked, {problems} problems; activity reproduced exactly in"
        f" {exact}, within {integrity.ROUNDINGS} roundings in {close}"
    )
    sys.exit(1 if problems else 0)


@main.command()
@_store_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface to listen on.")
@click.option("--port", default=5000, show_default=True, help="Port to listen on.")
def ui(uri: str | None, directory: Path, study: str, host: str, port: int) -> None:
    """Open MLflow's user interface on the store, until Ctrl-C."""
    store = _open(uri, directory, study)
    address = store.connection.options.address
    if address.startswith("http"):
        click.echo(server.page(store, address))
        return
    try:
        sys.exit(server.serve(store, host=host, port=port, ready=click.echo))
    except KeyboardInterrupt:
        sys.exit(130)
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def _open(uri: str | None, directory: Path, study: str) -> Store:
    """Open a store that exists."""
    try:
        options = TrackingOptions(uri or None, study, "metrics", Path(os.path.abspath(directory)))
        if options.database and not options.database.is_file():
            raise StoreError(f"--directory must hold a store, got no {options.database}")
        return open_store(options)
    except (ValueError, StoreError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="ibsweep")
