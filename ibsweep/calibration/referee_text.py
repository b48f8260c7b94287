"""What the referee found, for readers: sentences, and a table for each information plane."""

from collections.abc import Iterator

import pandas as pd

from ibsweep.calibration.referee import TRUTHS, WIDEST

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
            f"{row.mean:z.2f} ± {row.sd:.2f} bits where the truth is {row.truth:g}"
            for row in cells[["truth", "mean", "sd"]].itertuples(name="Cell")
        ]
        lines.append(f"{what}: at N = {samples}, d = {dimensions} it reads {', '.join(reads)}")
    return lines


def readings(table: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Arrange what `referee` found as a table for each configuration and estimator.

    Args:
        table: As `referee` returns it.

    Returns:
        Configuration and estimator to a table, one row a layer (or two, if I(X;T) and I(T;Y) were
        estimated in other dimensions): `layer`, `N`, `d`, and a column `I(X;T) = <bits>` or
        `I(T;Y) = <bits>` for each truth, what is read of it: mean ± standard deviation in bits.
    """
    return {
        (str(configuration), str(estimator)): pd.DataFrame(_rows(cells))
        for (configuration, estimator), cells in table.groupby(
            ["configuration", "estimator"], sort=False
        )
    }


def _rows(table: pd.DataFrame) -> Iterator[dict[str, object]]:
    by = ["layer", "samples", "dimensions"]
    for (layer, samples, dimensions), cells in table.groupby(by, sort=False):
        read = {
            (row.quantity, row.truth): f"{row.mean:z.2f} ± {row.sd:.2f}"
            for row in cells[["quantity", "truth", "mean", "sd"]].itertuples(name="Cell")
        }
        missing = {one: "not judged" for one in cells.loc[cells["truth"].isna(), "quantity"]}
        columns = {
            f"{symbol} = {truth:g}": read.get((quantity, truth), missing.get(quantity, ""))
            for quantity, symbol in _SYMBOLS.items()
            for truth in TRUTHS[quantity]
        }
        yield {"layer": str(layer).replace("_", " "), "N": samples, "d": dimensions, **columns}
