import dataclasses
import math
from unittest import mock

import numpy as np
import pytest
import torch

from ibsweep.learning import regularizers
from ibsweep.learning.ensemble import Ensemble, Member
from ibsweep.learning.trainer import train
from ibsweep.networks import replay
from ibsweep.networks.activations import Activation, prelu
from ibsweep.networks.conv import ConvNet
from ibsweep.networks.noise import MeasuringNoise, additive, dropout, relative
from ibsweep.networks.weights import Layout, Weights
from ibsweep.randomness import generator
from ibsweep.scores import performance
from ibsweep.tasks.digits import digits
from ibsweep.tasks.split import stratified
from tests.learning.test_trainer import OPTIONS, SEEDING

LEAKY = Activation(torch.nn.LeakyReLU(0.01), 2.0, {})
SMALL = [{"channels": 4, "padding": 1}, {"channels": 6, "padding": 1}]
DIGITS = digits()
NOISES = (
    relative(noise_std=0.01, sites="all"),
    additive(noise_std=0.1, sites=["layer_2", "output"]),
    dropout(rate=0.1, sites=["layer_1"], when_measuring=False),
)


def conv(blocks=(8, 16, 32), hidden=(32,), shape=(1, 28, 28), activation=LEAKY):
    return ConvNet(list(blocks), list(hidden), activation, "glorot", shape=shape, classes=10)


def ensemble(seeds, *, seeding="init", **changes):
    members = [
        Member(SEEDING[seeding](seed), stratified(DIGITS.labels, 0, train_fraction=0.3), 0.01)
        for seed in seeds
    ]
    parts = Ensemble(
        network=conv(SMALL, [8], (1, 8, 8)),
        members=members,
        regularizers=[],
        dataset=DIGITS,
        options=dataclasses.replace(OPTIONS, epochs=2, batch_size=200),
        snapshots=np.array([0, 1, 2]),
        device=torch.device("cpu"),
        dtype=torch.float32,
    )
    return dataclasses.replace(parts, **changes)


def test_the_reference_network_has_7274_numbers_and_these_layers():
    network = conv()
    assert sum(math.prod(p.shape) for p in network.parameters) == 7274
    assert list(network.units) == [8 * 13 * 13, 16 * 5 * 5, 32, 32, 10]


@pytest.mark.parametrize("activation", [LEAKY, Activation(prelu, 2.0, {"slope": 0.25})])
def test_forward_is_what_torchs_own_layers_compute(activation):
    blocks = [{"channels": 3, "kernel": 5, "padding": 2, "pool": 3}, 4]
    network = conv(blocks, [7], (2, 15, 14), activation)
    held = Weights(
        Layout(network.parameters),
        [generator("init", seed) for seed in (1, 2)],
        dtype=torch.float64,
        device=torch.device("cpu"),
    ).leaves
    images = torch.randn(32, 2, 15, 14, dtype=torch.float64, generator=generator("noise", 0))
    layers = network.forward(held, images.flatten(1).T.expand(2, -1, -1))
    act = torch.nn.PReLU(init=0.25 if activation.learned else 0.01).double()
    functional = torch.nn.functional
    for member in range(2):
        own = {name: values[member] for name, values in held.items()}
        one = functional.conv2d(images, own["layer_1.weight"], own["layer_1.bias"], padding=2)
        one = act(functional.max_pool2d(one, 3))
        two = functional.conv2d(one, own["layer_2.weight"], own["layer_2.bias"])
        two = act(functional.max_pool2d(two, 2)).flatten(1)
        three = act(functional.linear(two, own["layer_3.weight"], own["layer_3.bias"]))
        last = functional.linear(three, own["output.weight"], own["output.bias"])
        expected = (one.flatten(1), two, three, last)
        for found, values, units in zip(layers, expected, network.units, strict=True):
            torch.testing.assert_close(found[member].T, values)
            assert values.shape[1] == units


@pytest.mark.parametrize("seeding", ["init", "init_and_batches"])
@pytest.mark.parametrize("kind", ["plain", "noisy", "max_norm"])
def test_a_members_numbers_do_not_depend_on_its_company(kind, seeding):
    def trained(seeds):
        noises = NOISES if kind == "noisy" else ()
        asked = [regularizers.max_norm(norm=[1.0] * len(seeds))] if kind == "max_norm" else []
        return train(ensemble(seeds, seeding=seeding, noises=noises, regularizers=asked)).weights

    alone = trained([7])[:, 0]
    assert not torch.equal(alone[0], alone[-1])
    for seeds in ([7, 1], [1, 2, 7], [3, 4, 5, 6, 7]):
        assert torch.equal(trained(seeds)[:, len(seeds) - 1 if 7 != seeds[0] else 0], alone)


def test_nor_on_the_number_of_threads():
    one = train(ensemble([1, 2])).weights
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(train(ensemble([1, 2])).weights, one)
    finally:
        torch.set_num_threads(threads)


def test_it_learns_digits():
    parts = ensemble([0, 1], options=dataclasses.replace(OPTIONS, epochs=30, batch_size=64))
    parts = dataclasses.replace(parts, snapshots=np.array([0, 30]))
    weights = train(parts).weights[:, 0]
    _, logs = replay.replay(parts.network, weights, DIGITS.inputs)
    table = performance.performance(logs, DIGITS, parts.members[0].split._asdict())
    first, last = table["accuracy/test"].iloc[[0, -1]]
    assert last > 0.75 > 0.2 > first  # .90 ± .02 and .10 ± .01 over seeds


def test_constrained_kernels_keep_the_norm():
    parts = ensemble([0], regularizers=[regularizers.max_norm(norm=[0.5])])
    last = Layout(parts.network.parameters).views(train(parts).weights[-1, 0])
    for layer in ("layer_1", "layer_2", "layer_3"):
        assert last[f"{layer}.weight"].flatten(1).norm(dim=1).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("noises", [(), NOISES])
def test_replayed_activity_of_an_epoch_does_not_depend_on_what_else_is_replayed(noises):
    parts = ensemble([0], noises=noises)
    weights = train(parts).weights[:, 0]

    def replayed(which, **options):
        noise = MeasuringNoise(noises, 5, which)
        return replay.replay(parts.network, weights[which], DIGITS.inputs, noise=noise, **options)

    together, logs = replayed([0, 1, 2])
    alone, alone_logs = replayed([1])
    rows = np.arange(3, 900, 7)
    some, some_logs = replayed([2], rows=rows)
    assert torch.equal(logs[1], alone_logs[0])
    assert torch.equal(logs[2], some_logs[0])
    for name, values in together.items():
        assert torch.equal(values[1], alone[name][0])
        assert torch.equal(values[2][rows], some[name][0])


def test_many_samples_are_run_in_pieces_to_the_same_numbers():
    parts = ensemble([0], dtype=torch.float64)
    weights = train(parts).weights[:, 0]
    rows = np.arange(100, 1797, 3)
    whole, logs = replay.replay(parts.network, weights, DIGITS.inputs, rows=rows)
    with mock.patch.object(replay, "_NUMBERS_AT_ONCE", 100_000):
        pieces, piece_logs = replay.replay(parts.network, weights, DIGITS.inputs, rows=rows)
    torch.testing.assert_close(piece_logs, logs)
    for name, values in whole.items():
        torch.testing.assert_close(pieces[name], values)
