"""Normalised layers: what torch's own modules compute, the same bits in any company."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ibsweep.config.instantiation import ConfigError
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.compiled.kind import refusal
from ibsweep.learning.engines import choose
from ibsweep.learning.trainer import train
from ibsweep.networks import normalization
from ibsweep.networks.conv import ConvNet
from ibsweep.networks.mlp import MLP
from ibsweep.networks.replay import replay
from ibsweep.networks.weights import Layout
from ibsweep.tasks.digits import digits
from ibsweep.tasks.split import stratified
from tests.learning.test_trainer import ACTIVATIONS, EPOCHS, OPTIONS, TASK, batches, ensemble

KINDS = ("batch", "layer", "final_batch")
NAMES = (normalization.SCALE, normalization.SHIFT, normalization.MEAN, normalization.VARIANCE)
MEMBERS, UNITS, SAMPLES, PADDING = 4, 6, 27, 5


def parts_of(seeds, kind, activation="tanh", **changes):
    """Return an ensemble whose last batch of an epoch is smaller, and padded."""
    network = MLP([10, 7, 5], ACTIVATIONS[activation], "glorot", 12, 2, kind)
    return ensemble(seeds, activation, seeding="all", network=network, **changes)


def conv_parts(seeds, kind):
    """Return an ensemble of convolutional networks."""
    data = digits()
    network = ConvNet(
        [{"channels": 4, "padding": 1}], [8], ACTIVATIONS["relu"], "glorot", data.shape, 10, kind
    )
    parts = ensemble(seeds, "relu", seeding="all", network=network, dataset=data)
    members = [
        m._replace(split=stratified(data.labels, m.seeds["split"], train_fraction=0.3))
        for m in parts.members
    ]
    return dataclasses.replace(parts, members=members)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [parts_of, conv_parts])
def test_a_members_numbers_do_not_depend_on_its_company(make, kind):
    alone = train(make([7] * 4, kind)).weights[:, 0]
    for seeds in ([7, 1, 2, 7], [4, 5, 6, 3, 7], [*range(8, 57), 7]):
        assert torch.equal(alone, train(make(seeds, kind)).weights[:, seeds.index(7)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_threads_does_not_matter(kind):
    before = torch.get_num_threads()
    one = train(parts_of(range(9), kind)).weights
    torch.set_num_threads(2)
    try:
        assert torch.equal(train(parts_of(range(9), kind)).weights, one)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_training_goes_on_bit_equal_in_any_company(tmp_path, kind):
    seeds, rest = [3, 8, 5, 9, 7], [7, 3, 5, 8]

    class Interrupted(Exception):
        pass

    def stop(fraction):
        raise Interrupted

    undisturbed = train(parts_of(seeds, kind)).weights
    names = [f"s{seed}" for seed in seeds]
    with pytest.raises(Interrupted):
        train(parts_of(seeds, kind), stop, checkpoints=Checkpoints(tmp_path, names, seconds=0))
    going_on = Checkpoints(tmp_path, [f"s{seed}" for seed in rest], epoch=1)
    finished = train(parts_of(rest, kind), checkpoints=going_on).weights
    for member, seed in enumerate(rest):
        assert torch.equal(finished[:, member], undisturbed[:, seeds.index(seed)])


def drawn(channels, samples=SAMPLES, pixels=1):
    """Return z with padding, shares, and numbers of a layer, in float64."""
    generator = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    z = 2 * normal(MEMBERS, channels * pixels, samples + PADDING) + 1
    shares = torch.zeros(MEMBERS, samples + PADDING, dtype=torch.float64)
    shares[:, :samples] = 1 / samples
    own = {name: normal(MEMBERS, channels) for name in NAMES}
    own[normalization.VARIANCE] = own[normalization.VARIANCE].square()
    return z, shares, own, normal(MEMBERS, channels * pixels, samples)


def check_against(module_of, kind, pixels):
    """Compare values, gradients and running means with a module of torch for each member."""
    channels = UNITS // pixels
    z, shares, own, upward = drawn(channels, pixels=pixels)
    running = {name: own[name].clone() for name in NAMES}
    leaves = [tensor.requires_grad_() for tensor in (z, own[NAMES[0]], own[NAMES[1]])]
    output = normalization.normalize(kind, z, own, shares)[..., :SAMPLES]
    gradients = torch.autograd.grad((output * upward).sum(), leaves)
    for k in range(MEMBERS):
        module = module_of(channels)
        module.weight.data, module.bias.data = (running[name][k] for name in NAMES[:2])
        if kind == "batch":
            module.running_mean, module.running_var = (running[name][k] for name in NAMES[2:])
        rows = z[k, :, :SAMPLES].detach().T.reshape(SAMPLES, channels, *[pixels] * (pixels > 1))
        rows.requires_grad_()
        theirs = module(rows)
        torch.testing.assert_close(output[k].T, theirs.reshape(SAMPLES, -1))
        loss = (theirs.reshape(SAMPLES, -1) * upward[k].T).sum()
        wanted = torch.autograd.grad(loss, [rows, module.weight, module.bias])
        torch.testing.assert_close(gradients[0][k, :, :SAMPLES].T, wanted[0].reshape(SAMPLES, -1))
        torch.testing.assert_close(gradients[1][k], wanted[1])
        torch.testing.assert_close(gradients[2][k], wanted[2])
        if kind == "batch":
            torch.testing.assert_close(own[NAMES[2]][k], module.running_mean)
            torch.testing.assert_close(own[NAMES[3]][k], module.running_var)
            measured = normalization.normalize(kind, z, own, None)[k, :, :SAMPLES].T
            expected = module.eval()(rows).reshape(SAMPLES, -1)
            torch.testing.assert_close(measured, expected)


@pytest.mark.parametrize("pixels", [1, 3])
def test_batch_is_what_torchs_own_module_computes(pixels):
    """Beside columns that only fill up the batch; a channel's pixels are values of it."""
    check_against(lambda n: nn.BatchNorm1d(n, dtype=torch.float64), "batch", pixels)


