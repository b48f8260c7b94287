"""A layer that is exactly 0 for part of the samples is told from one that has a density."""

import numpy as np
import pandas as pd
import pytest
import torch

import ibsweep
from ibsweep.config.jobs import describe
from ibsweep.information import measure
from ibsweep.samples import atom_share
from ibsweep.scores.scoring import score
from ibsweep.sweeps.batch import Batch
from ibsweep.tracking import open_store

N = 400
VECTORS = ("shuffled", "kl", "wkl", "ksg", "kde_entropy", "gaussian", "renyi")


@pytest.fixture
def x(rng):
    return rng.normal(size=(N, 2))


def half_off(x):
    return np.where(np.arange(N)[:, None] % 2, x, 0)


def test_the_share_of_a_vector_that_is_0_for_half_of_the_samples_is_a_half(x):
    assert atom_share(half_off(x)) == 0.5


def test_a_density_has_no_atoms(x):
    assert atom_share(x) == atom_share(np.hstack([x, -x])) == 0


def test_of_units_that_are_off_at_unlike_samples_the_worst_counts(x):
    limits = [np.quantile(x[:, 0], 0.25), np.quantile(x[:, 1], 0.75)]
    assert atom_share(np.where(x > limits, x, 0)) == 0.75


def test_discrete_and_constant_units_stand_beside_no_density(x):
    beside = np.stack([np.arange(N) % 2, np.ones(N)], axis=1)
    assert atom_share(beside) == atom_share(np.ones((1, 2))) == 0
    assert atom_share(np.hstack([beside, half_off(x)])) == 0.5


def measured(layers, names, settings, x):
    return measure(
        {name: torch.from_numpy(layer)[None] for name, layer in layers.items()},
        np.arange(N) // 2 % 2,
        settings(f"estimator=[{','.join(names)}]", "noise=additive").estimators,
        epochs=np.arange(1),
        parts={"all": np.arange(N)},
        inputs=x,
    )


def test_every_estimator_of_vectors_tells_it_and_no_other(x, settings):
    layers = {"layer_1": x + 0.1, "layer_2": half_off(x), "output": x}
    table = measured(layers, [*VECTORS, "ebab"], settings, x).set_index(["layer", "estimator"])
    for name in VECTORS:
        for layer, share in (("layer_1", 0.0), ("layer_2", 0.5)):
            told = table.loc[(layer, name), ["atom_share_t", "label_atom_share_t", "atom_share_x"]]
            assert told.tolist() == [share, share, 0.0]
    assert table.xs("ebab", level="estimator")["atom_share_t"].isna().all()


@pytest.mark.parametrize(("share", "flag"), [(0.0, 0.0), (0.01, 0.0), (0.02, 1.0), (1.0, 1.0)])
def test_more_than_a_hundredth_in_a_layer_raises_the_flag(share, flag):
    rows = {"epoch": [0, 0], "layer": ["layer_1", "output"], "part": "all", "i_xt": 1.0}
    curves = pd.DataFrame(rows | {"i_ty": 0.5, "estimator": "it", "atom_share_t": [share, 0.0]})
    others = (
        curves.assign(part="test", atom_share_t=0.5),
        curves.assign(estimator="other", atom_share_t=np.nan),
    )
    training = pd.DataFrame({"epoch": [0]})
    found = score(pd.concat([curves, *others]), training, np.array([0, 1]))
    assert found["it/atoms"] == flag
    assert "other/atoms" not in found
    before = score(curves.drop(columns="atom_share_t"), training, np.array([0, 1]))
    assert not [name for name in before if name.endswith("/atoms")]


@pytest.mark.parametrize(("activation", "flag"), [("relu", 1.0), ("tanh", 0.0)])
def test_a_stored_network_carries_the_flag(settings, activation, flag):
    study = settings(
        *("task=digits", "network.hidden=[4,3]", f"activation={activation}", "noise=additive"),
        *("training.epochs=1", "measured=test", "estimator=[gaussian,ebab]"),
    )
    choices = {"activation": activation, "regularization": "none", "noise": "additive"}
    Batch([study], lambda fraction: None).run(0, describe(study, choices, sweep="night"))
    (network,) = open_store(study.tracking).networks().to_dict("records")
    assert network["gaussian/atoms"] == flag
    assert "ebab/atoms" not in network
    curves = ibsweep.curves(ibsweep.runs(directory=study.tracking.directory))
    most = curves.groupby("estimator")["atom_share_t"].max()
    assert most["gaussian"] > 0.3 if flag else most["gaussian"] < 0.01
    assert np.isnan(most["ebab"])
