"""Numbers of each numerics version: if they change, so must `fingerprints.NUMERICS`.

Else a store would take old results for those of the new code. `python -m tests.test_golden` prints
the numbers of the present code. One epoch or two, so that another CPU's rounding stays below 1e-5:
a sum of the 1000 products of a unit, in float32, is off by √1000 · 6e-8 = 2e-6 of itself.
"""

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from ibsweep.compressors import autoencoder
from ibsweep.config.fingerprints import NUMERICS, versions
from ibsweep.config.settings import Settings
from ibsweep.config.shipped import option
from ibsweep.estimators import critics
from ibsweep.information import measure
from ibsweep.launching.registration import register
from ibsweep.learning.trainer import train
from ibsweep.sweeps.batch import ensemble_of
from tests.conftest import ROOT

ONE_EPOCH = ["training.epochs=1", "snapshots=linear", "snapshots.every=1"]
KINDS = {  # name: what is trained for an epoch
    "relu": ["seed=7"],
    "prelu-l1_l2": ["activation=prelu", "regularization=l1_l2", "training.learning_rate=0.01"],
    "tanh-dropout": ["activation=tanh", "regularization=dropout", "seeding=all", "seed=3"],
    "swish-noise": ["activation=swish", "regularization=activity_noise", "training=released"],
    "elu-max_norm-sgd": [
        *("activation=elu", "regularization=max_norm", "regularization.max_norm.norm=1"),
        *("training.optimizer=sgd", "training.sgd_momentum=0.9", "training.learning_rate=0.1"),
    ],
    "shuffled-sequential": ["task=shuffled", "split=sequential", "dtype=float64"],
}
TRAINING = {  # numerics version: kind → the norm of the weights, and their sum with signs + − + …
    1: {
        "relu": [5.41990855440502, 3.9923276901645295],
        "prelu-l1_l2": [4.593475820038451, 1.002388742286712],
        "tanh-dropout": [5.501560674064901, -7.321724818768416],
        "swish-noise": [9.76733602697703, -0.7370582676667254],
        "elu-max_norm-sgd": [4.910433767717733, -0.2909059310914017],
        "shuffled-sequential": [5.401013808572914, -3.42870911840068],
    },
}
CONVOLUTIONAL = {  # as KINDS, of convolutional networks
    "conv": ["task=digits", "network=conv_small", "training=images_quick"],
    "conv-noise-dropout": [
        *("task=digits", "network=conv_small", "noise=[relative,dropout]"),
        *("activation=leaky_relu", "noise.relative.noise_std=0.1", "training.learning_rate=0.01"),
    ],
}
PARTS = {  # numerics versions of convolutions and of noise: as TRAINING
    (2, 2): {
        "conv": [7.350905594029963, 10.727511140808929],
        "conv-noise-dropout": [7.431607341374187, 10.647680032800963],
    },
}
AUTOENCODERS = {  # numerics version: kind → norms of codes and of a reconstruction, see `coded`
    2: {
        "dense": [1.6730705166599051, 1.8647265009742053],
        "conv": [0.029347112125038537, 1.7192137390520132],
    },
}
CRITICS = {  # numerics version: bound → bits of 64 fixed samples after ten steps
    3: {
        "mine": 2.3580357943162946,
        "nwj": 2.3281264953051184,
        "infonce": 2.3514749497849543,
        "smile": 2.3571853223239416,
    },
}
ESTIMATORS = {  # version of all: estimator, later with its own as ebab-2 → I(X;T), I(T;Y) in bits
    1: {
        "akde": [5.389510944162929, 0.9008670246989885],
        "akde_lower": [4.973706278376355, 0.8447572170880449],
        "binning_epoch": [5.325605320957341, 0.8831542910671946],
        "binning_global": [5.325605320957341, 0.8831542910671946],
        "binning_layer": [5.325605320957341, 0.8831542910671946],
        "binning_width": [5.589614648336087, 0.9574494082884986],
        "ebab": [5.558364648336087, 0.9261994082884986],
        "ebab_released": [5.558364648336087, 0.9574494082884986],
        "kde": [5.586728613105411, 0.9563905169664082],
        "kde_lower": [5.462927679324038, 0.9182683454437202],
    },
}


