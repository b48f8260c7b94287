"""Claims on synergy, on curves for which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks
from ibsweep.analysis.claims.synergy import (
    complexity_is_compressed,
    compression_goes_with_accuracy,
)

SEEDS = 30


def measured(*, falls, i_xt_falls, accuracy):
    """Return networks whose complexity rises to 1 bit and falls by known amounts."""
    tables = []
    for k, fall in enumerate(falls):
        for layer, share in (("layer_1", 0.5), ("layer_2", 1.5), ("output", 99.0)):
            complexity = np.array([0.2, 1.0, 1.0 - share * fall])
            i_xt = np.array([5.0, 8.0, 8.0 - share * i_xt_falls])
            table = pd.DataFrame({"epoch": [0, 1, 9], "complexity": complexity, "i_xt": i_xt})
            tables.append(table.assign(network=f"run{k}", layer=layer))
    curves = pd.concat(tables, ignore_index=True).assign(estimator="synergy", part="all")
    runs = pd.DataFrame({"run_id": [f"run{k}" for k in range(len(falls))], "activation": "relu"})
    runs = runs.assign(**{"accuracy/test": accuracy, "failed_to_train": 0.0})
    return Networks(runs, curves, pd.DataFrame(), "synergy")


@pytest.mark.parametrize(
    ("i_xt_falls", "verdict"), [(0.0, "supported"), (1.0, "not supported"), (0.5, "undecided")]
)
def test_v1_is_the_paired_difference_of_falls_in_hidden_layers(i_xt_falls, verdict):
    falls = 0.5 + 0.1 * (-1.0) ** np.arange(SEEDS)
    networks = measured(falls=falls, i_xt_falls=i_xt_falls, accuracy=0.9)
    (finding,) = complexity_is_compressed(networks)
    assert (finding.verdict, finding.n) == (verdict, SEEDS)
    assert finding.effect == pytest.approx(0.5 - i_xt_falls)


@pytest.mark.parametrize(("sign", "verdict"), [(1, "supported"), (-1, "not supported")])
def test_v2_is_a_rank_correlation(sign, verdict):
    falls = np.linspace(0.1, 0.5, SEEDS)
    networks = measured(falls=falls, i_xt_falls=0.0, accuracy=0.5 + 0.1 * sign * falls**2)
    (finding,) = compression_goes_with_accuracy(networks)
    assert (finding.verdict, finding.effect) == (verdict, pytest.approx(sign))


def test_v2_needs_networks_that_differ():
    networks = measured(falls=[0.1] * SEEDS, i_xt_falls=0.0, accuracy=0.9)
    (finding,) = compression_goes_with_accuracy(networks)
    assert finding.verdict == "undecided" and "differ in both" in finding.rule
