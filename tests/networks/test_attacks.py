"""Attacks on networks of which it is known what withstands them."""

import numpy as np
import pytest
import torch

from ibsweep.networks.activations import activation
from ibsweep.networks.attacks import attacked, fgsm, pgd
from ibsweep.networks.mlp import MLP
from ibsweep.networks.weights import Layout

LIMITS = (-3.0, 3.0)


def linear_network(rng, *, features=5):
    """Return a network whose logits are linear in its input, its weights, and that map."""
    network = MLP([4], activation(torch.nn.Identity()), "glorot", features, 2)
    arrays = {one.name: torch.from_numpy(rng.normal(size=one.shape)) for one in network.parameters}
    weights = Layout(network.parameters).flat(arrays)
    matrix = arrays["output.weight"] @ arrays["layer_1.weight"]
    shift = arrays["output.weight"] @ arrays["layer_1.bias"] + arrays["output.bias"]
    return network, weights, matrix.numpy(), shift.numpy()


def answers(matrix, shift, inputs):
    return (inputs @ matrix.T + shift).argmax(axis=1)


def pgd_of(epsilon, **options):
    usual = {"step": 0.02, "steps": 40, "random_start": True, "within_range": False}
    return pgd(epsilon=epsilon, **(usual | options))


@pytest.fixture
def data(rng):
    inputs = rng.normal(size=(400, 5))
    return inputs, rng.integers(2, size=400)


@pytest.mark.parametrize("epsilon", [0.05, 0.2])
def test_a_linear_network_keeps_what_has_a_larger_margin(rng, data, epsilon):
    network, weights, matrix, shift = linear_network(rng)
    inputs, labels = data
    one_step = fgsm(epsilon=epsilon, within_range=False)
    many = pgd_of(epsilon)
    first, second = (
        attacked(attack, network, weights, inputs, labels, limits=LIMITS, seed=0)
        for attack in (one_step, many)
    )
    logits = inputs @ matrix.T + shift
    margin = np.where(labels == 1, 1, -1) * (logits[:, 1] - logits[:, 0])
    kept = margin > epsilon * np.abs(matrix[1] - matrix[0]).sum()
    assert 0 < kept.mean() < (margin > 0).mean()
    assert np.array_equal(answers(matrix, shift, first) == labels, kept)
    assert np.array_equal(first, second)


def test_nothing_changes_within_nothing(rng, data):
    network, weights, *_ = linear_network(rng)
    for attack in (fgsm(epsilon=0, within_range=True), pgd_of(0)):
        limits = data[0].min(), data[0].max()
        changed = attacked(attack, network, weights, *data, limits=limits, seed=0)
        assert np.array_equal(changed, data[0])


def curved_network(rng, *, scale=1.0):
    network = MLP([8, 6], activation(torch.nn.Tanh()), "glorot", 5, 3)
    arrays = {
        one.name: torch.from_numpy(scale * rng.normal(size=one.shape)).float()
        for one in network.parameters
    }
    return network, Layout(network.parameters).flat(arrays)


@pytest.mark.parametrize("within_range", [False, True])
def test_changes_stay_within_epsilon_and_the_range(rng, data, within_range):
    network, weights = curved_network(rng)
    inputs, labels = np.clip(data[0], -1, 1), data[1]
    attack = pgd_of(0.3, within_range=within_range)
    changed = attacked(attack, network, weights, inputs, labels, limits=(-1, 1), seed=0)
    assert np.abs(changed - inputs).max() == pytest.approx(0.3)
    assert (np.abs(changed).max() <= 1) == within_range


def losses(network, weights, inputs, labels):
    columns = torch.from_numpy(inputs).to(weights).T[None]
    views = Layout(network.parameters).views(weights[None])
    logits = network.forward(views, columns)[-1][0].T
    return torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels), reduction="none")


def test_many_steps_find_more_than_one_and_one_more_than_chance(rng, data):
    network, weights = curved_network(rng)
    inputs, labels = data
    loss = {
        name: losses(
            network,
            weights,
            attacked(attack, network, weights, inputs, labels, limits=LIMITS, seed=0),
            labels,
        ).mean()
        for name, attack in (
            ("none", fgsm(epsilon=0, within_range=False)),
            ("chance", pgd_of(0.3, step=0, steps=1)),
            ("one", fgsm(epsilon=0.3, within_range=False)),
            ("many", pgd_of(0.3, steps=60)),
        )
    }
    assert loss["none"] < loss["one"] < loss["many"]
    assert loss["chance"] < loss["one"]


def test_a_sure_network_is_attacked_like_an_unsure_one(rng, data):
    network, weights = curved_network(rng)
    inputs, labels = data
    sure = weights.clone()
    Layout(network.parameters).views(sure)["output.weight"].mul_(1000)
    Layout(network.parameters).views(sure)["output.bias"].mul_(1000)
    logits = network.forward(
        Layout(network.parameters).views(sure[None]), torch.from_numpy(inputs).float().T[None]
    )[-1][0].T
    saturated = (logits.softmax(dim=1).amax(dim=1) == 1).numpy()
    assert (
        saturated.mean() > 0.9
    )  # so that the gradient of the cross-entropy is 0 where it is right
    changed = attacked(
        fgsm(epsilon=0.1, within_range=False), network, sure, inputs, labels, limits=LIMITS, seed=0
    )
    assert (np.abs(changed - inputs) > 0.09).mean() > 0.99


def test_the_start_follows_its_seed(rng, data):
    network, weights = curved_network(rng)
    first, again, other = (
        attacked(pgd_of(0.3, steps=1), network, weights, *data, limits=LIMITS, seed=seed)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (fgsm, {"epsilon": -0.1}, "epsilon must be ≥ 0, got -0.1"),
        (fgsm, {"epsilon": 0.1, "within_range": "no"}, "within_range must be"),
        (pgd_of, {"epsilon": 0.1, "steps": 0}, "steps must be"),
        (pgd_of, {"epsilon": 0.1, "step": -1}, "step must be ≥ 0, got -1"),
    ],
)
def test_options_out_of_range_are_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**({"within_range": True} | options))