def trained(*overrides):
    """Train a network for an epoch, and sum its weights up in two numbers."""
    settings = make(*overrides, *ONE_EPOCH)
    weights = train(ensemble_of([settings] * 4)).weights[-1, 0].double().numpy()
    signs = np.where(np.arange(len(weights)) % 2, -1, 1)
    return [float(np.linalg.norm(weights)), float(weights @ signs)]


def measured(name):
    """Estimate the information in 64 fixed samples of three units, some of them equal."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(64, 4))
    layer = torch.tensor(np.round(np.maximum(inputs @ rng.normal(size=(4, 3)), 0), 1))[None]
    labels = (inputs.sum(axis=1) > 0).astype(int)
    curves = measure(
        {"layer_1": layer, "output": layer.softmax(-1)},
        labels,
        make(f"estimator=[{name}]").estimators,
        epochs=np.arange(1),
        parts={"all": np.arange(64)},
        inputs=inputs,
    )
    return curves.loc[curves["layer"] == "layer_1", ["i_xt", "i_ty"]].to_numpy()[0].tolist()


def coded(kind):
    """Train an autoencoder for a step with each loss, and sum both its halves up in a number.

    Codes count from their mean. The last bias before codes are normalised has no gradient but
    rounding, which Adam, dividing it by its own size, makes steps as long as any other's.
    """
    points = np.random.default_rng(0).normal(size=(64, 49))
    fitted = autoencoder.fit(points, dimensions=3, kind=kind, epochs=2, input_noise_std=0.1)
    codes = fitted.encode(points)
    parts = codes - codes.mean(axis=0), fitted.decode(np.eye(3))
    return [float(np.linalg.norm(part)) for part in parts]


def told(bound):
    """Train a critic for ten steps."""
    x, noise = np.random.default_rng(0).normal(size=(2, 64, 2))
    return critics.mutual_information(x, x + 0.1 * noise, bound=bound, steps=10).value


def make(*overrides):
    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(ROOT / "conf")):
        return Settings.of(compose("config", overrides=list(overrides)))


@pytest.mark.parametrize("kind", KINDS)
def test_training_gives_the_numbers_of_its_version(kind):
    expected = TRAINING[NUMERICS["training"]][kind]
    assert trained(*KINDS[kind]) == pytest.approx(expected, rel=1e-5, abs=5e-5)


@pytest.mark.parametrize("kind", CONVOLUTIONAL)
def test_convolutional_networks_give_the_numbers_of_their_version(kind):
    expected = PARTS[NUMERICS["convolutions"], NUMERICS["noise_numerics"]][kind]
    assert trained(*CONVOLUTIONAL[kind]) == pytest.approx(expected, rel=1e-5, abs=5e-5)


@pytest.mark.parametrize(
    "name", sorted({key.split("-")[0] for key in ESTIMATORS[NUMERICS["estimators"]]})
)
def test_estimators_give_the_numbers_of_their_version(name):
    own = versions(option("estimator", name)).values()
    expected = ESTIMATORS[NUMERICS["estimators"]]["-".join([name, *map(str, own)])]
    assert measured(name) == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("kind", AUTOENCODERS[NUMERICS["autoencoders"]])
def test_autoencoders_give_the_codes_of_their_version(kind):
    expected = AUTOENCODERS[NUMERICS["autoencoders"]][kind]
    assert coded(kind) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("bound", critics.BOUNDS)
def test_critics_give_the_numbers_of_their_version(bound):
    expected = CRITICS[NUMERICS["critics"]][bound]
    assert told(bound) == pytest.approx(expected, rel=1e-4)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for kind, overrides in (KINDS | CONVOLUTIONAL).items():
        print(f'        "{kind}": {trained(*overrides)},')
    for path in sorted((ROOT / "conf" / "estimator").glob("*.yaml")):
        print(f'        "{path.stem}": {measured(path.stem)},')
    for kind in autoencoder.KINDS:
        print(f'        "{kind}": {coded(kind)},')
    for bound in critics.BOUNDS:
        print(f'        "{bound}": {told(bound)},')
