"""The claim on parts of the data, on curves whose scores are known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks
from ibsweep.analysis.claims.wickstrom2023 import (
    PAPER,
    loss_stops_before_compression,
    training_samples_are_compressed_more,
)


def measured(*, train, test, seeds=20):
    """Return networks whose hidden layers lose known shares of 4 bits on each part."""
    tables = []
    for k in range(seeds):
        for layer, sign in (("layer_1", -1), ("layer_2", 1), ("output", 9)):
            for part, share in (("all", 0.9), ("train", train), ("test", test)):
                wobble = 0.01 * (-1) ** k * (part == "train")
                last = 4 * (1 - share - wobble - 0.05 * sign)
                table = pd.DataFrame({"epoch": [0, 3, 9], "i_xt": [1.0, 4.0, last]})
                tables.append(table.assign(network=f"run{k}", layer=layer, part=part))
    curves = pd.concat(tables, ignore_index=True).assign(estimator="renyi_aligned")
    runs = pd.DataFrame({"run_id": [f"run{k}" for k in range(seeds)], "activation": "relu"})
    return Networks(runs, curves, pd.DataFrame(), "renyi_aligned")


@pytest.mark.parametrize(
    ("train", "test", "verdict"),
    [(0.5, 0.4, "supported"), (0.4, 0.5, "not supported"), (0.402, 0.4, "not supported")],
)
def test_w1_is_the_paired_difference_of_scores(train, test, verdict):
    (finding,) = training_samples_are_compressed_more(measured(train=train, test=test))
    assert (finding.verdict, finding.n) == (verdict, 20)
    assert finding.effect == pytest.approx(train - test)
    assert finding.measure.endswith(f"({train:.2f} and {test:.2f})")


def test_w1_needs_both_parts():
    networks = measured(train=0.5, test=0.4)
    whole = networks.curves[networks.curves["part"] != "test"]
    (finding,) = training_samples_are_compressed_more(networks._replace(curves=whole))
    assert finding.verdict == "undecided" and "parts=[all,train,test]" in finding.rule
    assert np.isnan(finding.effect)


def stopping(*, early, late, static=2):
    """Return networks whose loss is least at epoch 3, and whose layers fall from 9 or 1 on."""
    rows, losses = [], []
    for k in range(early + late + static):
        peak = 9 if k < early else 1
        verdict = "compresses" if k < early + late else "static"
        rows.append((f"run{k}", "layer_2", verdict, peak))
        rows.append((f"run{k}", "layer_1", "compresses", 10 - peak))
        rows.append((f"run{k}", "output", "compresses", 10 - peak))
        losses += [(f"run{k}", epoch, loss) for epoch, loss in ((0, 0.9), (3, 0.2), (9, 0.5))]
    runs = pd.DataFrame({"run_id": [f"run{k}" for k in range(len(rows) // 3)]})
    return Networks(
        runs.assign(activation="relu"),
        pd.DataFrame(),
        pd.DataFrame(rows, columns=["network", "layer", "verdict", "peak_epoch"]),
        "renyi",
        pd.DataFrame(losses, columns=["network", "epoch", "loss/test"]),
    )


@pytest.mark.parametrize(
    ("early", "late", "verdict"),
    [(18, 2, "supported"), (2, 18, "not supported"), (10, 10, "undecided")],
)
def test_w2_counts_the_networks_that_the_loss_stops_before_they_compress(early, late, verdict):
    (finding,) = loss_stops_before_compression(stopping(early=early, late=late))
    assert (finding.verdict, finding.n, finding.effect) == (verdict, 20, early / 20)


def test_w2_needs_a_layer_that_compresses():
    (finding,) = loss_stops_before_compression(stopping(early=0, late=0))
    assert finding.verdict == "undecided" and "whose last hidden layer compresses" in finding.rule
    assert [one.claim for one in PAPER.test(measured(train=0.5, test=0.4))] == ["W1", "W2"]
