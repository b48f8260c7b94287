"""Autoencoders: sizes, tied weights, what they rebuild, sparse layers."""

import dataclasses

import numpy as np
import pytest
import torch

from ibsweep.config.engines import engine_of, ensemble_of
from ibsweep.config.instantiation import ConfigError
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.sparsity import sparsity
from ibsweep.learning.trainer import train
from ibsweep.networks.activations import Activation
from ibsweep.networks.autoencoder import Autoencoder
from ibsweep.networks.module import TrainedNetwork
from ibsweep.sweeps.replay import Replay

SIGMOID = Activation(torch.nn.Sigmoid(), 1.0, {})
SMALL = [
    *("task=digits", "network=autoencoder", "network.hidden=[12,5]", "activation=sigmoid"),
    *("training=images_quick", "training.epochs=3", "snapshots.count=2", "estimator=[renyi]"),
    *("estimator.renyi.pair.largest=60", "estimator.renyi.labelled.largest=60"),
    "floor_snapshots=1",
]
KINDS = {
    "plain": ["network.kind=plain"],
    "tied": ["network.kind=tied"],
    "sparse": ["regularization=sparsity"],
}


def network(kind="plain", **options):
    sizes = {"hidden": [6, 3], "features": 8, "classes": 8}
    rest = {"output": "sigmoid", "activation": SIGMOID, "initialization": "glorot"}
    return Autoencoder(kind=kind, **{**sizes, **rest, **options})


def test_the_decoder_has_the_encoders_sizes_in_reverse():
    assert network().units == [6, 3, 6, 8]
    assert network(hidden=[3]).units == [3, 8]
    assert list(network().layers) == ["layer_1", "layer_2", "layer_3", "output"]


def test_tied_weights_are_the_encoders_transposed():
    tied, plain = network("tied"), network()
    assert dict(tied.tied) == {"layer_3": "layer_2", "output": "layer_1"}
    names = {one.name for one in tied.parameters}
    assert {"layer_3.bias", "output.bias"} <= names
    assert not {"layer_3.weight", "output.weight"} & names
    generator = torch.Generator().manual_seed(0)
    values = {one.name: torch.randn(2, *one.shape, generator=generator) for one in tied.parameters}
    both = {name: values[f"{source}.weight"].mT for name, source in tied.tied.items()}
    whole = {**values, **{f"{name}.weight": weight for name, weight in both.items()}}
    inputs = torch.rand(2, 8, 5, generator=generator)
    for one, other in zip(tied.forward(values, inputs), plain.forward(whole, inputs), strict=True):
        assert torch.equal(one, other)
    module = TrainedNetwork(tied, {k: v[0] for k, v in values.items()}, softmax=False)
    told = module(inputs[0].T.contiguous())
    torch.testing.assert_close(told, tied.forward(values, inputs)[-1][0].T)


def test_it_ends_with_a_sigmoid_or_not():
    values = {one.name: torch.ones(1, *one.shape) for one in network().parameters}
    inputs = torch.ones(1, 8, 1)
    linear = network(output="linear").forward(values, inputs)[-1]
    assert torch.equal(network().forward(values, inputs)[-1], linear.sigmoid())


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"kind": "deep"}, "kind must be one of plain, tied, got"),
        ({"output": "tanh"}, "output must be one of sigmoid, linear, got"),
        ({"hidden": []}, "hidden must be a list of at least one layer size"),
        ({"classes": 2}, "network must rebuild its input, got one from 8 to 2 numbers"),
    ],
)
def test_options_out_of_range(options, rule):
    with pytest.raises(ValueError, match=rule):
        network(**options)


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_bit_equal_alone_among_others_and_resumed(settings, tmp_path, kind):
    members = [settings(*SMALL, *KINDS[kind], f"seed={seed}") for seed in range(5)]
    together = train(ensemble_of(members)).weights
    alone = train(ensemble_of(members[2:3] * 4)).weights
    assert torch.equal(together[:, 2], alone[:, 0])
    half = dataclasses.replace(ensemble_of(members), snapshots=np.array([0, 1, 3]))

    def stop(fraction):
        if fraction >= 0.5:
            raise KeyboardInterrupt

    names = [f"s{seed}" for seed in range(5)]
    with pytest.raises(KeyboardInterrupt):
        train(half, stop, checkpoints=Checkpoints(tmp_path, names, seconds=0))
    rest = [4, 2, 0, 1]
    parts = dataclasses.replace(
        ensemble_of([members[k] for k in rest]), snapshots=np.array([0, 1, 3])
    )
    going_on = Checkpoints(tmp_path, [f"s{k}" for k in rest], epoch=2)
    finished = train(parts, checkpoints=going_on).weights[-1]
    assert torch.equal(finished, together[-1, rest])


