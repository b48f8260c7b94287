"""Where estimators can be trusted, read off a stored calibration."""

from importlib.resources import files

import pandas as pd

WITHIN_BITS = 0.25
WITHIN_SHARE = 0.05


def stored() -> pd.DataFrame:
    """Return the calibration that this package ships: one row a cell, as `report.cells`.

    The commands in docs/estimators.md make it anew.
    """
    with files("ibsweep.calibration").joinpath("stored.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def trust(table: pd.DataFrame) -> pd.DataFrame:
    """Say up to which information each estimator is about right.

    About right is a bias of at most ¼ bit or 5 % of the truth, whichever is more, at the cell and
    at all cells of less information that are like it.

    Args:
        table: One row a cell: `estimator, truth, bias, seconds` (bits), and what else names it.

    Returns:
        One row an estimator and kind of sample: `estimator`; `sample`, e.g. `normal [2, 2], N =
        5000`; `trusted`, the largest information that is about right, NaN if none is;
        `measured`, the largest that was tried (bits); `seconds`, the mean time of an estimate.
    """
    tolerance = (WITHIN_SHARE * table["truth"]).clip(lower=WITHIN_BITS)
    judged = table.assign(
        sample=table.apply(_sample, axis=1), right=table["bias"].abs() <= tolerance
    )
    rows = []
    for (estimator, sample), cells in judged.groupby(["estimator", "sample"], sort=False):
        ordered = cells.sort_values("truth")
        trusted = ordered.loc[ordered["right"].cummin(), "truth"]
        limits = trusted.max(), ordered["truth"].max()
        rows.append((estimator, sample, *limits, ordered["seconds"].mean()))
    return pd.DataFrame(rows, columns=["estimator", "sample", "trusted", "measured", "seconds"])


def sentence(rows: pd.DataFrame) -> str:
    """Say in words what `trust` says of one estimator.

    Args:
        rows: Its rows.

    Example:
        >>> columns = ["sample", "trusted", "measured"]
        >>> sentence(pd.DataFrame([["normal [2, 2], N = 5000", 7.2, 14.4]], columns=columns))
        'normal [2, 2], N = 5000: to 7.2 of 14.4 bits'
    """
    if rows.empty:
        return "not calibrated"
    parts = []
    for row in rows.itertuples():
        limit = f"to {row.trusted:.1f} of {row.measured:.1f} bits"
        parts.append(f"{row.sample}: {'nowhere' if pd.isna(row.trusted) else limit}")
    return "; ".join(parts)


def _sample(row: pd.Series) -> str:
    """Name a kind of sample."""
    dims, compressor = row.get("distribution.dims"), row.get("compressor", "identity")
    known = isinstance(dims, str) and dims  # a CSV's empty cell is read as NaN
    name = f"{row['distribution']} {dims}" if known else row["distribution"]
    by = "" if compressor == "identity" else f" by {compressor}"
    rotated = "rotated " if str(row.get("distribution.rotated")) == "True" else ""
    return f"{rotated}{name}{by}, N = {row['samples']}"
