"""Claims on geometry, on curves for which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks
from ibsweep.analysis.claims.geometry import (
    MEASURES,
    information_goes_with_geometry,
    low_information_is_no_clustering,
)


def measured(relation, *, seeds=12, snapshots=20):
    """Return networks whose geometry follows I(X;T), or does not, over a training."""
    rng = np.random.default_rng(0)
    tables = []
    for k in range(seeds):
        for layer in ("layer_1", "layer_2"):
            epochs = np.arange(snapshots)
            i_xt = rng.normal(size=snapshots)
            other = {
                "follows": i_xt + 0.1 * rng.normal(size=snapshots),
                "is free": rng.normal(size=snapshots),
            }
            keys = {"network": f"run{k}", "layer": layer, "epoch": epochs, "part": "all"}
            tables.append(pd.DataFrame({**keys, "estimator": "ebab", "i_xt": i_xt}))
            geometry = dict.fromkeys(MEASURES, other[relation])
            tables.append(pd.DataFrame({**keys, "estimator": "geometry", **geometry}))
    runs = pd.DataFrame({"run_id": [f"run{k}" for k in range(seeds)], "activation": "relu"})
    runs["accuracy/test"] = rng.random(seeds)
    return Networks(runs, pd.concat(tables, ignore_index=True), pd.DataFrame())


@pytest.mark.parametrize(
    ("relation", "verdict"), [("follows", "supported"), ("is free", "not supported")]
)
def test_g1_is_decided_by_the_mean_over_networks(relation, verdict):
    findings = information_goes_with_geometry(measured(relation))
    assert [finding.verdict for finding in findings] == [verdict] * len(MEASURES)
    assert {finding.n for finding in findings} == {12}
    assert findings[0].effect == pytest.approx(0.98 if relation == "follows" else 0.0, abs=0.1)


@pytest.mark.parametrize(
    ("relation", "verdict"), [("follows", "not supported"), ("is free", "supported")]
)
def test_g2_is_decided_by_the_final_snapshot_of_the_last_hidden_layer(relation, verdict):
    networks = measured(relation, seeds=40)
    (finding,) = low_information_is_no_clustering(networks)
    assert (finding.verdict, finding.n) == (verdict, 40)
    curves = networks.curves
    last = (curves["epoch"] == 19) & (curves["layer"] == "layer_2")
    i_xt = curves[last & (curves["estimator"] == "ebab")].set_index("network")["i_xt"]
    cdnv = curves[last & (curves["estimator"] == "geometry")].set_index("network")["cdnv"]
    assert finding.effect == pytest.approx(i_xt.corr(cdnv, method="spearman"))
