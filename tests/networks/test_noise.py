import numpy as np
import pytest
import torch

from ibsweep.learning.trainer import train
from ibsweep.networks import replay
from ibsweep.networks.noise import MeasuringNoise, additive, dropout, injection, relative
from ibsweep.networks.weights import Layout
from ibsweep.randomness import Generators
from ibsweep.sweeps.replay import Replay
from tests.learning.test_trainer import TASK, ensemble

HELD = torch.linspace(-3, 3, 7)[None, :, None].expand(2, 7, 20_000)


def injected(noise, layer="layer_1", seeds=(1, 2)):
    return injection([noise], Generators("noise", seeds))(layer, HELD)


def test_additive_noise_has_its_standard_deviation_everywhere():
    added = injected(additive(noise_std=0.3, sites="all")) - HELD
    torch.testing.assert_close(added.std(dim=2), torch.full((2, 7), 0.3), rtol=0.03, atol=0)
    assert added.mean().abs() < 0.005


def test_relative_noise_is_in_proportion_to_the_value():
    added = injected(relative(noise_std=0.1, sites="all")) - HELD
    torch.testing.assert_close(added.std(dim=2), 0.1 * HELD[..., 0].abs(), rtol=0.03, atol=1e-6)


def test_dropout_keeps_the_mean():
    held = injected(dropout(rate=0.25, sites="all", when_measuring=True))
    assert (held[:, 0] == 0).float().mean() == pytest.approx(0.25, abs=0.01)
    torch.testing.assert_close(held.mean(dim=2), HELD[..., 0], rtol=0.03, atol=1e-6)


def test_members_of_equal_seed_draw_the_same_and_others_do_not():
    noise = additive(noise_std=0.3, sites="all")
    first, second = injected(noise, seeds=(1, 1))
    assert torch.equal(first, second)
    first, second = injected(noise, seeds=(1, 2))
    assert not torch.equal(first, second)


def test_noise_is_at_its_sites_alone():
    noise = additive(noise_std=0.3, sites=["layer_2"])
    assert torch.equal(injected(noise), HELD)
    assert not torch.equal(injected(noise, "layer_2"), HELD)


def test_a_layer_is_recorded_before_the_noise_that_follows_it():
    parts = ensemble(range(4), "tanh")
    weights = train(parts).weights[:, 0]
    noise = MeasuringNoise([additive(noise_std=0.5, sites=["layer_3"])], 0, [0, 1, 3])
    plain, _ = replay.replay(parts.network, weights, TASK.inputs)
    noisy, _ = replay.replay(parts.network, weights, TASK.inputs, noise=noise)
    equal = [torch.equal(plain[name], noisy[name]) for name in parts.network.layers]
    assert equal == [True, True, False, False, False, False]


def test_measuring_repeats_bit_by_bit_and_differs_between_epochs_and_seeds():
    parts = ensemble(range(4), "tanh")
    same = train(parts).weights[:1, 0].expand(3, -1)

    def logs(seed, epochs):
        noise = MeasuringNoise([additive(noise_std=0.5, sites="all")], seed, epochs)
        return replay.replay(parts.network, same[: len(epochs)], TASK.inputs, noise=noise)[1]

    first = logs(3, [0, 7, 9])
    assert torch.equal(first, logs(3, [0, 7, 9]))
    assert torch.equal(first[1], logs(3, [7])[0])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], logs(4, [0])[0])


def test_what_is_in_training_alone_is_not_measured():
    parts = ensemble(range(4), "tanh")
    weights = train(parts).weights[:, 0]
    noise = MeasuringNoise([dropout(rate=0.5, sites="all", when_measuring=False)], 0, [0, 1, 3])
    plain, logs = replay.replay(parts.network, weights, TASK.inputs)
    assert torch.equal(replay.replay(parts.network, weights, TASK.inputs, noise=noise)[1], logs)


def test_noise_changes_the_training_and_company_does_not():
    noises = [relative(noise_std=0.1, sites="all")]
    alone = train(ensemble([7] * 4, noises=noises)).weights[:, 0]
    assert torch.equal(train(ensemble([1, 2, 3, 4, 7], noises=noises)).weights[:, 4], alone)
    assert not torch.equal(train(ensemble([7] * 4)).weights[:, 0], alone)


def test_capacity_is_given_for_additive_noise_alone(settings):
    chosen = ("noise=[additive,relative]", "noise.additive.noise_std=0.5")
    noisy = settings(*chosen, "training.epochs=1")
    weights = torch.zeros(2, Layout(noisy.network.parameters).width)
    Layout(noisy.network.parameters).views(weights)["layer_1.bias"][1] = 2.0
    table = Replay(noisy, weights).training
    for layer, units in zip(noisy.network.layers[:1], noisy.network.units, strict=False):
        expected = [0.0, units / 2 * np.log2(1 + 4 / 0.25)]
        assert table[f"capacity/{layer}"].tolist() == pytest.approx(expected)
    assert "capacity/output" not in table
    quiet = settings("noise=relative", "training.epochs=1")
    assert not any(name.startswith("capacity") for name in Replay(quiet, weights).training)


def test_groups_of_snapshots_give_the_curves_of_all_at_once(settings, monkeypatch):
    noisy = ("noise=additive", "measured=test", "training.epochs=3")
    job = settings(*noisy, "estimator=[binning_global]")
    weights = train(ensemble(range(4), snapshots=job.snapshots)).weights[:, 0]
    whole = Replay(job, weights)
    monkeypatch.setattr("ibsweep.sweeps.replay._NUMBERS_AT_ONCE", 2 * 31 * 819)
    split = Replay(job, weights)
    found, expected = (
        one.measure(job).sort_values(["layer", "epoch"], ignore_index=True)
        for one in (split, whole)
    )
    assert found.equals(expected)
    assert split.training.equals(whole.training)
    for name, values in whole.logged(job).items():
        assert np.array_equal(split.logged(job)[name], values)
