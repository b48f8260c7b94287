"""Claims on tables for which the answer is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import PAPERS, Networks, claims
from ibsweep.analysis.claims.chelombiev2019 import (
    compression_may_come_first,
    fixed_bins_underestimate,
    initialisations_vary,
    only_the_last_layer_correlates,
    penalty_increases_compression,
    saturation_is_not_required,
    ten_seeds_suffice,
)
from ibsweep.config.shipped import conf_dir as shipped

N = 50
LAST, HIDDEN = "ebab/compression/last", "ebab/compression/hidden"


def networks(seed=0, activation="relu", n=N, **columns):
    """Return networks of one activation in which only chance is at work."""
    generator = np.random.default_rng(seed)
    known = {name: generator.random(n) for name in (LAST, HIDDEN, "ebab/compression/layer_1")}
    names = [f"{activation}{k}" for k in range(n)]
    common = {"activation": activation, "regularization": "none", "failed_to_train": 0.0}
    accuracy = {"accuracy/test": generator.random(n), "accuracy/gap": generator.random(n)}
    return pd.DataFrame({"run_id": names, **known, **accuracy, **columns}).assign(**common)


def phases(runs, verdict="fits", noise=0.0):
    common = {"estimator": "ebab", "layer": "layer_1", "verdict": verdict, "probability": 1.0}
    table = pd.DataFrame({"network": runs["run_id"], "noise": noise, "peak": 10.0})
    return table.assign(snapshots=120, **common)


def verdicts(findings):
    return [finding.verdict for finding in findings]


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [(0.2, "supported"), (0.0, "not supported"), (-0.2, "not supported")],
)
def test_c1_is_decided_by_paired_differences(difference, verdict):
    noise = 0.02 * np.random.default_rng(1).normal(size=N)
    runs = networks()
    runs["binning_global/compression/hidden"] = runs[HIDDEN] - difference + noise
    (finding,) = fixed_bins_underestimate(runs)
    assert (finding.verdict, finding.n) == (verdict, N)
    assert finding.effect == pytest.approx(difference, abs=0.01)


def test_c2_asks_only_activations_that_do_not_saturate_and_allows_for_noise():
    runs = pd.concat([networks(), networks(1, "tanh")], ignore_index=True)
    (finding,) = saturation_is_not_required(runs, phases(runs))
    assert (finding.group, finding.verdict) == ("relu", "supported")
    (finding,) = saturation_is_not_required(runs, phases(runs, noise=2.0))
    assert finding.verdict == "not supported"


@pytest.mark.parametrize(("width", "verdict"), [(1.0, "supported"), (0.01, "not supported")])
def test_c3_is_decided_by_the_spread_over_seeds(width, verdict):
    runs = networks()
    runs[HIDDEN] = 0.5 + width * (runs[HIDDEN] - 0.5)
    (finding,) = initialisations_vary(runs, phases(runs, noise=0.01))
    assert finding.verdict == verdict
    assert finding.effect == pytest.approx(runs[HIDDEN].std())


@pytest.mark.parametrize(
    ("kind", "verdict"), [("compresses_first", "supported"), ("compresses", "undecided")]
)
def test_c4_counts_networks_that_compress_first(kind, verdict):
    runs = networks()
    (finding,) = compression_may_come_first(runs, phases(runs, kind))
    assert finding.verdict == verdict
    assert finding.effect == (kind == "compresses_first")


def penalised(sign):
    tables = []
    for penalty in (0.0, 0.005, 0.015, 0.03):
        final = {f"ebab/I_XT/layer_{k}": 8.0 + k * (1 - 20 * sign * penalty) for k in (1, 2)}
        table = networks(int(1e4 * penalty), n=20, **final)
        table[HIDDEN] += 40 * sign * penalty
        table["accuracy/gap"] -= 40 * sign * penalty
        table["regularization"] = "l2" if penalty else "none"
        table["regularization.l2.penalty"] = penalty or np.nan
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def test_c5_is_decided_by_trends_in_the_penalty():
    assert verdicts(penalty_increases_compression(penalised(1))) == ["supported"] * 3
    assert verdicts(penalty_increases_compression(penalised(-1))) == ["not supported"] * 3


def test_c5_is_undecided_without_penalties():
    (finding,) = penalty_increases_compression(networks())
    assert finding.verdict == "undecided"
    assert "needs relu networks with regularization=none and with l2" in finding.rule


def test_c6_needs_the_last_layer_and_no_other():
    runs = networks(seed=2)
    runs["accuracy/test"] = runs[LAST] + 0.1 * runs["accuracy/test"]
    assert verdicts(only_the_last_layer_correlates(runs)) == ["supported"] * 2
    runs["ebab/compression/layer_1"] = runs[LAST]
    assert verdicts(only_the_last_layer_correlates(runs)) == ["not supported"] * 2


def test_c6_is_undecided_with_few_networks():
    findings = only_the_last_layer_correlates(networks(n=6))
    assert verdicts(findings) == ["undecided"] * 2


@pytest.mark.parametrize(("width", "verdict"), [(0.1, "supported"), (1.0, "not supported")])
def test_c7_is_decided_by_the_interval_of_ten_seeds(width, verdict):
    runs = networks()
    runs[HIDDEN] *= width
    (finding,) = ten_seeds_suffice(runs)
    assert finding.verdict == verdict
    expected = 2.262 * runs[HIDDEN].std() / np.sqrt(10)
    assert finding.effect == pytest.approx(expected, rel=1e-3)


def test_every_claim_is_answered_for_every_activation():
    runs = pd.concat([networks(), networks(1, "elu", n=4)], ignore_index=True)
    table = claims(Networks(runs, pd.DataFrame(), phases(runs)))
    assert set(table["claim"]) == {f"C{k}" for k in range(1, 8)}
    few = table[table["group"].str.startswith("elu")]
    assert (few["verdict"] == "undecided").all()
    assert few["rule"].str.contains("got 4").all()


@pytest.mark.parametrize("paper", PAPERS)
def test_claims_say_what_they_lack(paper):
    runs = networks(n=6).assign(seed=range(6))
    columns = ["network", "epoch", "layer", "part", "estimator", "i_xt", "i_ty"]
    table = claims(Networks(runs, pd.DataFrame(columns=columns), phases(runs)), paper)
    assert set(table["claim"]) == set(PAPERS[paper].statements)
    assert set(table["statement"]) == set(PAPERS[paper].statements.values())
    assert (Path(shipped()) / "experiment" / f"{PAPERS[paper].experiment}.yaml").is_file()
