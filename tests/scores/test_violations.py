"""Estimates that cannot be right are counted, by hand."""

import math

import numpy as np
import pandas as pd
import pytest

import ibsweep
from ibsweep import analysis
from ibsweep.config.jobs import describe
from ibsweep.scores.violations import KINDS, label_entropy, scores
from ibsweep.sweeps.batch import Batch
from ibsweep.tracking import open_store


def table(i_xt, i_ty, **further):
    """Rows of two epochs and three layers, whose last is the output, given epoch by epoch."""
    layers = ["layer_1", "layer_10", "output"]
    rows = {"epoch": np.repeat([0, 9], 3), "layer": layers * 2, "estimator": "it", "part": "all"}
    values = {"i_xt": i_xt, "i_ty": i_ty, **further}
    return pd.DataFrame(rows | {name: np.ravel(held) for name, held in values.items()})


def shares(curves, entropy=1.0):
    found = scores(curves, label_entropy=entropy)
    assert list(found) == [f"it/violations/{kind}" for kind in KINDS]
    return list(found.values())


FALLING = [[3, 2, 1], [4, 3, 2]]
TELLING = [[0.9, 0.8, 0.7], [1.0, 1.0, 1.0]]


def test_a_chain_that_only_loses_violates_nothing():
    assert shares(table(FALLING, TELLING)) == [0, 0, 0]


def test_places_are_counted_by_hand():
    found = shares(table([[3, -0.1, -0.2], [4, 5, 2]], [[0.9, 0.8, -0.1], [1.5, 1.2, 0.1]]))
    assert found == [2 / 6, 2 / 6, 1 / 4]


def test_both_quantities_are_processed():
    assert shares(table(FALLING, [[0.1, 0.2, 0.3], [0.5, 0.5, 0.5]]))[2] == 2 / 4


@pytest.mark.parametrize(("error", "share"), [(0.04, 1.0), (0.06, 0.0)])
def test_two_standard_errors_are_allowed(error, share):
    errors = {"i_xt_error": np.full(6, error), "i_ty_error": np.full(6, error)}
    found = shares(table(np.full((2, 3), -0.1), np.full((2, 3), 1.1), **errors))
    assert found[:2] == [share, share]


@pytest.mark.parametrize(("error", "share"), [(0.2, 1.0), (0.3, 0.0)])
def test_a_difference_has_the_error_of_both(error, share):
    rising = [[1.0, 1.7, 2.4], [1.0, 1.7, 2.4]]
    assert shares(table(rising, TELLING, i_xt_error=np.full(6, error)))[2] == share


def test_rounding_is_no_violation_even_where_the_error_is_zero():
    errors = {"i_xt_error": np.zeros(6), "i_ty_error": np.zeros(6)}
    nearly = table(np.full((2, 3), -1e-12), np.full((2, 3), 1 + 1e-12), **errors)
    assert shares(nearly) == [0, 0, 0]


def test_estimates_are_noisy_so_that_few_of_true_ones_count():
    rng = np.random.default_rng(0)
    epochs, error = 4000, 0.1
    rows = {"epoch": np.arange(epochs), "layer": "layer_1", "estimator": "it", "part": "all"}
    values = {"i_xt": 1.0, "i_ty": rng.normal(0, error, epochs), "i_ty_error": error}
    assert shares(pd.DataFrame(rows | values))[0] == pytest.approx(0.023, abs=0.01)


def test_what_is_undefined_is_not_a_place():
    curves = table([[math.nan, 2, 1], [4, 5, 2]], [[math.nan, 0.8, 0.7], [1, 1, -1]])
    assert shares(curves) == [1 / 5, 0, 1 / 3]


def test_infinite_estimates_are_counted_where_they_can_be_compared():
    infinite = [[math.inf, math.inf, 1], [math.inf, 2, -math.inf]]
    assert shares(table(infinite, [[math.inf, 0.8, 0.7], TELLING[1]])) == [1 / 6, 1 / 6, 0]


def test_one_layer_has_no_neighbour():
    rows = {"epoch": [0, 1], "layer": "output", "estimator": "it", "part": "all"}
    found = shares(pd.DataFrame(rows | {"i_xt": [2.0, 2.0], "i_ty": [0.5, 0.6]}))
    assert found[:2] == [0, 0] and math.isnan(found[2])


def test_other_parts_and_estimators_are_apart():
    wrong = table(np.full((2, 3), -1), TELLING)
    curves = pd.concat(
        [table(FALLING, TELLING), wrong.assign(part="test"), wrong.assign(estimator="other")]
    )
    found = scores(curves, label_entropy=1.0)
    assert found["it/violations/negative"] == 0
    assert found["other/violations/negative"] == 1


def test_the_entropy_of_labels():
    assert label_entropy(np.array([0, 0, 0, 2])) == pytest.approx(0.811278, abs=1e-6)
    assert label_entropy(np.zeros(5, dtype=int)) == 0


def test_a_stored_network_and_its_configuration_carry_the_shares(settings):
    study = settings("task=digits", "network.hidden=[4,3]", "training.epochs=1", "measured=test")
    choices = {"activation": "relu", "regularization": "none", "noise": "none"}
    job = describe(study, choices, sweep="night")
    Batch([study], lambda fraction: None).run(0, job)
    store = open_store(study.tracking)
    networks = ibsweep.runs(directory=study.tracking.directory)
    entropy = label_entropy(study.dataset.labels[study.measured])
    expected = scores(ibsweep.curves(networks), label_entropy=entropy)
    assert networks[list(expected)].iloc[0].to_dict() == expected
    runs = store.networks()
    (whole,) = analysis.configurations(
        runs, store.read_curves(runs["run_id"]), store.read_training(runs["run_id"])
    )
    assert expected.items() <= whole.statistics.items()
