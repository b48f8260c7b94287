"""Claims on training schemes, on curves for which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.claims import PAPERS, Networks, claims
from ibsweep.analysis.claims.schemes import (
    accuracy_is_not_linked,
    end_to_end_serves_the_label,
    middle_layers_compress_end_to_end_only,
)
from ibsweep.analysis.effects import Finding

LAYERS = [*(f"layer_{k}" for k in range(1, 6)), "output"]
SCORES = {"end_to_end": 0.5, "layerwise": 0.2, "sequential": 0.2}


def measured(scores, *, seeds=10, ratio="rises", rng=0):
    """Return networks whose middle layers have given scores, and the end-to-end ones accuracy."""
    rng = np.random.default_rng(rng)
    tables, runs = [], []
    for scheme, compressed in scores.items():
        for seed in range(seeds):
            name = f"{scheme}{seed}"
            own = compressed + 0.01 * rng.normal()
            good = 0.1 * (scheme == "end_to_end") + 0.02 * rng.random()
            runs.append(
                {
                    "run_id": name,
                    "scheme": scheme,
                    "activation": "relu",
                    "seed": seed,
                    "accuracy/test": 0.8 + good,
                    "ebab/compression/hidden": own + 0.01 * rng.normal(),
                }
            )
            for depth, layer in enumerate(LAYERS):
                middle = layer in LAYERS[1:4]
                final = 8 * (1 - own) if middle else 8.0
                keys = {"network": name, "layer": layer, "epoch": [0, 5, 9], "part": "all"}
                i_xt = np.array([4.0, 8.0, final])
                share = {"rises": depth + 1, "falls": 9 - depth}[ratio] / 20
                bits = {"i_xt": i_xt, "i_ty": i_xt * share}
                tables.append(pd.DataFrame({**keys, "estimator": "ebab", **bits}))
                kernels = {"dependence_xt": 3 * i_xt, "dependence_ty": 0.5 + 5 * good}
                tables.append(pd.DataFrame({**keys, "estimator": "nhsic", **kernels}))
    return Networks(pd.DataFrame(runs), pd.concat(tables, ignore_index=True), pd.DataFrame())


@pytest.mark.parametrize(
    ("others", "verdict", "difference"),
    [(0.2, "supported", 0.3), (0.5, "not supported", 0.0), (0.7, "not supported", -0.2)],
)
def test_s1_is_decided_by_the_middle_layers_of_equal_seeds(others, verdict, difference):
    scores = {"end_to_end": 0.5, "layerwise": others, "sequential": others}
    findings = middle_layers_compress_end_to_end_only(measured(scores))
    assert [one.group for one in findings] == ["relu, layerwise", "relu, sequential"] * 2
    assert {one.verdict for one in findings} == {verdict}
    assert {one.n for one in findings} == {10}
    assert all(one.effect == pytest.approx(difference, abs=0.02) for one in findings)
    assert [one.measure.split()[2] for one in findings] == ["ebab"] * 2 + ["nhsic"] * 2


def test_s2_is_decided_by_differences_of_dependence_and_accuracy():
    findings = end_to_end_serves_the_label(measured(SCORES))
    assert [one.verdict for one in findings] == ["supported"] * 4
    assert findings[0].effect == pytest.approx(0.5, abs=0.05)
    assert findings[2].effect == pytest.approx(0.1, abs=0.01)
    swapped = measured({"layerwise": 0.2, "end_to_end": 0.2})
    swapped.runs["scheme"] = swapped.runs["scheme"].map(
        {"layerwise": "end_to_end", "end_to_end": "layerwise"}
    )
    assert {one.verdict for one in end_to_end_serves_the_label(swapped)} == {"not supported"}


@pytest.mark.parametrize(
    ("ratio", "verdict"), [("rises", "supported"), ("falls", "not supported")]
)
def test_s3_ratio_is_decided_by_its_trend_with_depth(ratio, verdict):
    *_, trend = accuracy_is_not_linked(measured(SCORES, ratio=ratio))
    assert (trend.verdict, abs(trend.effect)) == (verdict, pytest.approx(1.0))


@pytest.mark.parametrize(("linked", "verdict"), [(False, "supported"), (True, "not supported")])
def test_s3_link_is_decided_by_the_interval_of_rho(linked, verdict):
    networks = measured({"sequential": 0.2}, seeds=200)
    runs = networks.runs
    if linked:
        runs["accuracy/test"] = runs["ebab/compression/hidden"] + 0.7
    link, _ = accuracy_is_not_linked(networks)
    assert (link.verdict, link.n) == (verdict, 200)


def test_without_other_schemes_it_says_what_is_needed():
    networks = measured(SCORES)
    runs = networks.runs
    one = networks._replace(runs=runs[runs["scheme"] == "end_to_end"])
    older = networks._replace(runs=runs.drop(columns="scheme"))
    for lacking in (one, older):
        table = claims(lacking, "schemes")
        assert list(table["claim"].unique()) == list(PAPERS["schemes"].statements)
        assert (table["verdict"] == "undecided").all()
        assert table["rule"].str.startswith("needs ").all()
    assert list(claims(networks, "schemes").columns) == list(Finding._fields)
