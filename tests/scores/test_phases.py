"""Phases of curves whose shape is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.learning.schedule import logarithmic
from ibsweep.scores.phases import phases

EPOCHS = logarithmic(8000, count=150)
PLACE = np.log2(1.0 + EPOCHS) / np.log2(8001.0)
SHAPES = {
    "fits": 4.0 + 3.0 * PLACE,
    "compresses": 4.0 + 8.0 * PLACE * (1 - PLACE),
    "compresses_first": 8.0 - 8.0 * PLACE * (1 - PLACE),
    "static": np.full(len(EPOCHS), 6.0),
    "cannot_tell": 12.0 - 0.01 * PLACE,
}


def curve(values, network="r0", layer="layer_1"):
    names = {"network": network, "layer": layer, "estimator": "ebab", "part": "all"}
    return pd.DataFrame({"epoch": EPOCHS, "i_xt": values, "i_ty": 0.5}).assign(**names)


def noisy(verdict, noise, count):
    generator = np.random.default_rng(0)
    return pd.concat(
        curve(SHAPES[verdict] + noise * generator.normal(size=len(EPOCHS)), f"r{k}")
        for k in range(count)
    )


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.08])
@pytest.mark.parametrize("verdict", SHAPES)
def test_known_shapes_are_recognised_through_noise(verdict, noise):
    found = phases(noisy(verdict, noise, 10), 4096)
    assert (found["verdict"] == verdict).mean() >= 0.9
    assert found["probability"].mean() > 0.9


def test_noise_alone_is_seldom_a_phase():
    found = phases(noisy("static", 0.3, 100), 4096)
    assert (found["verdict"] == "static").mean() >= 0.9


def test_the_noise_is_estimated():
    found = phases(noisy("compresses", 0.1, 20), 4096)
    assert found["noise"].mean() == pytest.approx(0.1, rel=0.15)


def test_bits_and_epochs_are_those_of_the_largest_fall():
    row = phases(curve(SHAPES["compresses"]), 4096).iloc[0]
    assert row["compressed"] == pytest.approx(2.0, abs=0.15)
    assert row["fitted"] == pytest.approx(2.0, abs=0.15)
    assert np.log2(1 + row["peak_epoch"]) == pytest.approx(np.log2(8001) / 2, abs=0.6)
    assert row["trough_epoch"] == EPOCHS[-1]


def test_a_fall_near_the_threshold_is_uncertain():
    generator = np.random.default_rng(1)
    values = 6.0 - 0.1 * PLACE + 0.01 * generator.normal(size=len(EPOCHS))
    assert 0.1 < phases(curve(values), 4096)["probability"].item() < 0.99


def test_a_curve_of_few_snapshots_is_an_error():
    with pytest.raises(ValueError, match="at least 5 snapshots, got 4"):
        phases(curve(SHAPES["fits"]).head(4), 4096)
