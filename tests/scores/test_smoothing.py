"""Curves smoothed over the logarithm of the epoch."""

import numpy as np
import pandas as pd

from ibsweep.learning.schedule import logarithmic
from ibsweep.scores.smoothing import smoothed

EPOCHS = logarithmic(1000, count=60)


def curve(values, **names):
    known = {"layer": "layer_1", "estimator": "ebab", "part": "all"} | names
    return pd.DataFrame({"epoch": EPOCHS[: len(values)], "i_xt": values, "i_ty": values}).assign(
        **known
    )


def test_lines_over_the_logarithm_of_the_epoch_stay_as_they_are():
    table = smoothed(curve(3 - 0.1 * np.log2(1 + EPOCHS)))
    assert np.allclose(table["i_xt_smooth"], table["i_xt"])
    assert np.allclose(table["i_ty_smooth"], table["i_ty"])


def test_noise_is_taken_off_and_raw_values_are_kept():
    noise = np.random.default_rng(0).normal(size=len(EPOCHS))
    table = smoothed(curve(5 + noise))
    assert (table["i_xt"] == 5 + noise).all()
    assert (table["i_xt_smooth"] - 5).std() < 0.8 * noise.std()


def test_each_curve_is_smoothed_by_itself_and_what_cannot_be_is_nan():
    curves = [
        curve(np.ones(12)),
        curve(np.full(12, 9.0), layer="layer_2"),
        curve([1.0] * 4, part="a"),
    ]
    endless = curve(np.full(12, np.inf), estimator="shuffled")
    table = smoothed(
        pd.concat([*curves, endless], ignore_index=True).sample(frac=1, random_state=0)
    )
    by = table.groupby(["estimator", "layer", "part"])["i_xt_smooth"]
    assert np.allclose(by.mean()["ebab"][["layer_1", "layer_2"]].xs("all", level="part"), [1, 9])
    assert by.count()["ebab", "layer_1", "a"] == by.count()["shuffled", "layer_1", "all"] == 0
