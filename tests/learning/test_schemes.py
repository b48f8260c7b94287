"""Training layers by losses of their own: what each layer learns from, and when."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from ibsweep.estimators.hsic import nhsic
from ibsweep.learning import regularizers
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.compiled.kind import refusal
from ibsweep.learning.engines import choose, least_members
from ibsweep.learning.schemes.base import Phase, Step, Timetable
from ibsweep.learning.schemes.end_to_end import end_to_end
from ibsweep.learning.schemes.hsic import hsic
from ibsweep.learning.schemes.layerwise import layerwise
from ibsweep.learning.schemes.sequential import sequential
from ibsweep.learning.trainer import train
from ibsweep.networks.mlp import MLP
from ibsweep.networks.replay import replay
from ibsweep.networks.weights import Layout
from ibsweep.scores import performance
from ibsweep.tasks.split import stratified
from tests.learning.test_trainer import ACTIVATIONS, OPTIONS, TASK, ensemble

EPOCHS, HIDDEN = 6, [10, 7, 5]
HSIC = {"label_weight": 50.0, "sigma": 5.0, "epsilon": 1e-5}
SCHEMES = {
    "layerwise": layerwise(),
    "sequential": sequential(),
    "hsic": hsic(**HSIC, output_share=0.5),
}


def parts_of(seeds, scheme, hidden=HIDDEN, activation="prelu", epochs=EPOCHS, **changes):
    """Return an ensemble trained by a scheme, with a snapshot of every epoch."""
    network = MLP(hidden, ACTIVATIONS[activation], "glorot", features=12, classes=2)
    size = 200 if scheme == "hsic" else 512  # its time grows as the cube
    options = dataclasses.replace(OPTIONS, epochs=epochs, batch_size=size)
    return ensemble(
        seeds,
        activation,
        seeding="all",
        network=network,
        options=options,
        snapshots=np.arange(epochs + 1),
        scheme=SCHEMES.get(scheme, end_to_end()),
        **changes,
    )


def views(parts, flat):
    return Layout(parts.parameters).views(flat)


@pytest.mark.parametrize("penalty", [0.0, 0.01])
def test_with_one_hidden_layer_layerwise_is_end_to_end(penalty):
    rule = [regularizers.l2(penalty=[penalty] * 4)]
    end, own, one_by_one = (
        train(parts_of([1, 2, 3, 4], name, hidden=[7], regularizers=rule)).weights
        for name in ("end_to_end", "layerwise", "sequential")
    )
    assert torch.equal(end, own)
    assert torch.equal(end, one_by_one)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_members_numbers_do_not_depend_on_its_company(scheme):
    parts = parts_of([7] * 4, scheme)
    alone = train(parts_of([7] * least_members(parts), scheme)).weights[:, 0]
    for seeds in ([7, 1, 2, 3], [4, 5, 6, 3, 7], [*range(8, 40), 7], [*range(50)]):
        if scheme == "hsic" and len(seeds) > 10:
            continue  # each member is computed by itself, and takes its time
        trained = train(parts_of(seeds, scheme)).weights[:, seeds.index(7)]
        assert torch.equal(alone, trained)


@pytest.mark.parametrize("stopped", [1, 2, 3])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_interrupted_training_goes_on_bit_equal_in_any_company(tmp_path, scheme, stopped):
    """Within a phase and where one begins."""
    seeds, rest = [3, 8, 5, 9, 7], [7, 3, 5, 8]

    class Interrupted(Exception):
        pass

    def stop(fraction):
        if fraction >= stopped / EPOCHS:
            raise Interrupted

    undisturbed = train(parts_of(seeds, scheme)).weights
    names = [f"s{seed}" for seed in seeds]
    with pytest.raises(Interrupted):
        train(parts_of(seeds, scheme), stop, checkpoints=Checkpoints(tmp_path, names, seconds=0))
    going_on = Checkpoints(tmp_path, [f"s{seed}" for seed in rest], epoch=stopped)
    finished = train(parts_of(rest, scheme), checkpoints=going_on).weights
    for member, seed in enumerate(rest):
        assert torch.equal(finished[:, member], undisturbed[:, seeds.index(seed)])


def test_the_number_of_threads_does_not_matter():
    before = torch.get_num_threads()
    one = {name: train(parts_of(range(5), name)).weights for name in SCHEMES}
    torch.set_num_threads(2)
    try:
        for name, weights in one.items():
            assert torch.equal(train(parts_of(range(5), name)).weights, weights)
    finally:
        torch.set_num_threads(before)


def full_batch(scheme, hidden, **changes):
    """Return the weights before and after one step on all training rows, in float64."""
    parts = parts_of([3] * 4, scheme, hidden, "tanh", epochs=1, dtype=torch.float64, **changes)
    rows = parts.members[0].split.train
    options = dataclasses.replace(
        parts.options, batch_size=len(rows), optimizer="sgd", learning_rate=1.0
    )
    members = [m._replace(learning_rate=1.0) for m in parts.members]
    parts = dataclasses.replace(parts, options=options, members=members)
    start, end = train(parts).weights[:, 0]
    patterns, labels = torch.from_numpy(TASK.inputs[rows]), torch.from_numpy(TASK.labels[rows])
    return views(parts, start), views(parts, end), patterns, labels


def test_a_heads_gradient_is_that_of_a_softmax_regression_on_the_layer():
    """∂/∂W = (p − y) hᵀ / n and ∂/∂b = Σ (p − y) / n, by a step of sgd at rate 1."""
    start, end, patterns, labels = full_batch("layerwise", HIDDEN)
    h, y = patterns, functional.one_hot(labels, 2)
    for layer in ("layer_1", "layer_2"):
        h = torch.tanh(h @ start[f"{layer}.weight"].T + start[f"{layer}.bias"])
        weight, bias = start[f"{layer}.head.weight"], start[f"{layer}.head.bias"]
        error = ((h @ weight.T + bias).softmax(dim=1) - y) / len(y)
        torch.testing.assert_close(end[f"{layer}.head.weight"], weight - error.T @ h)
        torch.testing.assert_close(end[f"{layer}.head.bias"], bias - error.sum(dim=0))
    assert "layer_3.head.weight" not in start


def test_a_layers_gradient_is_torchs_of_its_own_head_alone():
    start, end, patterns, labels = full_batch("layerwise", HIDDEN)
    below = patterns
    for layer, head in zip(
        ("layer_1", "layer_2", "layer_3"),
        ("layer_1.head", "layer_2.head", "output"),
        strict=True,
    ):
        weight = start[f"{layer}.weight"].clone().requires_grad_()
        h = torch.tanh(below @ weight.T + start[f"{layer}.bias"])
        logits = h @ start[f"{head}.weight"].T + start[f"{head}.bias"]
        functional.cross_entropy(logits, labels).backward()
        torch.testing.assert_close(end[f"{layer}.weight"], (weight - weight.grad).detach())
        below = h.detach()


def test_heads_are_not_penalised():
    strong = [regularizers.l2(penalty=[1.0] * 4)]
    plain, penalised = (
        full_batch("layerwise", HIDDEN, **changes) for changes in ({}, {"regularizers": strong})
    )
    for name in ("layer_1.head.weight", "layer_2.head.weight", "output.weight"):
        assert torch.equal(plain[1][name], penalised[1][name])
    assert not torch.equal(plain[1]["layer_1.weight"], penalised[1]["layer_1.weight"])


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("sequential", [["layer_1"], ["layer_2"], ["layer_3", "output"]]),
        ("hsic", [["layer_1", "layer_2", "layer_3"], ["output"]]),
    ],
)
def test_only_the_layers_of_a_phase_change(name, phases):
    """Others keep their bits, whatever penalties, constraints and decay ask."""
    rules = [regularizers.l2(penalty=[0.1] * 4), regularizers.max_norm(norm=[0.5] * 4)]
    parts = parts_of([1, 2, 3, 4], name, activation="tanh", regularizers=rules)
    decaying = [m._replace(weight_decay=0.1) for m in parts.members]
    options = dataclasses.replace(parts.options, optimizer="adamw")
    parts = dataclasses.replace(parts, options=options, members=decaying)
    kept = views(parts, train(parts).weights)
    length = EPOCHS // len(phases)
    for number, layers in enumerate(phases):
        first, last = number * length, (number + 1) * length
        for one, values in kept.items():
            changed = not torch.equal(values[first], values[last])
            assert changed == (one.split(".")[0] in layers), (number, one)


def test_moments_are_zero_when_a_layer_begins():
    """The second layer's first step is that of Adam's first: of the learning rate, ± ε."""
    parts = parts_of([1] * 4, "sequential", hidden=[7, 5], activation="tanh", epochs=2)
    rows = len(parts.members[0].split.train)
    options = dataclasses.replace(parts.options, batch_size=rows)
    kept = views(parts, train(dataclasses.replace(parts, options=options)).weights[:, 0])
    step = (kept["layer_2.weight"][2] - kept["layer_2.weight"][1]).abs()
    torch.testing.assert_close(step, torch.full_like(step, 4e-4), rtol=2e-2, atol=0)


@pytest.mark.parametrize("padding", [0, 5])
def test_the_loss_of_hsic_is_that_of_the_estimator(padding):
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(40, 6, dtype=torch.float64, generator=generator)
    layer = torch.tanh(patterns @ torch.randn(6, 4, dtype=torch.float64, generator=generator))
    labels = torch.arange(40) % 3
    expected = nhsic(layer, labels, inputs=patterns.numpy()).details
    targets = functional.one_hot(labels, 3).T.double() / 40
    columns = [
        functional.pad(values, (0, padding), value=0.0)[None]
        for values in (patterns.T, layer.T, targets)
    ]
    step = Step(columns[0], {"layer_1": columns[1]}, {}, columns[2], torch.sum)
    for weight in (0.0, 50.0):
        scheme = hsic(**{**HSIC, "label_weight": weight}, output_share=0.5)
        (loss,) = scheme.losses(Phase(1, ["layer_1"]), step)
        wanted = expected["dependence_xt"] - weight * expected["dependence_ty"]
        assert loss.item() == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_compiled_loops_refuse_it(scheme):
    reason = refusal(parts_of([1] * 4, scheme))
    assert reason == "it trains by scheme=end_to_end alone"
    assert choose("auto", reason) == "torch"
    with pytest.raises(ValueError, match="engine must be auto or torch here, got 'compiled': it"):
        choose("compiled", reason)


def test_phases_share_the_epochs():
    table = Timetable([Phase(1, ["a"]), Phase(1, ["b"]), Phase(2, ["c"])], 8)
    assert [table.at(epoch)[0].layers[0] for epoch in range(8)] == list("aabbcccc")
    assert [epoch for epoch in range(8) if table.at(epoch)[1]] == [2, 4]
    with pytest.raises(
        ValueError, match="epochs must leave one for each of the 2 phases of .*, got 1"
    ):
        Timetable([Phase(1, ["a"]), Phase(1, ["b"])], 1).check()


@pytest.mark.parametrize(("weight", "learns"), [(50.0, True), (0.0, False)])
def test_hsic_learns_the_label_from_its_dependence_alone(weight, learns):
    """Hidden layers never meet the cross-entropy: without the label's weight they forget it."""
    split = stratified(TASK.labels, 0, train_fraction=0.1)
    scheme = hsic(**{**HSIC, "label_weight": weight}, output_share=0.5)
    parts = parts_of([0, 1, 2, 3], "hsic", hidden=[10, 7], activation="tanh", epochs=60)
    options = dataclasses.replace(parts.options, batch_size=103)
    members = [m._replace(split=split, learning_rate=0.01) for m in parts.members]
    parts = dataclasses.replace(parts, scheme=scheme, options=options, members=members)
    weights = train(parts).weights
    for member in range(4):
        _, logs = replay(parts.network, weights[-1:, member], TASK.inputs)
        (accuracy,) = performance.performance(logs, TASK, split._asdict())["accuracy/test"]
        assert accuracy > 0.7 if learns else accuracy < 0.6
