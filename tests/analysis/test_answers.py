"""A sweep in three sentences, true to its numbers."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.answers import answers, newest_curves, score_floor

HIDDEN, LAST = "ebab/compression/hidden", "ebab/compression/last"


def networks(n=12, *, activations=("elu", "relu"), score=0.2, slope=0.0):
    """Return networks of activations, whose accuracy rises with the hidden score by `slope`."""
    generator = np.random.default_rng(0)
    count = n * len(activations)
    hidden = score + 0.05 * generator.normal(size=count)
    return pd.DataFrame(
        {
            "run_id": [f"r{k}" for k in range(count)],
            "training_fingerprint": [f"t{k}" for k in range(count)],
            "activation": np.repeat(activations, n),
            "task": "spherical",
            "estimator": "ebab",
            "configuration": np.repeat(activations, n),
            "seed": np.tile(np.arange(n), len(activations)),
            "failed_to_train": 0.0,
            HIDDEN: hidden,
            LAST: 0.1 + 0.05 * generator.normal(size=count),
            "ebab/dead_layer": 0.0,
            "accuracy/test": 0.9 + slope * hidden + 0.01 * generator.normal(size=count),
        }
    )


def floor(runs, value=0.03):
    return pd.Series(value, index=runs["run_id"])


def test_the_first_sentence_says_what_was_run():
    runs = networks()
    runs.loc[0, "failed_to_train"] = 1.0
    first, *_ = answers(runs, floor(runs), failed=2)
    assert first == (
        "24 networks (12 seeds each, activation elu, relu) trained on spherical, measured by ebab;"
        " 1 failed to train; 2 jobs failed."
    )


def test_compression_is_compared_with_noise():
    runs = networks()
    _, second, _ = answers(runs, floor(runs))
    mean = runs[HIDDEN].mean()
    assert second.startswith(f"Hidden layers compress: they lose {mean:.2f}".replace("0.", "."))
    assert "(ebab, 24 trained networks), while noise alone would give .03" in second
    _, second, _ = answers(runs, floor(runs, 0.2))
    assert second.startswith("Hidden layers do not clearly compress")
    assert "but noise alone would give .20" in second


def test_a_floor_that_is_not_known_is_not_made_up():
    runs = networks()
    _, second, _ = answers(runs, pd.Series(dtype=float))
    assert "the floor of noise is not known" in second


@pytest.mark.parametrize(("slope", "direction"), [(1.0, "higher"), (-1.0, "lower")])
def test_a_correlation_with_accuracy_is_said_with_its_sign(slope, direction):
    runs = networks(slope=slope)
    *_, third = answers(runs, floor(runs))
    assert third.startswith(f"Compression of hidden layers goes with {direction} test accuracy")
    assert "no correlation of test accuracy is found with compression of the output layer" in third
    assert "by group it is found for elu (hidden layers, r " in third


def test_what_could_have_been_detected_is_said():
    runs = networks()
    *_, third = answers(runs, floor(runs))
    assert third.startswith("No correlation of test accuracy is found")
    assert third.endswith("; 24 networks could show |r| ≥ .56.")


def test_networks_that_failed_to_train_do_not_count_for_what_was_found():
    runs = networks()
    runs.loc[0, ["failed_to_train", HIDDEN, LAST, "accuracy/test"]] = [1.0, 0.9, 0.9, 0.0]
    first, *rest = answers(runs, floor(runs))
    assert "1 failed to train" in first
    kept = runs.drop(index=0)
    assert rest == answers(kept, floor(kept))[1:]


def test_one_network_has_no_interval_and_no_correlation():
    runs = networks(1, activations=("relu",))
    first, second, third = answers(runs, floor(runs))
    assert first.startswith("1 network (1 seed) trained")
    assert "[" not in second
    assert third == "Whether compression goes with accuracy cannot be told from 1 network."


def test_dead_layers_make_compression_undefined():
    runs = networks().assign(**{HIDDEN: np.nan})
    _, second, _ = answers(runs, floor(runs))
    assert second.startswith("Whether hidden layers compress is undefined")


def test_networks_without_an_estimator_of_information_or_training_are_said_to_be_so():
    runs = networks().drop(columns=[HIDDEN, LAST, "ebab/dead_layer"]).assign(estimator="geometry")
    assert "No estimator of information" in answers(runs, pd.Series(dtype=float))[1]
    runs = networks().assign(failed_to_train=1.0)
    assert "No network trained" in answers(runs, floor(runs))[1]


def curves(network, *, noise=0.01, snapshots=40, estimator="ebab"):
    generator = np.random.default_rng(1)
    epochs = 2 ** np.linspace(0, 9, snapshots)
    falling = np.linspace(4, 3, snapshots) + noise * generator.normal(size=snapshots)
    table = {"network": network, "epoch": epochs, "layer": "layer_1", "estimator": estimator}
    return pd.DataFrame({**table, "part": "all", "i_xt": falling})


def test_the_floor_grows_with_the_noise_and_is_left_out_where_it_is_not_known():
    infinite = curves("d")
    infinite.loc[3, "i_xt"] = np.inf
    table = pd.concat([curves("a"), curves("b", noise=0.1), curves("c", snapshots=3), infinite])
    found = score_floor(table, "ebab", samples=4096)
    assert set(found.index) == {"a", "b"}
    assert found["b"] == pytest.approx(10 * found["a"], rel=0.1)
    assert score_floor(curves("c", snapshots=3), "ebab", samples=4096).empty


def test_the_newest_measurement_of_a_network_counts_under_its_name():
    networks = pd.DataFrame(
        {
            "run_id": ["old", "new", "kde"],
            "training_fingerprint": "t",
            "started": [1, 2, 3],
        }
    )
    runs = pd.DataFrame({"run_id": ["kde"], "training_fingerprint": ["t"]})
    both = pd.concat([curves("old"), curves("new", noise=0.2), curves("kde", estimator="kde")])
    kept = newest_curves(runs, networks, both, estimator="ebab")
    assert kept["network"].unique().tolist() == ["kde"]
    assert kept["i_xt"].tolist() == curves("new", noise=0.2)["i_xt"].tolist()
