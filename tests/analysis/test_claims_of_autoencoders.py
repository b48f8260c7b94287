"""Claims on autoencoders, tested on tables whose answer is known."""

import numpy as np
import pandas as pd

from ibsweep.analysis.claims import Networks, claims


def networks(scores, errors):
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(10):
        for kind, score in scores.items():
            rows.append(
                {
                    "run_id": f"{kind}{seed}",
                    "seed": seed,
                    "network.kind": "tied" if kind == "tied" else "plain",
                    "regularization": "sparsity" if kind == "sparse" else "none",
                    "renyi/compression/hidden": score + 0.01 * rng.standard_normal(),
                    "rmse/test": errors[kind] + 0.001 * rng.standard_normal(),
                }
            )
    empty = pd.DataFrame()
    return Networks(pd.DataFrame(rows), empty, empty, "renyi")


def verdicts(table):
    return {(row.claim, row.group): row.verdict for row in table.itertuples()}


def test_claims_that_hold():
    scores = {"plain": 0.2, "sparse": 0.4, "tied": 0.01}
    table = claims(networks(scores, dict.fromkeys(scores, 0.2)), "autoencoders")
    assert set(table["verdict"]) == {"supported"} and len(table) == 6


def test_claims_that_do_not():
    scores = {"plain": 0.01, "sparse": 0.0, "tied": 0.3}
    found = verdicts(
        claims(networks(scores, {"plain": 0.2, "sparse": 0.3, "tied": 0.2}), "autoencoders")
    )
    assert found["A1", "plain"] == found["A2", "tied"] == "not supported"
    assert found["A3", "sparse"] == "not supported" and found["A3", "tied"] == "supported"


def test_other_networks_leave_them_undecided():
    runs = pd.DataFrame({"run_id": ["a"], "accuracy/test": [0.9]})
    table = claims(Networks(runs, runs, runs, "renyi"), "autoencoders")
    assert set(table["verdict"]) == {"undecided"}
