"""How far estimators are from exact information, on the same networks."""

import pandas as pd

_PLACE = ["network", "layer", "part", "epoch"]
LEAST_FALL = 0.1  # bits, of I(X;T) from its highest to its last value: a layer that compresses


def against_exact(
    curves: pd.DataFrame, by: pd.Series | None = None, *, exact: str = "quantized"
) -> pd.DataFrame:
    """Compare estimates with exact information at every snapshot of every layer.

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt, i_ty`, bits; those measured on all
            of the data count.
        by: Group of each network (index: `network`); None: all are one.
        exact: The estimator that is exact for these networks.

    Returns:
        One row for each `group` and `estimator`: mean error (estimate less exact) of I(X;T) and of
        I(T;Y), `i_xt_bias` and `i_ty_bias`, and mean absolute errors, `i_xt_off` and `i_ty_off`,
        in bits; `compress`, the share of layers that compress exactly; `right`, the share of
        layers of which the estimate says the same; `missed` and `invented`, of those that do
        compress, or do not, the share of which it says the other (NaN if there are none);
        `layers`, how many.

    Raises:
        ValueError: If the exact estimator is not among the curves.
    """
    whole = curves[curves["part"] == "all"]
    truth = whole[whole["estimator"] == exact]
    if truth.empty:
        raise ValueError(f"exact must be an estimator of these curves, got {exact!r}")
    others = whole[whole["estimator"] != exact]
    both = others.merge(truth, on=_PLACE, suffixes=("", "_exact"))
    rows = []
    groups = pd.Series("all", both["network"]) if by is None else by.reindex(both["network"])
    for (group, estimator), table in both.groupby([groups.to_numpy(), "estimator"], sort=False):
        row: dict[str, object] = {"group": group, "estimator": estimator}
        for quantity in ("i_xt", "i_ty"):
            error = table[quantity] - table[f"{quantity}_exact"]
            row |= {f"{quantity}_bias": error.mean(), f"{quantity}_off": error.abs().mean()}
        rows.append(row | _verdicts(table))
    return pd.DataFrame(rows)


def _verdicts(table: pd.DataFrame) -> dict[str, float]:
    """Compare which layers compress: as estimated, and exactly."""
    layers = table.sort_values("epoch", kind="stable").groupby(["network", "layer"])
    estimated, true = (
        layers[name].max() - layers[name].last() >= LEAST_FALL for name in ("i_xt", "i_xt_exact")
    )
    return {
        "compress": float(true.mean()),
        "right": float((estimated == true).mean()),
        "missed": float((~estimated[true]).mean()),
        "invented": float(estimated[~true].mean()),
        "layers": len(true),
    }
