"""What compressed information says of networks on digits."""

import itertools

import numpy as np
import pytest
import torch

from ibsweep.compressors import pca
from ibsweep.estimators import mixed_ksg, shuffled
from ibsweep.estimators.lossy import lossy_information
from ibsweep.learning.trainer import train
from ibsweep.networks.noise import capacity
from ibsweep.networks.replay import replay
from ibsweep.sweeps.batch import ensemble_of
from ibsweep.sweeps.replay import Replay
from ibsweep.tasks.digits import digits


@pytest.fixture(scope="module")
def data():
    return digits()


@pytest.fixture(scope="module")
def options(data):
    return {
        "inputs": data.inputs,
        "task_inputs": {"all": data.inputs},
        "input_compressor": pca.fit,
        "layer_compressor": pca.fit,
        "of_inputs": shuffled.mutual_information,
        "of_labels": mixed_ksg.label_information,
    }


def test_four_components_hide_what_ten_classes_tell(settings, data, options):
    study = settings(
        "task=digits", "network.hidden=[32]", "training=images_quick", "training.epochs=15"
    )
    weights = train(ensemble_of([study] * 4), lambda fraction: None).weights[-1:, 0]
    output = replay(study.network, weights, data.inputs)[0]["output"][0]
    right = (output.argmax(dim=1).numpy() == data.labels).mean()
    nine = lossy_information(output, data.labels, **options).i_ty
    four = lossy_information(output, data.labels, **options, label_dimensions=4).i_ty
    print(f"accuracy {right:.2f}: 9 components {nine:.2f}, 4 components {four:.2f} of 3.32 bits")
    assert right > 0.7
    assert four + 0.1 < nine < np.log2(10)  # apart by .28 ± .03 over seeds


def test_the_frozen_control_differs_before_the_last_epoch_and_agrees_at_it(settings):
    names = ("lossy", "lossy_frozen")
    fast = "input_compressor._target_=ibsweep.compressors.pca.fit"
    study = settings(
        "task=digits",
        "network.hidden=[8]",
        "noise=[relative]",
        "training=images_quick",
        "training.epochs=3",
        "snapshots=explicit",
        "floor_snapshots=0",
        "measured=test",
        f"estimator=[{','.join(names)}]",
        *(f"estimator.{name}.{fast}" for name in names),
    )
    weights = train(ensemble_of([study] * 4), lambda fraction: None).weights[:, 0]
    curves = Replay(study, weights).measure(study).set_index(["estimator", "epoch", "layer"])
    refitted, frozen = (curves.loc[name, ["i_xt", "i_ty"]] for name in names)
    apart = (refitted - frozen).abs()
    assert apart.loc[3].max(axis=None) < 1e-6
    assert apart.loc[(0, "layer_1"), "i_xt"] > 1e-3


def test_estimates_grow_as_the_noise_shrinks_and_stay_below_its_capacity(data, options):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.from_numpy(data.inputs)
    mixing = torch.randn(64, 4, generator=generator, dtype=torch.float64)
    held = torch.tanh((inputs - inputs.mean(dim=0)) @ mixing)
    noise = torch.randn(held.shape, generator=generator, dtype=torch.float64)
    found = []
    for noise_std in (3.0, 1.0, 0.3, 0.1, 0.03):
        bits = lossy_information(held + noise_std * noise, data.labels, **options).i_xt
        most = float(capacity(held.square().mean(), units=4, variance=noise_std**2))
        print(f"noise {noise_std}: estimate {bits:.2f}, capacity {most:.2f} bits")
        assert bits < most + 0.1
        found.append(bits)
    assert all(lower < higher for lower, higher in itertools.pairwise(found))
