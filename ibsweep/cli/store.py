"""Looks after a store: checks its runs, opens MLflow's user interface."""

import sys
from pathlib import Path

import click
import torch

from ibsweep.cli.options import Place, store_options
from ibsweep.learning.checkpoints import checkpoint_names, remove_checkpoint, remove_partials
from ibsweep.stored import integrity
from ibsweep.tracking import Store, server


@click.command()
@store_options
@click.option("--trust", multiple=True, help="Prefix of your own code that `_target_` may name.")
@click.option("--clean", is_flag=True, help="Remove checkpoints that are needed no longer.")
def doctor(place: Place, trust: tuple[str, ...], clean: bool) -> None:
    """Check every FINISHED run: complete, unaltered, its weights giving the logged activity."""
    torch.set_num_threads(1)
    store = place.open()
    verdicts = integrity.check_store(store, click.echo, trusted=trust)
    _tell_checkpoints(store, place.directory / "checkpoints", clean=clean)
    problems = sum(len(verdict.problems) for verdict in verdicts)
    exact = sum(verdict.exact is True for verdict in verdicts)
    close = sum(verdict.exact is False and not verdict.problems for verdict in verdicts)
    click.echo(
        f"{len(verdicts)} runs checked, {problems} problems; activity reproduced exactly in"
        f" {exact}, within {integrity.ROUNDINGS} roundings in {close}"
    )
    sys.exit(1 if problems else 0)


def _tell_checkpoints(store: Store, folder: Path, *, clean: bool) -> None:
    """Count the checkpoints that are left, and remove those that nothing needs."""
    names = checkpoint_names(folder)
    needless = store.trained(names)
    for name in needless if clean else ():
        remove_checkpoint(folder, name)
    partials = remove_partials(folder) if clean else []
    if names or partials:
        done = f"removed, and {len(partials)} half written" if clean else "--clean removes them"
        click.echo(f"{len(names)} checkpoints, {len(needless)} of finished networks ({done})")


@click.command()
@store_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface to listen on.")
@click.option("--port", default=5000, show_default=True, help="Port to listen on.")
def ui(place: Place, host: str, port: int) -> None:
    """Open MLflow's user interface on the store, until Ctrl-C."""
    store = place.open(to_write=True)
    address = store.options.address
    if address.startswith("http"):
        click.echo(server.page(store, address))
        return
    try:
        sys.exit(server.serve(store, host=host, port=port, ready=click.echo))
    except KeyboardInterrupt:
        sys.exit(130)
