"""The end of a calibration: its table and its figure, from the store alone."""

import shlex
import sys

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from ibsweep.calibration.published import comparison
from ibsweep.calibration.summary import COLUMNS, summarize, tidy
from ibsweep.plots.calibration import calibration
from ibsweep.tracking import Store

_BITS = ("truth", "bias", "rmse")
_PAGE = 140  # characters, where there is no terminal
_CHOICES = ("distribution", "compressor", "estimator")


def finish(store: Store, sweep: str) -> None:
    """Summarise a calibration over its seeds; store that with a figure, and print it.

    Args:
        store: Where it is.
        sweep: Its name.
    """
    runs = store.calibrations(sweep=sweep)
    done = runs[runs["status"] == "FINISHED"]
    if done.empty:
        return
    table = cells(done)
    kinds = [name for name in table if name not in ("estimator", "truth", *COLUMNS)]
    store.log_sweep(
        sweep,
        command=f"ibsweep calibrate {shlex.join(sys.argv[1:])}",
        summary=table,
        files={},
        figures={"calibration": calibration(table, panels=kinds)},
    )
    _show(table, store, sweep)
    beside = comparison(_estimates(done))
    if beside:
        print(beside)


def cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell of a calibration, as `summarize` does, named by what differs.

    Args:
        runs: Finished runs of a calibration, as `Store.calibrations` returns them.

    Returns:
        The columns `distribution, compressor, estimator, samples`, those parameters of the first
        two that differ between runs ("" where there is none), `truth` (bits), and the columns of
        `summarize`; ordered by what names a cell.
    """
    estimates = _estimates(runs)
    options = [name for name in runs if name.startswith(("distribution.", "compressor."))]
    options = [name for name in options if name != "distribution.information"]
    varying = [name for name in options if estimates[name].astype(str).nunique() > 1]
    estimates[varying] = estimates[varying].map(lambda value: "" if pd.isna(value) else str(value))
    by = [*_CHOICES, "samples", *varying, "truth"]
    table = summarize(estimates, by)
    return table.sort_values([*by], kind="stable", ignore_index=True)


def _estimates(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimate, see `tidy`."""
    named = runs.drop(columns="samples").rename(columns={"estimator": "estimators"})
    return tidy(named.join(runs["samples"]))


def _show(table: pd.DataFrame, store: Store, sweep: str) -> None:
    """Print one row a cell, then where the results are."""
    shown = Table(caption="bits; over n seeds; coverage of the 95 % error bars", box=box.SIMPLE)
    names = [name for name in table if name not in ("sd", "error", "megabytes")]
    for name in names:
        heading = {"mean": "mean ± sd"}.get(name, name.removeprefix("distribution."))
        numeric = pd.api.types.is_numeric_dtype(table[name])
        shown.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
    for _, row in table.iterrows():
        shown.add_row(*(_cell(row, name) for name in names))
    terminal = sys.stdout.isatty()
    width = None if terminal else _PAGE
    console = Console(soft_wrap=not terminal, width=width, markup=False, emoji=False)
    console.print(shown)
    options = store.options
    place = options.directory if options.database else options.address
    console.print(
        f"results: {place}, MLflow experiment {options.study}; table and figure: run {sweep}"
        f" of {options.summary_study}"
    )


def _cell(row: pd.Series, name: str) -> str:
    value = row[name]
    if name == "mean":
        return f"{value:.3f} ± {row['sd']:.3f}"
    if name in _BITS:
        return f"{value:.3f}"
    return f"{value:.3g}" if name in ("coverage", "seconds") else str(value)