def test_it_learns_to_rebuild_and_is_measured_against_what_it_tells(settings):
    study = settings(*SMALL, "training.epochs=30", "training.learning_rate=5e-3")
    study.check()
    replay = Replay(study, train(ensemble_of([study] * 4)).weights[:, 0])
    error = replay.training["rmse/test"]
    assert error.iloc[-1] < 0.75 * error.iloc[0]
    curves = replay.measure(study)
    last = curves[curves["epoch"] == 30].set_index("layer")
    assert last["i_t_label"].between(0, np.log2(10)).all()
    assert last["i_ty_floor"].notna().all()
    told = last.loc["output", "i_ty"]  # I(X′;X′) is the most that a layer can have with X′
    assert (last["i_ty"] <= told + 1e-6).all() and told > 0


def test_what_rebuilds_perfectly_has_equal_coordinates(rng):
    from ibsweep.estimators import renyi
    from ibsweep.estimators.adapters import layer_information

    x, layer = rng.normal(size=(2, 80, 3))
    pair, labelled = renyi.mutual_information, renyi.label_information
    one = layer_information(
        layer, np.zeros(80, dtype=int), inputs=x, pair=pair, labelled=labelled, targets=x.copy()
    )
    assert one.i_ty == pytest.approx(one.i_xt, rel=1e-9)


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        (["training.label_smoothing=0.1"], "label_smoothing must be 0"),
        (["training.loss=cross_entropy"], "loss must be auto or squared_error"),
        (["estimator=[ebab]"], "estimator must be of .*renyi.*, got ebab"),
        (["training.engine=compiled"], "training.engine must be auto or torch here"),
    ],
)
def test_what_is_for_labels_is_refused(settings, overrides, rule):
    with pytest.raises(ConfigError, match=rule):
        study = settings(*SMALL[:8], *overrides)
        study.check()
        engine_of(study)


def test_sparse_layers_pay_for_units_that_are_active():
    rule = sparsity(penalty=[2.0, 1.0], rate=[0.05, 0.2])
    shares = torch.tensor([[0.5, 0.5, 0.0]] * 2, dtype=torch.float64)
    rare = torch.tensor([[[0.0, 0.1, 0.9]], [[0.1, 0.3, 0.9]]], dtype=torch.float64)
    assert rule.activity_penalty({"layer_1": rare}, shares).abs().max() < 1e-12
    half = torch.full((2, 3, 3), 0.5, dtype=torch.float64)
    paid = rule.activity_penalty({"layer_1": half, "layer_2": half}, shares)
    for member, (scale, rho) in enumerate([(2.0, 0.05), (1.0, 0.2)]):
        divergence = rho * np.log(rho / 0.5) + (1 - rho) * np.log((1 - rho) / 0.5)
        assert paid[member].item() == pytest.approx(scale * 6 * divergence)


def test_tied_networks_hold_each_weight_once():
    sizes = {
        kind: sum(int(np.prod(one.shape)) for one in network(kind).parameters)
        for kind in ("plain", "tied")
    }
    assert sizes["plain"] - sizes["tied"] == 6 * 3 + 8 * 6
