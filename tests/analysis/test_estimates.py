"""How sure estimates are, one row a configuration, estimator and layer."""

import math

import pandas as pd
import pytest

from ibsweep.analysis.estimates import final_details, violations


def table(*rows):
    """Runs of one configuration, or of those that rows name."""
    common = {"configuration": "a", "name": "relu-seed0", "seed": 0}
    return pd.DataFrame([common | row for row in rows])


def test_means_over_networks_with_their_errors():
    rows = [
        {"lossy/I_XT/layer_1": bits, "lossy/I_XT_error/layer_1": error, "ebab/I_XT/layer_1": 9.0}
        for bits, error in ((2.0, 0.1), (4.0, 0.3))
    ]
    details = final_details(table(*rows))
    assert details.to_dict("records") == [
        {"networks": "relu", "estimator": "lossy", "layer": "layer_1"}
        | {"I(X;T)": 3.0, "± I(X;T)": pytest.approx(0.2)}
    ]


def test_layers_are_in_the_order_of_the_network():
    names = ("output", "layer_10", "layer_2")
    details = final_details(
        table({f"sp/{kind}/{name}": 1.0 for name in names for kind in ("I_TY", "I_XT", "rank_t")})
    )
    assert details["layer"].tolist() == ["layer_2", "layer_10", "output"]


def test_an_undefined_estimate_makes_its_mean_undefined():
    rows = [{"sp/I_XT/output": bits, "sp/I_XT_error/output": 0.1} for bits in (2.0, math.nan)]
    assert math.isnan(final_details(table(*rows))["I(X;T)"].item())


def test_estimators_that_tell_nothing_make_no_row():
    details = final_details(table({"ebab/I_XT/layer_1": 9.0, "ebab.test/I_XT/layer_1": 9.0}))
    assert details.empty


def test_only_violations_that_occur_are_listed():
    kinds = ("negative", "above_entropy", "processing")
    rows = [
        {f"{name}/violations/{kind}": 0.0 for name in ("ebab", "lossy") for kind in kinds}
        | {"ebab/I_XT/output": 1.0, "lossy/I_XT/output": 1.0, "lossy/violations/negative": share}
        for share in (0.0, 0.5)
    ]
    other = rows[0] | {"configuration": "b", "name": "tanh-seed0"}
    shares = violations(table(*rows, other))
    assert shares.to_dict("records") == [
        {"networks": "relu", "estimator": "lossy"}
        | {"I < 0": 0.25, "I(T;Y) > H(Y)": 0.0, "gain by processing": 0.0}
    ]


def test_a_network_without_a_place_does_not_hide_the_others():
    rows = [
        {"sp/I_XT/output": 1.0, "sp/violations/processing": share} for share in (math.nan, 1.0)
    ]
    assert violations(table(*rows))["gain by processing"].item() == 1.0


def test_runs_from_before_violations_were_counted_have_none():
    assert violations(table({"ebab/I_XT/output": 1.0})).empty
