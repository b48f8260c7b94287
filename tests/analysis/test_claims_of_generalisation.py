"""Bounds of the gap by information, and the claims on them, on tables with a known answer."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.bounds import bounds
from ibsweep.analysis.claims import Networks
from ibsweep.analysis.claims.generalisation import (
    compression_bound_holds,
    conditional_information_ranks_the_gap,
    random_labels_raise_it,
)


def table(i_xt, i_ty, *, gap=None, norm=None, task="spherical", fraction=0.8, first=0):
    """Return networks with one hidden layer at one snapshot."""
    count = len(i_xt)
    names = [f"{task}{fraction}-{k}" for k in range(first, first + count)]
    runs = pd.DataFrame({"run_id": names, "seed": range(first, first + count), "samples": 4096})
    runs = runs.assign(
        **{"split.train_fraction": fraction, "task": task, "regularization": "none"}
    )
    runs["accuracy/gap"] = np.zeros(count) if gap is None else gap
    runs["weight_norm"] = np.arange(count) if norm is None else norm
    curves = pd.DataFrame({"network": names, "i_xt": i_xt, "i_ty": i_ty, "epoch": 8000})
    curves = curves.assign(layer="layer_1", part="train", estimator="ebab")
    return runs, curves


def networks(*tables):
    runs, curves = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    return Networks(runs, curves, pd.DataFrame())


def test_bounds_have_their_values():
    runs, curves = table(np.array([12.0, 8.0, 6.0, 0.0]), np.array([1.0, 1.0, 1.0, 0.0]))
    result = bounds(runs, curves)
    assert result["n"].tolist() == [3277] * 4
    assert result["bound_compression"].round(2).tolist()[:3] == [0.79, 0.2, 0.1]
    assert result["i_xt_given_y"].tolist() == [11, 7, 5, 0]
    assert result["bound_conditional"].iloc[3] == pytest.approx(np.sqrt(1 / 3277))  # a dead layer


def test_bounds_are_unknown_without_the_share_of_training_samples():
    runs, curves = table(np.ones(2), np.zeros(2))
    assert bounds(runs.drop(columns="split.train_fraction"), curves)["n"].isna().all()


@pytest.mark.parametrize(
    ("gap", "norm", "verdict"),
    [("information", "chance", "supported"), ("chance", "chance", "not supported")],
)
def test_k1_compares_ranks_among_networks_of_equal_n(gap, norm, verdict):
    rng = np.random.default_rng(0)
    parts = []
    for fraction in (0.1, 0.3):
        values = {"information": rng.random(80), "chance": rng.random(80)}
        parts.append(
            table(
                values["information"] + 1,
                np.zeros(80),
                gap=values[gap] - 5 * fraction,  # the number of samples alone decides nothing
                norm=rng.random(80),
                fraction=fraction,
            )
        )
    (finding,) = conditional_information_ranks_the_gap(networks(*parts))
    assert (finding.verdict, finding.n) == (verdict, 160)


def test_k2_counts_the_networks_below_the_bound():
    low, high = np.full(80, 6.0), np.full(80, 6.0)
    (holds,) = compression_bound_holds(networks(table(low, low, gap=np.full(80, 0.05))))
    (fails,) = compression_bound_holds(networks(table(high, high, gap=np.full(80, 0.15))))
    assert (holds.effect, holds.verdict) == (1.0, "supported")
    assert (fails.effect, fails.verdict) == (0.0, "not supported")


@pytest.mark.parametrize(("raised", "verdict"), [(1.0, "supported"), (-1.0, "not supported")])
def test_k3_is_decided_by_pairs_of_one_seed(raised, verdict):
    base = np.random.default_rng(0).random(20)
    true = table(base + 5, np.ones(20))
    random = table(base + 5 + raised, np.ones(20), task="shuffled")
    (finding,) = random_labels_raise_it(networks(true, random))
    assert (finding.verdict, finding.n) == (verdict, 20)
    assert finding.effect == pytest.approx(raised)
