"""What the referee found, for readers: sentences, and a table for each information plane."""

from collections.abc import Iterator

import pandas as pd

from ibsweep.calibration.referee import WIDEST

_SYMBOLS = {"i_xt": "I(X;T)", "i_ty": "I(T;Y)"}


def sentences(table: pd.DataFrame) -> list[str]:
    """Say what `referee` found, one sentence for each estimator, layer and quantity.

    Args:
        table: As `referee` returns it.

    Example:
        >>> row = {"estimator": "kl", "layer": "layer_1", "dimensions": 10, "samples": 4096}
        >>> row |= {"quantity": "i_xt", "truth": 9.0, "mean": 8.12, "sd": 0.2}
        >>> sentences(pd.DataFrame([row]))
        ['kl, layer_1, I(X;T): at N = 4096, d = 10 it reads 8.12 ± 0.20 bits where the truth is 9']
    """
    by = ["estimator", "layer", "quantity", "samples", "dimensions"]
    once = table.drop_duplicates([*by, "truth", "mean"])
    lines = []
    for (estimator, layer, quantity, samples, dimensions), cells in once.groupby(by, sort=False):
        what = f"{estimator}, {layer}, {_SYMBOLS[quantity]}"
        if cells["truth"].isna().all():
            lines.append(f"{what}: not judged: d = {dimensions}, more than {WIDEST}")
            continue
        reads = [
            f"{row.mean:.2f} ± {row.sd:.2f} bits where the truth is {row.truth:g}"
            for row in cells[["truth", "mean", "sd"]].itertuples(name="Cell")
        ]
        lines.append(f"{what}: at N = {samples}, d = {dimensions} it reads {', '.join(reads)}")
    return lines


def readings(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Arrange what `referee` found as a table for each configuration and estimator.

    Args:
        table: As `referee` returns it.

    Returns:
        Configuration and estimator to a table, one row a layer and quantity: `layer`, `of`, `N`,
        `d`, and a column `truth <bits>` for each truth, mean ± standard deviation in bits; empty
        where that was not asked.
    """
    return {
        (str(configuration), str(estimator)): pd.DataFrame(_rows(cells))
        for (configuration, estimator), cells in table.groupby(
            ["configuration", "estimator"], sort=False
        )
    }


def _rows(table: pd.DataFrame) -> Iterator[dict[str, object]]:
    by = ["layer", "quantity", "samples", "dimensions"]
    truths = sorted(table["truth"].dropna().unique())
    for (layer, quantity, samples, dimensions), cells in table.groupby(by, sort=False):
        held = cells.set_index("truth")
        name = {"layer": str(layer).replace("_", " "), "of": _SYMBOLS[quantity]}
        told = {
            f"truth {truth:g}": f"{held.loc[truth, 'mean']:.2f} ± {held.loc[truth, 'sd']:.2f}"
            if truth in held.index
            else ""
            for truth in truths
        }
        yield {**name, "N": samples, "d": dimensions, **told}
