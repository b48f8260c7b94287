"""Bounds of the generalisation gap by information: to rank networks, not to certify them."""

import numpy as np
import pandas as pd

FRACTION = "split.train_fraction"
LN2 = float(np.log(2))


def conditional(curves: pd.DataFrame) -> pd.DataFrame:
    """Return curves whose `i_xt` is I(X;T|Y) = I(X;T) − I(T;Y), as T depends on Y through X alone.

    A plane of these is a conditional information plane.

    Args:
        curves: `i_xt` and `i_ty` in bits, as `ibsweep.curves` returns them.

    References:
        Tezuka & Namekawa 2021, https://doi.org/10.3390/e23080974

    Example:
        >>> conditional(pd.DataFrame({"i_xt": [8.0], "i_ty": [1.0]})).to_dict("records")
        [{'i_xt': 7.0, 'i_ty': 1.0}]
    """
    return curves.assign(i_xt=curves["i_xt"] - curves["i_ty"])


def bounds(
    runs: pd.DataFrame, curves: pd.DataFrame, *, estimator: str = "ebab", delta: float = 0.05
) -> pd.DataFrame:
    """Return I(X;T|Y) and two bounds of the gap, at every snapshot of every layer.

    Both bounds are those of an encoder that was fixed before the data were drawn, with their
    constants left out; that of a learnt one has a further term. Compare networks of equal n only.

    Args:
        runs: Table of `ibsweep.runs`, measured on all data, with the share of training samples.
        curves: Their curves, as `ibsweep.curves` returns them; of the part `train` where it was
            measured, else of the part `all`.
        estimator: Name of the estimator of information.
        delta: Probability with which the second bound may fail.

    Returns:
        `network, epoch, layer, part`; `n`, the training samples; `i_xt_given_y` = I(X;T) − I(T;Y)
        in bits; `bound_conditional` = √((I(X;T|Y) ln 2 + 1)/n); `bound_compression` =
        √((2^I(X;T) + ln(1/δ))/(2n)).

    References:
        Kawaguchi, Deng, Ji & Huang, How Does Information Bottleneck Help Deep Learning?, 2023.
        https://arxiv.org/abs/2305.18887
        Galloway et al., Bounding Generalization Error with Input Compression, 2022.
        https://arxiv.org/abs/2207.09408
    """
    measured = curves[curves["estimator"] == estimator]
    part = "train" if (measured["part"] == "train").any() else "all"
    table = measured.loc[measured["part"] == part, ["network", "epoch", "layer", "part"]].copy()
    i_xt, i_ty = (measured.loc[table.index, name] for name in ("i_xt", "i_ty"))
    known = runs.set_index("run_id")
    shares = known[FRACTION] if FRACTION in known else pd.Series(np.nan, known.index)
    n = table["network"].map((shares * known["samples"]).round())
    table["n"] = n
    table["i_xt_given_y"] = i_xt - i_ty
    table["bound_conditional"] = np.sqrt((table["i_xt_given_y"] * LN2 + 1) / n)
    table["bound_compression"] = np.sqrt((2.0**i_xt + np.log(1 / delta)) / (2 * n))
    return table.reset_index(drop=True)
