"""Onsets of compression beside losses that fall at a known epoch."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.learning.schedule import logarithmic
from ibsweep.scores.onsets import loss_phases, scores, smoothed_loss

EPOCHS = logarithmic(1000, count=80)
PLACE = np.log2(1.0 + EPOCHS)


def network(name, *, onset, steepest, noise=0.0):
    """Curves that rise for `onset` doublings, then fall; a loss steepest after `steepest`."""
    generator = np.random.default_rng(int(name))
    drawn = noise * generator.normal(size=(2, len(EPOCHS)))
    held = 5.0 - 0.5 * np.abs(PLACE - onset) + drawn[0]
    loss = 2.3 / (1 + np.exp(2.0 * (PLACE - steepest))) + 0.1 * drawn[1]
    curve = pd.DataFrame({"network": name, "epoch": EPOCHS, "layer": "layer_3", "i_xt": held})
    training = pd.DataFrame({"network": name, "epoch": EPOCHS, "loss/train": loss})
    return curve.assign(estimator="lossy", part="all"), training


def networks(count, **options):
    tables = zip(*(network(str(k), **options) for k in range(count)), strict=True)
    return [pd.concat(table) for table in tables]


@pytest.mark.parametrize(("onset", "steepest"), [(5.0, 5.0), (6.0, 4.0), (4.0, 7.0)])
def test_known_epochs_are_found(onset, steepest):
    row = loss_phases(*network("0", onset=onset, steepest=steepest)).iloc[0]
    assert np.log2(1 + row["onset_epoch"]) == pytest.approx(onset, abs=0.3)
    assert np.log2(1 + row["steepest_epoch"]) == pytest.approx(steepest, abs=0.3)
    assert row["lag"] == pytest.approx(onset - steepest, abs=0.4)
    assert row["slope"] == pytest.approx(-2.3 / 2, rel=0.2)
    assert row["found"] == 1


def test_the_interval_holds_the_truth_and_grows_with_noise():
    curves, training = networks(20, onset=6.0, steepest=5.0, noise=0.1)
    found = loss_phases(curves, training)
    held = (found["lag_low"] <= 1.2) & (found["lag_high"] >= 0.8)  # the snapshots' resolution
    assert held.mean() >= 0.8
    quiet = loss_phases(*networks(5, onset=6.0, steepest=5.0, noise=0.01))
    width = found["lag_high"] - found["lag_low"]
    assert width.mean() > (quiet["lag_high"] - quiet["lag_low"]).mean()


def test_a_layer_that_only_fits_has_no_onset():
    curves, training = network("0", onset=20.0, steepest=5.0)
    row = loss_phases(curves, training).iloc[0]
    assert np.isnan(row["onset_epoch"]) and np.isnan(row["lag"])
    assert row["found"] == 0


def test_the_first_fall_counts_not_the_largest():
    curves, training = network("0", onset=5.0, steepest=5.0)
    again = np.where(PLACE > 7.5, 5.0 - 0.5 * 2.5 + 3.0 * (8.5 - np.abs(PLACE - 8.5) - 7.5), 0.0)
    twice = curves.assign(i_xt=np.where(PLACE > 7.5, again, curves["i_xt"]))
    row = loss_phases(twice, training).iloc[0]
    assert np.log2(1 + row["onset_epoch"]) == pytest.approx(5.0, abs=0.3)


def test_the_loss_is_smoothed_over_doublings():
    training = network("0", onset=5.0, steepest=5.0)[1]
    table = smoothed_loss(training)
    assert table["slope"].min() == pytest.approx(-2.3 / 2, rel=0.2)
    assert np.abs(table["loss"] - training["loss/train"]).max() < 0.1


def test_a_network_without_training_is_an_error():
    curves, training = network("0", onset=5.0, steepest=5.0)
    with pytest.raises(ValueError, match="training must hold every network of curves, got none"):
        loss_phases(curves, training.assign(network="other"))


def test_scores_name_the_onset_of_layers_that_compress():
    curves, training = network("0", onset=5.0, steepest=6.0)
    name = curves["network"].iloc[0]
    one = curves[curves["network"] == name].drop(columns="network")
    lossy = one.assign(estimator="lossy")
    flat = lossy.assign(layer="flat", i_xt=1.0)
    endless = lossy.assign(layer="endless", i_xt=np.inf)
    own = training[training["network"] == name].drop(columns="network")
    found = scores(pd.concat([lossy, flat, endless], ignore_index=True), own)
    expected = loss_phases(curves.assign(estimator="lossy"), training).iloc[0]
    layer = expected["layer"]
    assert found[f"lossy/onset_epoch/{layer}"] == expected["onset_epoch"]
    assert found[f"lossy/lag/{layer}"] == expected["lag"]
    assert found["loss/steepest_epoch"] == expected["steepest_epoch"]
    assert all(np.isnan(found[f"lossy/lag/{layer}"]) for layer in ("flat", "endless"))


def test_scores_are_the_same_names_without_a_training_loss_and_of_few_snapshots():
    curves, training = network("0", onset=5.0, steepest=6.0)
    whole = scores(curves, training)
    for few in (training.drop(columns="loss/train"), training.head(4)):
        found = scores(curves, few)
        assert list(found) == list(whole)
        assert np.isnan([*found.values()]).all()
