"""The claim on regression, tested on tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks, claims


def networks(gain, seeds=10, kinds=("none", "cs_ib")):
    """Return regressions of which those with the bottleneck err by `gain` less."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(seeds):
        base = 0.5 + 0.1 * rng.standard_normal()
        for kind in kinds:
            error = base - (gain + 0.01 * rng.standard_normal() if kind == "cs_ib" else 0)
            rows.append(
                {
                    "run_id": f"{kind}{seed}",
                    "task": "friedman",
                    "seed": seed,
                    "regularization": kind,
                    "rmse/test": error,
                    "rmse/gap": error - 0.3,
                }
            )
    empty = pd.DataFrame()
    return Networks(pd.DataFrame(rows), empty, empty)


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.05, "supported"), (-0.05, "not supported"), (0.0, "undecided")]
)
def test_pairs_of_seeds_decide(gain, verdict):
    table = claims(networks(gain), "regression")
    assert len(table) == 2 and set(table["verdict"]) == {verdict}
    assert table["effect"].tolist() == pytest.approx([-gain, -gain], abs=0.01)


@pytest.mark.parametrize("kinds", [("none",), ("cs_ib",)])
def test_without_both_it_is_undecided(kinds):
    (row,) = claims(networks(0.1, kinds=kinds), "regression").to_dict("records")
    assert row["verdict"] == "undecided" and "needs regressions" in row["rule"]


def test_classifications_do_not_count():
    runs = pd.DataFrame({"run_id": ["a"], "accuracy/test": [0.9], "regularization": ["none"]})
    (row,) = claims(Networks(runs, runs, runs), "regression").to_dict("records")
    assert row["verdict"] == "undecided"
