"""After a sweep: aggregate its configurations from the store, store that, and print the table."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import to_absolute_path
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from ibsweep import analysis
from ibsweep.pipeline import information_planes
from ibsweep.settings import Settings
from ibsweep.tracking import TrackingOptions, open_store, store_errors

CAPTION = (
    "mean ± half-width of the 95 % interval over seeds (Student's t);"
    " undef.: networks without a score, a dead layer"
)
WIDTH = 140  # of the table where there is no terminal to ask


def sweep_name(folder: str) -> str:
    """Return the identifier of the sweep in a folder: the folder's own name."""
    return Path(to_absolute_path(folder)).resolve().name


def running_sweep() -> str | None:
    """Return the identifier of the sweep that Hydra is running, if it is running one."""
    running = HydraConfig.get()
    return sweep_name(running.sweep.dir) if running.mode == RunMode.MULTIRUN else None


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
    _show(table, settings, sweep)


def _show(summary: pd.DataFrame, settings: Settings, sweep: str) -> None:
    """Print the summary, then where the results are and how to look at them."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    console = Console(width=width, markup=False, emoji=False)  # users' texts are only texts
    console.print(summary_table(summary))
    options = settings.tracking
    place = options.directory if options.database else options.address
    for line in (
        f"results: {place}, MLflow experiments {options.study} and {options.summary_study}",
        f"browse:  {_command(options, 'ui')}",
        f"report:  {_command(options, 'report', '--sweep', sweep)}",
    ):
        console.print(line, highlight=False, soft_wrap=True)


def summary_table(summary: pd.DataFrame) -> Table:
    """Lay out a summary for a terminal: one row for each configuration and its estimators.

    Args:
        summary: As `analysis.summarize` returns it.
    """
    labels = [name for name in summary.columns[: list(summary.columns).index("n")]]
    shown = [name for name in labels[1:] if name != "estimator"]
    estimators = [name.split("/")[0] for name in summary if name.endswith("/compression/hidden")]
    table = Table(caption=CAPTION, padding=(0, 1, 0, 0))
    for name in [*shown, "estimator"]:
        table.add_column(name.rsplit(".", 1)[-1].replace("_", " "), overflow="fold")
    for name in ("n", "failed", "test accuracy", "hidden score", "last score"):
        table.add_column(name, justify="right")
    for _, row in summary.iterrows():
        first = ["–" if pd.isna(row[name]) else str(row[name]) for name in shown]
        counts = [f"{row[name]:.0f}" for name in ("n", "failed")]
        begin = [*first, "{}", *counts, _cell(row, "accuracy/test")]
        for estimator in _measured_by(row, estimators) or ["–"]:
            scores = [_cell(row, f"{estimator}/compression/{name}") for name in ("hidden", "last")]
            table.add_row(*(text.replace("{}", estimator) for text in begin), *scores)
            begin = ["" if text != "{}" else text for text in begin]
    return table


def _measured_by(row: pd.Series, estimators: list[str]) -> list[str]:
    """Return the estimators that measured a configuration."""
    if "estimator" not in row or pd.isna(row["estimator"]):
        return estimators
    return [name for name in estimators if name in str(row["estimator"]).split(",")]


def _cell(row: pd.Series, score: str) -> str:
    """Return mean and interval of a score, and how many networks have none; – if all failed."""
    if score not in row:
        return "–"
    undefined = int(row[f"{score}_nan"])
    note = f" ({undefined} undef.)" if undefined else ""
    interval = f" ± {row[f'{score}_ci95']:.3f}" if pd.notna(row[f"{score}_ci95"]) else ""
    return f"{row[score]:.3f}{interval}{note}"


def _command(options: TrackingOptions, *words: str) -> str:
    """Return a command of `ibsweep` on the results."""
    script = Path(sys.executable).with_name("ibsweep")  # another's may come first on the PATH
    ours = shutil.which("ibsweep") == str(script)
    command = ["ibsweep"] if ours else [sys.executable, "-m", "ibsweep.cli"]
    place = ["--directory", str(options.directory)]
    if options.uri:
        place = ["--uri", options.address]
    study = [] if options.study == "ibsweep" else ["--study", options.study]
    return shlex.join([*command, *words, *place, *study])
