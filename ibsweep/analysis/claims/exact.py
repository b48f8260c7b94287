"""What claims on exact information share: rises and falls of curves that are not estimated."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ibsweep.analysis.claims.base import Networks
from ibsweep.names import OUTPUT

EXACT = "quantized"
LEAST = 0.1  # bits: a smaller rise or fall does not count
NEED = f"needs estimator=[{EXACT},…] on networks with quantization={{}}"


def layer_facts(curves: pd.DataFrame, estimator: str = EXACT) -> pd.DataFrame:
    """Return what the curves of each layer of each network do, measured on all of the data.

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt, i_ty`, bits.
        estimator: Whose curves.

    Returns:
        Index `network, layer`: `fits`, whether the first change of I(T;Y) by `LEAST` is a rise;
        `fall`, how far I(X;T) ends below its highest, bits; `output`, whether it is that layer.
    """
    chosen = curves[(curves["part"] == "all") & (curves["estimator"] == estimator)]
    ordered = chosen.sort_values("epoch", kind="stable")
    rows = [
        {
            "network": network,
            "layer": layer,
            "fits": _first_rises(table["i_ty"].to_numpy()),
            "fall": table["i_xt"].max() - table["i_xt"].iloc[-1],
            "output": layer == OUTPUT,
        }
        for (network, layer), table in ordered.groupby(["network", "layer"], sort=False)
    ]
    table = pd.DataFrame(rows, columns=["network", "layer", "fits", "fall", "output"])
    return table.set_index(["network", "layer"])


def groups(networks: Networks, *columns: str) -> Iterator[tuple[str, pd.Index]]:
    """Yield each combination of values of columns that there are, and its networks."""
    runs = networks.runs.drop_duplicates("run_id")
    known = [column for column in columns if column in runs]
    for values, rows in runs.groupby(known) if known else [((), runs)]:
        words = [
            f"{column.rpartition('.')[2]} {value:g}" if isinstance(value, float | int) else value
            for column, value in zip(known, values, strict=True)
        ]
        yield ", ".join(words) or "all", pd.Index(rows["run_id"])


def agreement(marks: pd.Series, other: pd.Series) -> str:
    """Say for which share of networks another estimator gives the same, if it measured them."""
    both = marks.index.intersection(other.index)
    if both.empty:
        return ""
    return f" ({(marks[both] == other[both]).mean():.2f} by {other.name} alike)"


def _first_rises(information: np.ndarray) -> bool:
    """Say whether a curve rises by `LEAST` before it falls as far, if it does."""
    rises = information - np.minimum.accumulate(information) >= LEAST
    falls = np.maximum.accumulate(information) - information >= LEAST
    return bool(rises.any() and (not falls.any() or rises.argmax() < falls.argmax()))
