import numpy as np
import pandas as pd
import pytest
import torch

from ibsweep.learning.trainer import train
from ibsweep.networks import replay
from ibsweep.networks.weights import Layout
from ibsweep.scores import performance
from ibsweep.types import Dataset, Split
from tests.learning.test_trainer import TASK, ensemble


@pytest.fixture(scope="module")
def trained():
    parts = ensemble(range(5), "tanh")
    return parts, train(parts).weights[:, 3]


def test_replayed_activity_is_what_plain_torch_computes(trained):
    parts, weights = trained
    layers, _ = replay.replay(parts.network, weights, TASK.inputs)
    views = Layout(parts.network.parameters).views(weights[-1].double())
    below = torch.from_numpy(TASK.inputs)
    for name in parts.network.layers:
        z = torch.nn.functional.linear(below, views[f"{name}.weight"], views[f"{name}.bias"])
        below = torch.softmax(z, dim=1) if name == "output" else torch.tanh(z)
        torch.testing.assert_close(layers[name][-1].double(), below, rtol=1e-5, atol=1e-6)


def test_one_snapshot_replays_bit_equal_to_all(trained):
    parts, weights = trained
    together, _ = replay.replay(parts.network, weights, TASK.inputs)
    for row in range(len(weights)):
        alone, _ = replay.replay(parts.network, weights[row : row + 1], TASK.inputs)
        for name in parts.network.layers:
            assert torch.equal(alone[name][0], together[name][row])


def test_replaying_changes_no_weights_and_draws_nothing(trained):
    parts, weights = trained
    before, state = weights.clone(), torch.get_rng_state()
    replay.replay(parts.network, weights, TASK.inputs)
    assert torch.equal(weights, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_performance_by_hand():
    dataset = Dataset(np.zeros((4, 1)), np.array([0, 0, 0, 1]), classes=2)
    split = Split(np.array([0, 1, 3]), np.array([2]))
    probabilities = torch.tensor([[[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]])
    table = performance.performance(probabilities.log(), dataset, split._asdict()).iloc[0]
    assert table["accuracy/train"] == pytest.approx(2 / 3)
    assert table["accuracy_balanced/train"] == pytest.approx((1 / 2 + 1) / 2)
    assert table["loss/train"] == pytest.approx(-np.log([0.9, 0.2, 0.7]).mean(), rel=1e-6)
    assert table["accuracy/test"] == 1


def test_magnitudes_by_hand(trained):
    parts, weights = trained
    layers, _ = replay.replay(parts.network, weights, TASK.inputs)
    table = performance.magnitudes(layers, parts.network, weights).iloc[0]
    views = Layout(parts.network.parameters).views(weights[0])
    squares = sum(v.square().sum().item() for name, v in views.items() if name.endswith("weight"))
    assert table["weight_norm"] == pytest.approx(squares**0.5, rel=1e-6)
    assert table["max_activity/hidden"] == max(
        table[f"max_activity/layer_{k}"] for k in range(1, 6)
    )


@pytest.mark.parametrize(
    ("accuracies", "failed"), [([0.5, 0.6, 0.5], 0.0), ([0.4, 0.5, 0.5], 1.0)]
)
def test_a_network_that_never_beats_the_majority_failed_to_train(accuracies, failed):
    dataset = Dataset(np.zeros((8, 1)), np.array([0, 0, 1, 0, 0, 1, 0, 1]), classes=2)
    split = Split(np.array([0, 1, 2, 3]), np.array([4, 5, 6, 7]))
    table = pd.DataFrame({"accuracy/test": accuracies, "accuracy/train": 0.9})
    scores = performance.final_scores(table, dataset, split)
    assert scores["accuracy/majority"] == 0.5
    assert scores["failed_to_train"] == failed
    assert scores["accuracy/test_best"] == max(accuracies)
    assert scores["accuracy/gap"] == pytest.approx(0.9 - accuracies[-1])
