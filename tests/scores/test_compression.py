import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ibsweep.scores import compression

CURVES = arrays(np.float64, st.integers(1, 60), elements=st.floats(1e-3, 12))


def table(**layers):
    rows = [
        {"epoch": e, "layer": name, "estimator": "ebab", "part": part, "i_xt": value}
        for name, values in layers.items()
        for part in ("all", "train")
        for e, value in enumerate(values if part == "all" else np.ones(len(values)))
    ]
    return pd.DataFrame(rows)


@given(CURVES)
def test_the_score_lies_between_zero_and_one(information):
    assert 0 <= compression.score(information) < 1


@given(CURVES, st.floats(0.1, 10))
def test_scores_do_not_depend_on_the_unit(information, factor):
    for rate in (compression.score, compression.robust_score):
        assert rate(information * factor) == pytest.approx(rate(information), abs=1e-9)


def test_a_layer_that_only_gains_does_not_compress():
    gaining = np.linspace(1, 5, 120)
    assert compression.score(gaining) == 0
    assert compression.robust_score(gaining) == pytest.approx(0, abs=0.05)


def test_noise_raises_the_score_and_the_robust_one_less():
    noise = np.random.default_rng(0).normal(10, 0.1, (500, 120))
    plain = np.mean([compression.score(row) for row in noise])
    robust = np.mean([compression.robust_score(row) for row in noise])
    assert plain == pytest.approx(0.03, abs=0.01)
    assert abs(robust) < plain


def test_means_by_hand():
    found = compression.scores(
        table(layer_1=[4, 4, 4], layer_2=[4, 4, 2], layer_3=[2, 4, 3], output=[1, 4, 1]),
        samples=16,
    )
    assert found["ebab/compression/layer_1"] == 0
    assert found["ebab/compression/layer_2"] == 0.5
    assert found["ebab/compression/last"] == 0.75
    assert found["ebab/compression/hidden"] == pytest.approx((0 + 0.5 + 0.25) / 3)
    assert found["ebab/compression/hidden_unsaturated"] == pytest.approx((0.5 + 0.25) / 2)
    assert found["ebab/compression/all"] == pytest.approx((0 + 0.5 + 0.25 + 0.75) / 4)
    assert found["ebab/saturated/layer_1"] == 1
    assert found["ebab/saturated/layer_2"] == 0
    assert found["ebab/dead_layer"] == 0


def test_a_dead_layer_is_flagged_and_undefined_and_so_are_its_means():
    found = compression.scores(table(layer_1=[4, 3], layer_2=[0, 0], output=[1, 1]), samples=16)
    assert found["ebab/dead_layer"] == 1
    assert math.isnan(found["ebab/compression/layer_2"])
    assert math.isnan(found["ebab/compression/hidden"])
    assert math.isnan(found["ebab/compression_robust/all"])
    assert found["ebab/compression/layer_1"] == 0.25
    assert found["ebab/compression/last"] == 0


def test_a_network_saturated_throughout_has_no_unsaturated_mean():
    found = compression.scores(table(layer_1=[4, 4], output=[1, 1]), samples=16)
    assert math.isnan(found["ebab/compression/hidden_unsaturated"])
