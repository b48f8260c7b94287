"""After a sweep: aggregate its configurations from the store, store that, and print the table."""

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from hydra.utils import to_absolute_path
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from ibsweep import analysis
from ibsweep.pipeline import information_planes
from ibsweep.settings import Settings
from ibsweep.tracking import TrackingOptions, open_store, store_errors


def sweep_name(folder: str) -> str:
    """Return the identifier of the sweep in a folder: the folder's own name."""
    return Path(to_absolute_path(folder)).resolve().name


def finish(config: DictConfig, returns: Sequence[object]) -> None:
    """Aggregate a sweep over its seeds, from the store alone; store the aggregates; print them.

    Args:
        config: Full configuration of one of its jobs.
        returns: What its jobs returned; not needed, since failures are stored, too.

    Raises:
        StoreError: If the store cannot be used.
    """
    command = f"python -m ibsweep {shlex.join(sys.argv[1:])}"
    conclude(Settings.of(config), sweep_name(config.hydra.sweep.dir), command=command)


def conclude(settings: Settings, sweep: str, *, command: str) -> None:
    """Aggregate the runs of a sweep over their seeds; store the aggregates; print them.

    Args:
        settings: Those of one of its jobs.
        sweep: Its identifier.
        command: What the user typed.

    Raises:
        StoreError: If the store cannot be used.
    """
    doing = "the networks are stored, but their summary is not (type the command again)"
    with store_errors(doing, settings.tracking.address):
        _conclude(settings, sweep, command)


def _conclude(settings: Settings, sweep: str, command: str) -> None:
    store = open_store(settings.tracking)
    networks = store.networks(sweep=sweep)
    if networks.empty:
        return
    done = analysis.finished_networks(networks)["run_id"].tolist()
    curves, training = store.read_curves(done), store.read_training(done)
    for result in analysis.configurations(networks, curves, training):
        of_this = networks["configuration"] == result.configuration
        planes = information_planes(
            result.curves,
            result.parameters,
            samples=int(networks.loc[of_this, "samples"].iloc[0]),
            title=result.name,
            band=True,
        )
        store.log_configuration(result, sweep=sweep, figures=planes)
    table = analysis.summarize(networks)
    store.log_sweep(sweep, command=command, summary=table, files={})
    _show(table, settings)


def _show(summary: pd.DataFrame, settings: Settings) -> None:
    """Print one row a configuration, then where the results are and how to open them."""
    scores = [name for name in summary if f"{name}_ci95" in summary]
    labels = list(summary.columns[: list(summary.columns).index("n")])
    table = Table(caption="mean ± half-width of the 95 % interval over seeds (Student's t)")
    for name in labels[1:] or labels:
        table.add_column(name.replace("_", " "))
    for name in ("n", "failed", *map(_heading, scores)):
        table.add_column(name, justify="right")
    for _, row in summary.iterrows():
        table.add_row(
            *("–" if pd.isna(row[name]) else str(row[name]) for name in labels[1:] or labels),
            *(f"{row[name]:.0f}" for name in ("n", "failed")),
            *(_cell(row, name) for name in scores),
        )
    console = Console(soft_wrap=not sys.stdout.isatty())
    console.print(table)
    options = settings.tracking
    place = options.directory if options.database else options.address
    console.print(
        f"results: {place}, MLflow experiments {options.study} and {options.summary_study}"
    )
    console.print(f"browse:  {_browse(options)}", highlight=False)


def _heading(score: str) -> str:
    """Return a metric's column heading, e.g. `ebab/compression/last` as `ebab last score`."""
    first, *_, last = score.split("/")
    return "test accuracy" if first == "accuracy" else f"{first} {last} score"


def _cell(row: pd.Series, score: str) -> str:
    undefined = int(row[f"{score}_nan"])
    note = f" ({undefined} undefined)" if undefined else ""
    return f"{row[score]:.3f} ± {row[f'{score}_ci95']:.3f}{note}"


def _browse(options: TrackingOptions) -> str:
    """Return the command that opens the MLflow UI on the results."""
    script = Path(sys.executable).with_name("ibsweep")  # another's may come first on the PATH
    ours = shutil.which("ibsweep") == str(script)
    command = ["ibsweep"] if ours else [sys.executable, "-m", "ibsweep.cli"]
    place = ["--directory", str(options.directory)]
    if options.uri:
        place = ["--uri", options.address]
    study = [] if options.study == "ibsweep" else ["--study", options.study]
    return shlex.join([*command, "ui", *place, *study])
