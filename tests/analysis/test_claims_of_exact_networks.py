"""Claims on exact information, on curves for which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks, claims
from ibsweep.analysis.claims.binary import (
    compression_does_not_go_with_accuracy,
    late_compression_is_frequent,
)
from ibsweep.analysis.claims.exact import layer_facts
from ibsweep.analysis.claims.quantized import all_layers_fit, hidden_layers_compress

EPOCHS = np.arange(12)
RISES, FALLS = np.minimum(EPOCHS / 6, 1.0), np.maximum(1 - EPOCHS / 6, 0.0)
SEEDS = 12


def curves(i_xt, i_ty, *, estimator="quantized", **others):
    """Return those of networks of two layers, the hidden one with these curves."""
    tables = []
    for k in range(SEEDS):
        for layer in ("layer_1", "output"):
            keys = {"network": f"run{k}", "layer": layer, "part": "all", "estimator": estimator}
            keys |= {"epoch": EPOCHS, "i_xt": i_xt, "i_ty": i_ty, **others}
            tables.append(pd.DataFrame(keys))
    return pd.concat(tables, ignore_index=True)


def networks(table, **columns):
    names = [f"run{k}" for k in range(SEEDS)]
    runs = pd.DataFrame({"run_id": names, "samples": 4096, **columns})
    accuracy = np.minimum(0.5 + EPOCHS / 8, 1.0)  # 95 % from epoch 4 on
    training = pd.concat(
        pd.DataFrame({"network": name, "epoch": EPOCHS, "accuracy/train": accuracy})
        for name in names
    )
    return Networks(runs, table, pd.DataFrame(), "ebab", training)


@pytest.mark.parametrize(
    ("i_ty", "fits"),
    [(RISES, True), (FALLS, False), (RISES / 11, False), (np.r_[FALLS, RISES][::2], False)],
)
def test_a_layer_fits_if_its_first_change_is_a_rise(i_ty, fits):
    assert set(layer_facts(curves(RISES, i_ty))["fits"]) == {fits}


def test_q1_is_the_share_of_networks_of_which_every_layer_fits():
    table = curves(RISES, RISES)
    (finding,) = all_layers_fit(networks(table, activation="relu"))
    assert (finding.effect, finding.verdict, finding.n) == (1.0, "supported", SEEDS)
    table.loc[table["layer"] == "output", "i_ty"] = 1.0
    (finding,) = all_layers_fit(networks(table, activation="relu"))
    assert (finding.effect, finding.verdict) == (0.0, "not supported")


@pytest.mark.parametrize(
    ("activation", "i_xt", "verdict"),
    [
        *(("tanh", 9 * FALLS, "supported"), ("tanh", 9 * RISES, "not supported")),
        *(("relu", 9 * FALLS, "not supported"), ("relu", 9 * RISES, "supported")),
    ],
)
def test_q3_has_a_rule_for_each_activation(activation, i_xt, verdict):
    given = networks(curves(i_xt, RISES), activation=activation)
    (finding,) = hidden_layers_compress(given)
    assert finding.verdict == verdict


def test_another_estimator_is_compared_network_by_network():
    both = pd.concat([curves(9 * FALLS, RISES), curves(9 * RISES, RISES, estimator="ebab")])
    (finding,) = hidden_layers_compress(networks(both, activation="tanh"))
    assert finding.measure == "share of networks (0.00 by ebab alike)"


@pytest.mark.parametrize(
    ("i_xt", "verdict"),
    [
        (np.where(EPOCHS < 3, 8 - EPOCHS, 5.0), "not supported"),  # falls before it has learnt
        (np.where(EPOCHS < 6, 8.0, 6.0), "supported"),
        (np.where(EPOCHS < 6, 8.0, 7.95), "not supported"),
    ],
)
def test_b1_counts_falls_after_training_accuracy_is_reached(i_xt, verdict):
    given = networks(curves(i_xt, RISES, undersampled=1.0), task="digits", regularization="none")
    (finding,) = late_compression_is_frequent(given)
    assert (finding.verdict, finding.group) == (verdict, "digits, none")
    assert "undersampled 1.00" in finding.measure


def test_b1_sees_nothing_in_a_curve_that_only_trembles():
    rng = np.random.default_rng(0)
    table = curves(8.0, RISES)
    table["i_xt"] += 0.1 * rng.normal(size=len(table))
    (finding,) = late_compression_is_frequent(networks(table, task="spherical"))
    assert finding.effect < 0.5


@pytest.mark.parametrize(("slope", "verdict"), [(1.0, "not supported"), (0.0, "undecided")])
def test_b2_is_refuted_by_a_layer_that_goes_with_accuracy(slope, verdict):
    rng = np.random.default_rng(0)
    score, noise = rng.normal(size=(2, SEEDS))
    columns = {"quantized/compression/layer_1": score, "quantized/compression/last": noise}
    accuracy = 0.9 + 0.01 * (slope * score + (1 - slope) * rng.normal(size=SEEDS))
    given = networks(curves(RISES, RISES), task="spherical", **columns)
    given.runs["accuracy/test"] = accuracy
    given.runs["failed_to_train"] = 0.0
    (finding,) = compression_does_not_go_with_accuracy(given)
    assert finding.verdict == verdict


@pytest.mark.parametrize("paper", ["quantized", "binary"])
def test_networks_without_exact_information_decide_nothing(paper):
    given = networks(curves(RISES, RISES, estimator="ebab"), activation="relu", task="digits")
    table = claims(given, paper)
    assert set(table["verdict"]) == {"undecided"}
    assert table["rule"].str.startswith("needs").all()
