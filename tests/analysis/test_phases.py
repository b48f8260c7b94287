"""Phases of curves whose shape is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.phases import VERDICTS, noise_of, phases
from ibsweep.schedule import logarithmic

SAMPLES = 4096
EPOCHS = logarithmic(8000, count=150)
TIME = np.log2(1 + EPOCHS) / 13  # 0 … 1

SHAPES = {
    "fits": 6 + 3 * TIME,
    "compresses": 9 + 2 * np.sin(np.pi * TIME) - 2 * TIME,
    "compresses_first": 8 - 2 * np.sin(np.pi * TIME) + 2 * TIME,
    "static": 8 + 0 * TIME,
    "cannot_tell": 11.95 - 0.1 * TIME,
}


def judged(curve, **options):
    table = pd.DataFrame({"epoch": EPOCHS, "i_xt": curve})
    table = table.assign(network="a", layer="layer_1", estimator="ebab", part="all")
    return phases(table, samples=SAMPLES, **options).iloc[0]


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_curve_of_known_shape_is_recognised(verdict, noise):
    scale = noise / 50 if verdict == "cannot_tell" else noise
    for seed in range(5):
        noisy = SHAPES[verdict] + np.random.default_rng(seed).normal(0, scale, len(EPOCHS))
        row = judged(noisy)
        assert row["verdict"] == verdict
        assert row["probability"] > 0.9


def test_only_falling_is_compressing():
    assert judged(9 - 2 * TIME)["verdict"] == "compresses"


def test_noise_alone_is_seldom_more_than_static():
    rng = np.random.default_rng(0)
    verdicts = [judged(8 + rng.normal(0, 0.3, len(EPOCHS)))["verdict"] for _ in range(60)]
    assert verdicts.count("static") >= 57


def test_epochs_and_bits_are_those_of_the_shape():
    row = judged(SHAPES["compresses"])
    peak = EPOCHS[SHAPES["compresses"].argmax()]
    assert row["fit_to"] == row["compression_from"] == pytest.approx(peak, rel=0.2)
    assert row["compression_to"] == EPOCHS[-1]
    assert row["compressed"] == pytest.approx(SHAPES["compresses"].max() - 7, abs=0.15)


def test_a_change_of_the_size_of_the_noise_is_uncertain():
    rng = np.random.default_rng(1)
    rows = [judged(8 + 0.15 * TIME + rng.normal(0, 0.03, len(EPOCHS))) for _ in range(20)]
    assert min(row["probability"] for row in rows) < 0.9


def test_noise_is_estimated_whatever_the_trend():
    rng = np.random.default_rng(0)
    for trend in (0 * TIME, 5 * TIME, np.sin(5 * TIME)):
        assert noise_of(trend + rng.normal(0, 0.1, len(EPOCHS))) == pytest.approx(0.1, rel=0.3)


def test_an_undefined_curve_is_not_judged():
    curve = SHAPES["fits"].copy()
    curve[3] = np.nan
    assert judged(curve)["verdict"] == "cannot_tell"


def test_parts_are_not_mixed():
    table = pd.DataFrame({"epoch": [0, 1], "i_xt": 1.0, "part": ["all", "test"]})
    table = table.assign(network="a", layer="layer_1", estimator="ebab")
    with pytest.raises(ValueError, match="curves must be of one part"):
        phases(table, samples=SAMPLES)
