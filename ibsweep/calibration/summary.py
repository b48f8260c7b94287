"""The table of a calibration: bias, spread and cost of every estimator, over the seeds."""

import numpy as np
import pandas as pd
from scipy.stats import norm

CONFIDENCE = 0.95
COLUMNS = (
    "mean",
    "bias",
    "sd",
    "rmse",
    "coverage",
    "error",
    "seconds",
    "megabytes",
    "n",
)
_AVERAGED = tuple(name for name in COLUMNS if name not in ("sd", "n"))


def tidy(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimate.

    Args:
        runs: One row a run, with the metrics `truth` and `<estimator>/estimate`, `<estimator>/…`.

    Returns:
        The columns of `runs` that are no estimator's, then `estimator, estimate, error` (bits),
        `seconds, megabytes`; an estimate that is no finite number is NaN.
    """
    suffix = "/estimate"
    names = [name.removesuffix(suffix) for name in runs if name.endswith(suffix)]
    fields = ("estimate", "error", "seconds", "megabytes")
    owned = [f"{name}/{field}" for name in names for field in (*fields, "bias")]
    common = runs.drop(columns=[name for name in owned if name in runs])
    tables = [
        common.assign(estimator=name, **{field: _column(runs, name, field) for field in fields})
        for name in names
    ]
    if not tables:
        return common.assign(**dict.fromkeys(("estimator", *fields), np.nan)).iloc[:0]
    table = pd.concat(tables, ignore_index=True)
    return table[table["seconds"].notna()].reset_index(drop=True)  # which every estimate has


def _column(runs: pd.DataFrame, name: str, field: str) -> object:
    """Return a metric of an estimator, NaN where MLflow holds none."""
    return runs.get(f"{name}/{field}", np.nan)


def summarize(estimates: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Summarise estimates over seeds; one that is not finite leaves its cell undefined, NaN.

    Args:
        estimates: Columns `truth, estimate, error` (bits), `seconds, megabytes` and those of `by`.
        by: What names a cell, e.g. `["distribution", "samples", "truth", "estimator"]`.

    Returns:
        One row a cell: `by`; `mean`, `bias`, `sd` (NaN for a single seed), `rmse` (bits);
        `coverage`, the share of seeds whose 95 % error bar holds the truth (NaN where a method
        states no error), and `error`, the mean standard error stated; means of `seconds` and
        `megabytes`; `n`, the number of seeds.
    """
    half = norm.ppf(0.5 + CONFIDENCE / 2)
    bias = estimates["estimate"] - estimates["truth"]
    covered = (bias.abs() <= half * estimates["error"]).where(estimates["error"].notna())
    table = estimates.assign(
        mean=estimates["estimate"], bias=bias, rmse=bias**2, coverage=covered.astype(float)
    )
    cells = table.groupby(by, sort=False, dropna=False)
    means = cells[list(_AVERAGED)].agg(lambda column: column.mean(skipna=False))
    means["rmse"] = np.sqrt(means["rmse"])
    means["sd"] = cells["estimate"].agg(lambda column: column.std(ddof=1, skipna=False))
    means["n"] = cells.size()
    return means[list(COLUMNS)].reset_index()
