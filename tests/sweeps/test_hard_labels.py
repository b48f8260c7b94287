"""However a network is trained, it is judged by the labels themselves."""

import pandas as pd
import pytest

from ibsweep.config.engines import ensemble_of
from ibsweep.learning.trainer import train
from ibsweep.networks import replay
from ibsweep.sweeps.replay import Replay

OPTIONS = [
    *("task=parity", "task.bits=6", "training.epochs=3", "training.batch_size=16"),
    *("snapshots.count=3", "training.engine=torch"),
]


def test_accuracies_and_losses_of_smoothed_labels_are_those_of_hard_ones(settings):
    smoothed, hard = settings(*OPTIONS, "training.label_smoothing=0.2"), settings(*OPTIONS)
    weights = train(ensemble_of([smoothed] * 4)).weights[:, 0]
    table = Replay(smoothed, weights).training
    pd.testing.assert_frame_equal(table, Replay(hard, weights).training)
    rows, dataset = smoothed.split.test, smoothed.dataset
    _, logs = replay.replay(smoothed.network, weights, dataset.inputs)
    by_hand = -logs[-1, rows, dataset.labels[rows]].double().mean().item()
    assert table["loss/test"].iloc[-1] == pytest.approx(by_hand, rel=1e-9)
