"""After a sweep: aggregate its configurations from the store, store that, and print the table."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from ibsweep import analysis, names
from ibsweep.analysis.answers import answers, newest_curves, score_floor
from ibsweep.analysis.headlines import main_scores
from ibsweep.config.settings import Settings
from ibsweep.plots.by_estimator import information_planes
from ibsweep.stored.querying import runs_of
from ibsweep.sweeps.summary_table import summary_table
from ibsweep.tracking import Store, TrackingOptions, open_store, store_errors

WIDTH = 140  # of the table where there is no terminal to ask


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
    done = analysis.finished_networks(networks)
    curves, training = (read(done["run_id"]) for read in (store.read_curves, store.read_training))
    for result in analysis.configurations(networks, curves, training):
        of_this = done["configuration"] == result.configuration
        planes = information_planes(
            result.curves,
            result.parameters,
            samples=int(done.loc[of_this, "samples"].iloc[0]),
            title=result.name,
            band=True,
        )
        store.log_configuration(result, sweep=sweep, figures=planes)
    table = analysis.summarize(networks)
    sentences = _answers(store, sweep, networks, curves)
    store.log_sweep(sweep, command=command, summary=table, files={}, note="\n\n".join(sentences))
    _show(sentences, table, settings, sweep)


def _answers(store: Store, sweep: str, networks: pd.DataFrame, curves: pd.DataFrame) -> list[str]:
    """Return what a sweep ran and found, in sentences; none if no network is finished."""
    done = analysis.finished_networks(networks)
    if done.empty:
        return []
    runs = runs_of(store, sweep=sweep)
    floor = pd.Series(dtype=float)
    if names.estimators(runs):
        main = main_scores(runs)[0].partition("/")[0]
        newest = newest_curves(runs, done, curves, estimator=main)
        floor = score_floor(newest, main, samples=int(done["samples"].iloc[0]))
    return answers(runs, floor, failed=analysis.failed_jobs(networks))


def _show(sentences: Sequence[str], summary: pd.DataFrame, settings: Settings, sweep: str) -> None:
    """Print the answers and the summary, then where the results are and how to look at them."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    console = Console(width=width, markup=False, emoji=False)  # users' texts are only texts
    for sentence in sentences:
        console.print(sentence, highlight=False)
    console.print(summary_table(summary))
    options = settings.tracking
    place = options.directory if options.database else options.address
    for line in (
        f"results: {place}, MLflow experiments {options.study} and {options.summary_study}",
        f"browse:  {_command(options, 'ui')}",
        f"report:  {_command(options, 'report', '--sweep', sweep)}",
    ):
        console.print(line, highlight=False, soft_wrap=True)


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
