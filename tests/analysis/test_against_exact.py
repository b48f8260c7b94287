"""Estimates beside exact information, on curves whose errors are known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.against_exact import against_exact

EPOCHS = np.arange(4)


def curve(network, estimator, i_xt, i_ty=0.5, layer="layer_1", part="all"):
    keys = {"network": network, "estimator": estimator, "layer": layer, "part": part}
    return pd.DataFrame({**keys, "epoch": EPOCHS, "i_xt": i_xt, "i_ty": i_ty})


def test_errors_and_verdicts_by_hand():
    falls, rises = np.array([4.0, 4, 3, 3]), np.array([3.0, 3, 4, 4])
    table = pd.concat(
        [
            *(curve("a", "quantized", falls), curve("b", "quantized", rises)),
            *(curve("a", "high", falls + 1, 0.7), curve("b", "high", rises - 3, 0.3)),
            *(curve("a", "blind", 4.0), curve("b", "blind", falls)),
            curve("a", "high", 99.0, part="test"),
        ]
    )
    found = against_exact(table).set_index("estimator")
    high, blind = found.loc["high"], found.loc["blind"]
    assert (high["i_xt_bias"], high["i_xt_off"]) == (-1.0, 2.0)
    assert (high["i_ty_bias"], high["i_ty_off"]) == pytest.approx((0.0, 0.2))
    assert (high["right"], high["missed"], high["invented"]) == (1.0, 0.0, 0.0)
    assert (blind["right"], blind["missed"], blind["invented"]) == (0.0, 1.0, 1.0)
    assert set(found["compress"]) == {0.5} and set(found["layers"]) == {2}


def test_groups_are_of_networks():
    table = pd.concat(
        [
            *(curve("a", "quantized", 1.0), curve("b", "quantized", 1.0)),
            *(curve("a", "ebab", 2.0), curve("b", "ebab", 4.0)),
        ]
    )
    found = against_exact(table, pd.Series({"a": "8 bits", "b": "4 bits"})).set_index("group")
    assert found["i_xt_bias"].to_dict() == {"8 bits": 1.0, "4 bits": 3.0}


def test_what_is_exact_must_be_there():
    with pytest.raises(ValueError, match="exact must be an estimator of these curves"):
        against_exact(curve("a", "ebab", 1.0))