@pytest.mark.parametrize(
    ("pixels", "module_of"),
    [
        (1, lambda n: nn.LayerNorm(n, dtype=torch.float64)),
        (3, lambda n: nn.GroupNorm(1, n, dtype=torch.float64)),
    ],
)
def test_layer_is_what_torchs_own_module_computes(pixels, module_of):
    check_against(module_of, "layer", pixels)


def test_gradients_are_those_of_finite_differences():
    z, shares, own, _ = drawn(2, samples=4)
    for kind in ("batch", "layer"):

        def normal(z, scale, shift, kind=kind):
            fresh = {**{k: v.clone() for k, v in own.items()}, NAMES[0]: scale, NAMES[1]: shift}
            return normalization.normalize(kind, z, fresh, shares)[..., :4]

        leaves = [one.clone().requires_grad_() for one in (z, own[NAMES[0]], own[NAMES[1]])]
        assert torch.autograd.gradcheck(normal, leaves)


class Torch(nn.Module):
    """The network of `parts_of` in torch's own modules, with the numbers of a member."""

    def __init__(self, network, views):
        super().__init__()
        stack = []
        for layer in network.layers:
            weight = views[f"{layer}.weight"]
            linear = nn.Linear(*reversed(weight.shape), dtype=weight.dtype)
            linear.weight.data, linear.bias.data = weight.clone(), views[f"{layer}.bias"].clone()
            stack.append(linear)
            if normalization.is_at(network.normalization, layer):
                norm = nn.LayerNorm if network.normalization == "layer" else nn.BatchNorm1d
                stack.append(norm(len(weight), dtype=weight.dtype))
            if layer != "output":
                stack.append(nn.Tanh())
        self.stack = nn.Sequential(*stack)

    def forward(self, rows):
        return self.stack(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_training_is_that_of_torchs_own_modules(kind):
    """In batches of unequal sizes, in float64; then measured by the running statistics."""
    parts = parts_of([3] * 4, kind, dtype=torch.float64)
    ours = train(parts).weights[:, 0]
    model = Torch(parts.network, Layout(parts.network.parameters).views(ours[0]))
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-4)
    inputs, labels = torch.from_numpy(TASK.inputs), torch.from_numpy(TASK.labels)
    for rows in batches(parts):
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs[rows]), labels[rows]).backward()
        optimizer.step()
    _, logs = replay(parts.network, ours[-1:], TASK.inputs)
    expected = functional.log_softmax(model.eval()(inputs), dim=1).detach()
    torch.testing.assert_close(logs[0], expected, rtol=1e-8, atol=1e-10)
    assert model.training is False and len(list(batches(parts))) == EPOCHS * 7


def test_a_normalisation_starts_as_none_and_leaves_initial_weights_alone():
    plain, *others = (parts_of([5] * 4, kind) for kind in ("none", *KINDS))
    start = Layout(plain.parameters).views(train(plain).weights[0, 0])
    for parts in others:
        views = Layout(parts.parameters).views(train(parts).weights[0, 0])
        assert all(torch.equal(views[name], values) for name, values in start.items())
        assert {name.split("_")[-1] for name in set(views) - set(start)} <= {
            *("scale", "shift", "mean", "variance")
        }


def test_running_means_take_no_part_in_steps():
    """They are means of batches, whatever weight decay and penalties ask of numbers."""
    parts = parts_of([1] * 4, "batch")
    options = dataclasses.replace(OPTIONS, optimizer="adamw", epochs=1, batch_size=3277)
    members = [m._replace(weight_decay=1 / m.learning_rate) for m in parts.members]
    parts = dataclasses.replace(
        parts, options=options, members=members, snapshots=np.array([0, 1]), dtype=torch.float64
    )
    start, end = (Layout(parts.parameters).views(row) for row in train(parts).weights[:, 0])
    rows = torch.from_numpy(TASK.inputs[parts.members[0].split.train])
    z = rows @ start["layer_1.weight"].T + start["layer_1.bias"]
    torch.testing.assert_close(end[f"layer_1.{NAMES[2]}"], 0.1 * z.mean(dim=0))
    torch.testing.assert_close(end[f"layer_1.{NAMES[3]}"], 0.9 + 0.1 * z.var(dim=0))


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_loops_refuse_it(kind):
    reason = refusal(parts_of([1] * 4, kind))
    assert reason == "it trains networks without normalization"
    assert choose("auto", reason) == "torch"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["network.normalization=group"], "network.normalization must be one of none, batch, la"),
        (
            ["network.normalization=batch", "training.batch_size=1"],
            "network.normalization must be none or layer where a batch of an epoch has one row, "
            "got 'batch' with batches of 1 from 3277 rows",
        ),
        (
            ["network.normalization=final_batch", "training.batch_size=252"],
            "network.normalization must be none or layer where a batch .* of 252 from 3277 rows",
        ),
    ],
)
def test_wrong_options(settings, overrides, message):
    with pytest.raises(ConfigError, match=f"^{message}") as caught:
        settings(*overrides).check()
    assert "\n" not in str(caught.value)
    settings("network.normalization=layer", "training.batch_size=1").check()
