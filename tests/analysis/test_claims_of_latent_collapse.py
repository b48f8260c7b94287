"""The claim on a penalty of activity, on networks whose correlations are known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import Networks, claims
from ibsweep.analysis.claims.latent_collapse import PENALTY


def measured(*, sign, seeds=20):
    """Return networks whose measures follow the penalty with a sign, or not at all (0)."""
    rng = np.random.default_rng(0)
    penalties = np.repeat([0.0, 0.1, 1.0, 10.0], seeds // 4)
    trend = sign * np.argsort(np.argsort(penalties)) + 0.1 * rng.normal(size=seeds)
    noise = rng.normal(size=seeds)
    values = trend if sign else noise
    networks = [f"run{k}" for k in range(seeds)]
    runs = pd.DataFrame({"run_id": networks, PENALTY: penalties, "accuracy/robust": values})
    tables = [
        pd.DataFrame({"network": networks, "epoch": epoch, "layer": layer, "part": "all",
                      "estimator": estimator, "nc1": nc1, "i_xt": i_xt})
        for epoch, layer in ((0, "layer_2"), (9, "layer_1"), (9, "layer_2"), (9, "output"))
        for estimator, nc1, i_xt in (
            ("geometry", -values if (epoch, layer) == (9, "layer_2") else values, np.nan),
            ("kde", np.nan, -values if (epoch, layer) == (9, "layer_2") else values),
        )
    ]  # fmt: skip
    return Networks(runs, pd.concat(tables), pd.DataFrame(), "kde")


@pytest.mark.parametrize(
    ("sign", "verdict"), [(1, "supported"), (-1, "not supported"), (0, "undecided")]
)
def test_l2_goes_by_the_last_hidden_layer_at_the_end(sign, verdict):
    table = claims(measured(sign=sign), "latent_collapse")
    assert table["measure"].str.split().str[-1].tolist() == ["nc1", "i_xt", "accuracy/robust"]
    assert table["verdict"].tolist() == [verdict] * 3
    if sign:
        np.testing.assert_array_equal(np.sign(table["effect"]), [-sign, -sign, sign])


def test_l2_says_what_it_needs():
    networks = measured(sign=1)
    runs = networks.runs.drop(columns="accuracy/robust")
    (row,) = claims(networks._replace(runs=runs), "latent_collapse").to_dict("records")
    assert row["verdict"] == "undecided" and "no accuracy/robust" in row["rule"]
