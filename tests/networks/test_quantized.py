"""Networks in few bits: their levels, their ranges, and what their information must be."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from ibsweep.estimators.quantized import quantized_information
from ibsweep.learning.batches import Batches, Order
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.trainer import train
from ibsweep.networks import replay
from ibsweep.networks.activations import Activation
from ibsweep.networks.mlp import MLP
from ibsweep.networks.module import TrainedNetwork
from ibsweep.networks.quantization import Ends, binary, ends_of, rounded, uniform
from ibsweep.networks.quantized import QuantizedNetwork
from ibsweep.networks.weights import Layout
from ibsweep.tasks.boolean import parity
from tests.learning.test_checkpoints import EPOCHS, STOPPED, interrupt
from tests.learning.test_trainer import OPTIONS, TASK, ensemble

HARD = Activation(nn.Hardtanh(), 1.0, {})
RELU = Activation(nn.ReLU(), 1.0, {})
KINDS = {
    "8 bits": (uniform(bits=8, weights=False), RELU),
    "4 bits, weights too": (uniform(bits=4, weights=True), Activation(nn.Tanh(), 1.0, {})),
    "binary": (binary(weights=False), HARD),
    "binary, weights too": (binary(weights=True), HARD),
}


def network(kind):
    quantization, activation = KINDS[kind]
    plain = MLP([10, 7, 5, 4, 3], activation, "glorot", features=12, classes=2)
    return QuantizedNetwork(plain, quantization)


def parts(seeds, kind, regularization="none", seeding="init"):
    return ensemble(seeds, regularization=regularization, seeding=seeding, network=network(kind))


@pytest.fixture(scope="module", params=KINDS)
def trained(request):
    whole = parts(range(5), request.param)
    return whole, train(whole).weights[:, 3]


@pytest.mark.parametrize("seeding", ["init", "all"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_members_numbers_do_not_depend_on_its_company(kind, seeding):
    alone = train(parts([7] * 4, kind, "dropout", seeding)).weights[:, 0]
    for seeds in ([7, 1, 2, 3], [4, 5, 6, 3, 7], [*range(8, 40), 7]):
        whole = train(parts(seeds, kind, "dropout", seeding)).weights
        assert torch.equal(alone, whole[:, list(seeds).index(7)])


@pytest.mark.parametrize("kind", ["8 bits", "binary"])
def test_going_on_is_bit_equal_in_other_company(kind, tmp_path):
    def longer(seeds):
        options = dataclasses.replace(OPTIONS, epochs=EPOCHS)
        kept = np.array([0, 2, 5, EPOCHS])
        return dataclasses.replace(parts(seeds, kind, "dropout"), options=options, snapshots=kept)

    undisturbed = train(longer([3, 8, 5, 9, 7])).weights
    interrupt(tmp_path, longer([3, 8, 5, 9, 7]), ["3", "8", "5", "9", "7"])
    names = ["7", "5", "8", "3"]
    checkpoints = Checkpoints(tmp_path, names, epoch=STOPPED)
    resumed = train(longer(map(int, names)), checkpoints=checkpoints).weights
    assert torch.equal(resumed, undisturbed[:, [4, 2, 1, 0]])


def test_a_rows_activity_is_the_same_alone_in_pieces_and_with_all_rows(trained):
    whole, weights = trained
    together, _ = replay.replay(whole.network, weights, TASK.inputs)
    for size, starts in ((1, range(0, 4096, 389)), (64, range(0, 4096, 64))):
        for start in starts:
            rows = slice(start, start + size)
            piece, _ = replay.replay(whole.network, weights, TASK.inputs[rows])
            for name, values in piece.items():
                assert torch.equal(values, together[name][:, rows])


def test_training_rows_reach_the_ends_of_every_range(trained):
    whole, weights = trained
    views = Layout(whole.network.parameters).views(weights)
    layers, _ = replay.replay(whole.network, weights, TASK.inputs[whole.members[3].split.train])
    ranges = {name: view for name, view in views.items() if name.endswith(".range")}
    assert len(ranges) == (6 if whole.network.quantization.ranged else 0)
    for name, ends in ranges.items():
        steps = whole.network.quantization._steps
        low, high = ends.clamp(max=0)[:, 0], ends.clamp(min=0)[:, 1]
        values = layers[name.removesuffix(".range")].flatten(1)
        half = 0.5001 * (high - low) / steps
        assert ((values.amax(1) - high).abs() <= half).all()
        assert ((values.amin(1) - low).abs() <= half)[ends[:, 0] < 0].all()
        assert all(len(one.unique()) <= steps + 1 for one in values)


def test_counting_codes_is_counting_and_no_layer_knows_more_than_the_one_below(trained):
    """The data processing inequality, exactly: a layer is a function of the one below."""
    whole, weights = trained
    layers, _ = replay.replay(whole.network, weights, TASK.inputs)
    before = np.full(len(weights), np.inf)
    for name, units in zip(whole.network.layers, whole.network.units, strict=True):
        found = quantized_information(
            layers[name], TASK.labels, activity_range=(0.0, 1.0), discrete=True
        )
        for snapshot, values in enumerate(layers[name].numpy()):
            codes = list(map(tuple, values.tolist()))
            joint = entropy(zip(codes, TASK.labels.tolist(), strict=True))
            h, h_y = entropy(codes), entropy(TASK.labels.tolist())
            assert float(found.i_xt[snapshot]) == pytest.approx(h, abs=1e-9)
            assert float(found.i_ty[snapshot]) == pytest.approx(h + h_y - joint, abs=1e-9)
            bits = bits_of(whole.network, name)
            assert h <= bits * units + 1e-9
        assert (found.i_xt.numpy() <= before).all()
        before = found.i_xt.numpy()


def bits_of(kind, layer):
    """Bits of a unit; the softmax of a binary network is as it is."""
    if kind.quantization.ranged:
        return int(np.log2(kind.quantization._steps + 1))
    return np.inf if layer == "output" else 1


def entropy(values):
    counts = np.array(list(Counter(values).values()))
    return float(np.log2(counts.sum()) - (counts * np.log2(counts)).sum() / counts.sum())


@pytest.mark.parametrize("bits", [1, 4, 8, 16])
@pytest.mark.parametrize("k", [1, 5, 11, 12])
def test_units_that_copy_k_bits_hold_k_bits(k, bits):
    """Of the 12 bits; of their parity the label, they tell nothing unless they are all."""
    task = parity(bits=12)
    plain = MLP([k], RELU, "glorot", features=12, classes=2)
    kind = QuantizedNetwork(plain, uniform(bits=bits, weights=False))
    low, high = task.inputs.min(), task.inputs.max()
    arrays = {
        "layer_1.weight": torch.eye(12)[:k][None],
        "layer_1.bias": torch.full((1, k), -float(low)),
        "output.weight": torch.ones(1, 2, k) * torch.tensor([[1.0], [-1.0]]),
        "output.bias": torch.zeros(1, 2),
        "layer_1.range": torch.tensor([[0.0, float(high - low)]]),
        "output.range": torch.tensor([[0.0, 1.0]]),
    }
    layers, _ = replay.replay(kind, Layout(kind.parameters).flat(arrays), task.inputs)
    found = quantized_information(
        layers["layer_1"][0], task.labels, activity_range=(0.0, 1.0), discrete=True
    )
    assert found.i_xt == pytest.approx(k, abs=1e-12)
    assert found.i_ty == pytest.approx(float(k == 12), abs=1e-12)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounding_is_that_of_torchs_own_fake_quantisation(bits):
    """With 0 as a level; gradients too, strictly inside the range."""
    values = torch.randn(1, 5, 64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    ends, steps = ends_of(values), 2**bits - 1
    scale = (ends.high - ends.low).item() / steps
    zero = round(-ends.low.item() / scale)
    theirs = torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, steps)
    ours = rounded(values, ends, steps)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)
    weights = torch.randn(values.shape, generator=torch.Generator().manual_seed(1))
    ours = rounded(values, ends._replace(own=False), steps)
    gradients = [torch.autograd.grad((one * weights).sum(), values)[0] for one in (ours, theirs)]
    inside = (values > ends.low + scale) & (values < ends.high - scale)
    torch.testing.assert_close(gradients[0][inside], gradients[1][inside])


def test_a_constant_layer_stays_0_and_other_rows_are_cut_off_at_the_ends():
    values = torch.tensor([[[0.0, 3.0, -1.0]]])
    zero = torch.zeros(1, 1, 1)
    assert rounded(values, Ends(zero, zero), 15).tolist() == [[[0.0, 0.0, 0.0]]]
    assert rounded(values, Ends(zero, zero + 2), 15).tolist() == [[[0.0, 2.0, 0.0]]]


def test_gradients_pass_within_a_range_alone():
    values = torch.tensor([[[-1.0, 0.5, 2.0, 3.0]]], requires_grad=True)
    ends = Ends(torch.zeros(1, 1, 1), torch.full((1, 1, 1), 2.0))
    (gradient,) = torch.autograd.grad(rounded(values, ends, 15).sum(), values)
    assert gradient.tolist() == [[[0.0, 1.0, 1.0, 0.0]]]


def test_signs_have_the_gradient_of_hardtanh():
    z = torch.tensor([[[-2.0, -0.5, 0.0, 0.5, 2.0]]], requires_grad=True)
    activity = binary(weights=False).of_hidden(nn.functional.hardtanh(z), None)
    assert activity.tolist() == [[[-1.0, -1.0, 1.0, 1.0, 1.0]]]
    (gradient,) = torch.autograd.grad(activity.sum(), z)
    assert gradient.tolist() == [[[0.0, 1.0, 1.0, 1.0, 0.0]]]


def test_the_range_of_a_batch_leaves_out_what_fills_it_up():
    """The padding repeats row 0, which here has a pattern far beyond the others."""
    whole = parts(range(4), "8 bits")
    far = TASK.inputs.copy()
    far[0] = 1000.0
    kept = [np.arange(1, 206)] * 4
    members = [
        m._replace(split=m.split._replace(train=k))
        for m, k in zip(whole.members, kept, strict=True)
    ]
    near = dataclasses.replace(whole, members=members)
    distant = dataclasses.replace(near, dataset=dataclasses.replace(TASK, inputs=far))
    assert next(iter(Batches(distant, Order(members))))[0].max() == 1000
    assert torch.equal(train(near).weights, train(distant).weights)


def test_as_a_module_it_holds_what_was_measured(trained):
    whole, weights = trained
    parameters = Layout(whole.network.parameters).views(weights[-1])
    module = TrainedNetwork(whole.network, parameters)
    layers, _ = replay.replay(whole.network, weights[-1:], TASK.inputs)
    held = {}
    for name in whole.network.layers:
        module.get_submodule(name).register_forward_hook(
            lambda _, __, out, name=name: held.update({name: out.detach()})
        )
    module(torch.from_numpy(TASK.inputs).float())
    for name, values in held.items():
        same = torch.isclose(values, layers[name][0], rtol=1e-5, atol=1e-6)
        assert same.float().mean() > 0.99  # a value half-way between levels may fall to either
    assert not any("range" in name for name, _ in module.named_parameters())


def test_binary_units_need_hardtanh():
    plain = MLP([3], RELU, "glorot", features=12, classes=2)
    with pytest.raises(ValueError, match="quantization=binary needs activation=hardtanh.*ReLU"):
        QuantizedNetwork(plain, binary(weights=False))


@pytest.mark.parametrize(("bits", "rule"), [(0, "an integer ≥ 1"), (17, "≤ 16")])
def test_bits_are_checked(bits, rule):
    with pytest.raises(ValueError, match=f"bits must be {rule}, got {bits}"):
        uniform(bits=bits, weights=False)
