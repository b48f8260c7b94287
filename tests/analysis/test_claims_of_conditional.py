"""The claim on conditional planes, on curves for which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis.bounds import conditional
from ibsweep.analysis.claims import Networks
from ibsweep.analysis.claims.conditional import conditioning_changes_the_picture
from ibsweep.scores.phases import phases

EPOCHS = 2 ** np.arange(12) - 1


def measured(*, near, far, learning, seeds=30):
    """Return networks with I(X;T) that is constant, and I(T;Y) that ends at known values."""
    tables = []
    for k in range(seeds):
        for layer, end in (("layer_1", near), ("layer_2", far), ("output", 9.0)):
            i_ty = end - learning * np.linspace(1, 0, len(EPOCHS))
            i_ty[-1] += 0.001 * ((-1) ** k) * (layer == "layer_1")
            table = pd.DataFrame({"epoch": EPOCHS, "i_xt": 8.0, "i_ty": i_ty})
            tables.append(table.assign(network=f"run{k}", layer=layer))
    curves = pd.concat(tables, ignore_index=True).assign(estimator="ebab", part="all")
    runs = pd.DataFrame({"run_id": [f"run{k}" for k in range(seeds)], "activation": "relu"})
    return Networks(runs.assign(samples=4096), curves, phases(curves, 4096, resamples=1))


@pytest.mark.parametrize(
    ("near", "far", "verdict"),
    [(0.9, 0.7, "supported"), (0.7, 0.9, "not supported"), (0.8, 0.8, "undecided")],
)
def test_t1_asks_where_conditioning_takes_most_away(near, far, verdict):
    finding, _ = conditioning_changes_the_picture(measured(near=near, far=far, learning=0.0))
    assert finding.verdict == verdict
    assert finding.effect == pytest.approx(near - far, abs=1e-3)
    assert finding.n == 30


@pytest.mark.parametrize(("learning", "verdict"), [(0.9, "supported"), (0.0, "undecided")])
def test_t1_counts_networks_with_another_verdict(learning, verdict):
    """I(X;T) is constant; if the layer learns the label, I(X;T|Y) falls by as much."""
    networks = measured(near=1.0, far=0.9, learning=learning)
    assert set(networks.phases["verdict"]) == {"static"}
    _, finding = conditioning_changes_the_picture(networks)
    assert finding.effect == (1.0 if learning else 0.0)
    assert finding.verdict == verdict


def test_layers_at_the_ceiling_do_not_count():
    networks = measured(near=1.0, far=0.9, learning=0.9)
    full = networks.curves.assign(i_xt=12.0)
    networks = networks._replace(curves=full, phases=phases(full, 4096, resamples=1))
    _, finding = conditioning_changes_the_picture(networks)
    assert finding.verdict == "undecided" and finding.n == 0


def test_a_conditional_plane_has_the_rest_of_the_information():
    curves = measured(near=0.9, far=0.7, learning=0.5, seeds=1).curves
    given = conditional(curves)
    assert np.allclose(given["i_xt"] + given["i_ty"], curves["i_xt"])
    assert given.drop(columns="i_xt").equals(curves.drop(columns="i_xt"))
