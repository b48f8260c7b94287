"""Which estimators tell an information: `geometry`, `hsic` give details alone."""

import pandas as pd


def informative(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of estimators whose I(X;T) or I(T;Y) is a number somewhere.

    Args:
        curves: Columns `estimator, i_xt, i_ty`.

    Example:
        >>> bits = {"estimator": ["it", "it", "shape"], "i_xt": [1.0, None, None]}
        >>> informative(pd.DataFrame(bits | {"i_ty": None})).index.tolist()
        [0, 1]
    """
    known = curves[["i_xt", "i_ty"]].notna().any(axis=1)
    return curves[known.groupby(curves["estimator"]).transform("any").astype(bool)]
