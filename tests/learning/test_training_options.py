"""Options of training beyond the paper's: what torch computes, the same bits in any company."""

import dataclasses

import numpy as np
import pytest
import torch

from ibsweep.learning import regularizers
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.compiled.kind import refusal
from ibsweep.learning.trainer import train
from ibsweep.networks.weights import Layout
from tests.learning.test_trainer import ACTIVATIONS, OPTIONS, SEEDING, TASK, batches, ensemble

EPOCHS, STOPPED = 4, 2
KINDS = {  # name to options of training, and the numbers of one member
    "adamw": ({"optimizer": "adamw"}, {"weight_decay": 0.1}),
    "label smoothing": ({}, {"label_smoothing": 0.2}),
    "cosine": ({"schedule": "cosine"}, {}),
    "step": ({"schedule": "step", "step_at": [0.3, 0.6]}, {}),
    "warmup_cosine": ({"schedule": "warmup_cosine", "warmup_fraction": 0.6}, {}),
    "activity_l2": ({}, {}),
    "growth": ({}, {}),
    "all": (
        {"optimizer": "adamw", "schedule": "warmup_cosine"},
        {"weight_decay": 0.1, "label_smoothing": 0.1},
    ),
}
PENALTY = 0.3  # λ of activity_l2


GROWTH = {"factor": 2.0, "every": 2, "until": 1.0}


def penalised(parts, penalties, layers=("penultimate", "layer_1"), growth=None):
    """Return an ensemble with a λ of activity_l2 for each member."""
    each = len(penalties)
    rule = regularizers.activity_l2(
        penalty=penalties, layers=[list(layers)] * each, growth=[growth] * each
    )
    return dataclasses.replace(parts, regularizers=[rule])


class Interrupted(Exception):
    pass


def stop(fraction):
    if fraction >= STOPPED / EPOCHS:
        raise Interrupted


def parts_of(seeds, kind, seeding="init", activation="prelu", **changes):
    """Return an ensemble with options of training and numbers of its members."""
    options, number = KINDS[kind]
    parts = ensemble(seeds, activation, "none", seeding, snapshots=np.array([0, 1, EPOCHS]))
    options = dataclasses.replace(OPTIONS, epochs=EPOCHS, **options)
    members = [m._replace(**number) for m in parts.members]
    if kind in ("activity_l2", "growth", "all"):
        growth = GROWTH if kind == "growth" else None
        parts = penalised(parts, [PENALTY] * len(members), growth=growth)
    return dataclasses.replace(parts, options=options, members=members, **changes)


def plain(seeds):
    """Return the same ensemble without any of these options."""
    options = dataclasses.replace(OPTIONS, epochs=EPOCHS)
    return ensemble(seeds, "prelu", options=options, snapshots=np.array([0, 1, EPOCHS]))


def mixed(parts, seed):
    """Return the same ensemble, but members of other seeds have other numbers."""
    members = [
        m
        if m.seeds["init"] == seed
        else m._replace(
            weight_decay=m.weight_decay / 2,
            label_smoothing=m.label_smoothing / 2,
            learning_rate=1e-3,
        )
        for m in parts.members
    ]
    if parts.regularizers:
        own = [PENALTY if m.seeds["init"] == seed else PENALTY / 3 for m in parts.members]
        growth = GROWTH if parts.regularizers[0].growth else None
        parts = penalised(parts, own, growth=growth)
    return dataclasses.replace(parts, members=members)


@pytest.mark.parametrize("seeding", SEEDING)
@pytest.mark.parametrize("kind", KINDS)
def test_a_members_numbers_do_not_depend_on_its_company(kind, seeding):
    alone = train(parts_of([7] * 4, kind, seeding)).weights[:, 0]
    for seeds in ([4, 5, 6, 3, 7], [*range(8, 40), 7]):
        parts = parts_of(seeds, kind, seeding)
        for company in (parts, mixed(parts, 7)):
            assert torch.equal(alone, train(company).weights[:, seeds.index(7)])


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_training_goes_on_bit_equal_in_any_company(tmp_path, kind):
    seeds, rest = [3, 8, 5, 9, 7], [7, 3, 5, 8]
    undisturbed = train(parts_of(seeds, kind, "all")).weights
    names = [f"s{seed}" for seed in seeds]
    with pytest.raises(Interrupted):
        kept = Checkpoints(tmp_path, names, seconds=0)
        train(parts_of(seeds, kind, "all"), stop, checkpoints=kept)
    going_on = Checkpoints(tmp_path, [f"s{seed}" for seed in rest], epoch=STOPPED)
    finished = train(parts_of(rest, kind, "all"), checkpoints=going_on).weights
    for member, seed in enumerate(rest):
        assert torch.equal(finished[:, member], undisturbed[:, seeds.index(seed)])


@pytest.mark.parametrize("kind", KINDS)
def test_it_changes_the_training_and_compiled_loops_refuse_it(kind):
    parts = parts_of([3] * 4, kind)
    without = plain([3] * 4)
    assert not torch.equal(train(parts).weights[-1], train(without).weights[-1])
    assert refusal(without) is None
    assert "it " in refusal(parts)


def layers_of(parts, flat):
    """Return torch's own layers with the weights of one member."""
    views = Layout(parts.network.parameters).views(flat)
    layers = []
    for name in parts.network.layers:
        weight, bias = views[f"{name}.weight"], views[f"{name}.bias"]
        layer = torch.nn.Linear(*reversed(weight.shape), dtype=weight.dtype)
        layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
        layers.append(layer)
    return layers


def one_step(kind):
    """Return an ensemble that takes one step on all rows in float64, and torch's model."""
    parts = parts_of([3] * 4, kind, activation="tanh", dtype=torch.float64)
    size = len(parts.members[0].split.train)
    options = dataclasses.replace(parts.options, epochs=1, batch_size=size)
    parts = dataclasses.replace(parts, options=options, snapshots=np.array([0, 1]))
    start, end = train(parts).weights[:, 0]
    layers, rows = layers_of(parts, start), parts.members[0].split.train
    labels = torch.from_numpy(TASK.labels[rows])
    return layers, logits_of(layers, rows), labels, layers_of(parts, end)


def logits_of(layers, rows):
    """Return what torch's own layers make of rows of the data."""
    pairs = [part for layer in layers for part in (layer, torch.nn.Tanh())]
    return torch.nn.Sequential(*pairs[:-1])(torch.from_numpy(TASK.inputs[rows]))


def assert_equal_layers(layers, expected):
    for layer, other in zip(layers, expected, strict=True):
        torch.testing.assert_close(layer.weight, other.weight, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(layer.bias, other.bias, rtol=1e-9, atol=1e-12)


def test_a_step_of_adamw_is_torchs_and_biases_do_not_decay():
    layers, logits, labels, stepped = one_step("adamw")
    torch.nn.functional.cross_entropy(logits, labels).backward()
    groups = [
        {"params": [layer.weight for layer in layers], "weight_decay": 0.1},
        {"params": [layer.bias for layer in layers], "weight_decay": 0.0},
    ]
    torch.optim.AdamW(groups, lr=4e-4).step()
    assert_equal_layers(stepped, layers)


def test_a_step_with_smoothed_labels_has_torchs_gradient():
    layers, logits, labels, stepped = one_step("label smoothing")
    torch.nn.CrossEntropyLoss(label_smoothing=0.2)(logits, labels).backward()
    torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=4e-4).step()
    assert_equal_layers(stepped, layers)


def test_members_may_differ_in_label_smoothing():
    """Beside smoothed labels, hard ones give what they give alone, also in the padded batch."""
    parts = parts_of([5] * 4, "label smoothing")
    smoothing = zip(parts.members, [0.0, 0.1, 0.2, 0.0], strict=True)
    members = [m._replace(label_smoothing=alpha) for m, alpha in smoothing]
    final = train(dataclasses.replace(parts, members=members)).weights[-1]
    assert torch.equal(final[0], final[3])
    assert torch.equal(final[0], train(plain([5] * 4)).weights[-1, 0])
    assert torch.equal(final[2], train(parts).weights[-1, 0])
    assert not torch.equal(final[1], final[2])


def test_learned_numbers_of_an_activation_do_not_decay():
    """Only weight matrices do: PReLU's slopes at λ = 1/η, where weights would go to zero."""
    parts = parts_of([3] * 4, "adamw")
    members = [m._replace(weight_decay=1 / m.learning_rate) for m in parts.members]
    final = train(dataclasses.replace(parts, members=members)).weights[-1, 0]
    views = Layout(parts.network.parameters).views(final)
    assert views["layer_1.slope"].min() > 0.2
    assert views["output.weight"].abs().max() < 0.01
    assert set(ACTIVATIONS["prelu"].learned) == {"slope"}


def test_a_step_with_activity_l2_has_the_gradient_of_torchs_means():
    layers, _, labels, stepped = one_step("activity_l2")
    rows = ensemble([3]).members[0].split.train
    first = torch.tanh(layers[0](torch.from_numpy(TASK.inputs[rows])))
    last = first
    for layer in layers[1:-1]:
        last = torch.tanh(layer(last))
    loss = torch.nn.functional.cross_entropy(layers[-1](last), labels)
    (loss + PENALTY * (first.square().mean() + last.square().mean())).backward()
    torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=4e-4).step()
    assert_equal_layers(stepped, layers)


def test_a_whole_training_is_that_of_torchs_loss_optimizer_and_scheduler():
    """In batches of unequal sizes, in float64: AdamW, smoothed labels and a cosine together."""
    options = dataclasses.replace(OPTIONS, optimizer="adamw", schedule="cosine")
    parts = ensemble([3] * 4, "tanh", dtype=torch.float64, options=options)
    numbers = {"weight_decay": 0.1, "label_smoothing": 0.1}
    members = [m._replace(**numbers) for m in parts.members]
    start, *_, end = train(dataclasses.replace(parts, members=members)).weights[:, 0]
    layers = layers_of(parts, start)
    groups = [
        {"params": [layer.weight for layer in layers], "weight_decay": 0.1},
        {"params": [layer.bias for layer in layers], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=4e-4)
    every = list(batches(parts))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(every))
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    for rows in every:
        optimizer.zero_grad()
        loss(logits_of(layers, rows.numpy()), torch.from_numpy(TASK.labels)[rows]).backward()
        optimizer.step()
        scheduler.step()
    assert_equal_layers(layers_of(parts, end), layers)


def test_members_may_differ_in_weight_decay():
    parts = parts_of([5] * 4, "adamw")
    decays = zip(parts.members, [0.0, 1.0, 10.0, 0.0], strict=True)
    members = [m._replace(weight_decay=decay) for m, decay in decays]
    final = train(dataclasses.replace(parts, members=members)).weights[-1]
    assert torch.equal(final[0], final[3])
    assert torch.equal(final[0], train(plain([5] * 4)).weights[-1, 0])  # adamw at 0 is adam
    assert final[0].norm() > final[1].norm() > final[2].norm()


def test_members_may_differ_in_activity_l2():
    without = plain([5] * 4)
    final = train(penalised(without, [0.0, 0.3, 3.0, 0.0])).weights[-1]
    assert torch.equal(final[0], final[3])
    assert torch.equal(final[0], train(without).weights[-1, 0])
    hidden = final[:, : Layout(without.network.parameters).hidden_width].norm(dim=1)
    assert hidden[0] > hidden[1] > hidden[2]


def test_a_penalty_that_grows_is_at_each_epoch_the_constant_one_of_its_size():
    """From the weights that a training left with λ, the next epoch is that of 2λ."""
    options = dataclasses.replace(OPTIONS, optimizer="sgd", epochs=2)
    plain = ensemble([5] * 4, options=options, snapshots=np.arange(3), dtype=torch.float64)
    constant, growing, doubled = (
        train(penalised(plain, [penalty] * 4, growth=growth)).weights[:, 0]
        for penalty, growth in [
            (PENALTY, None),
            (PENALTY, {"factor": 2, "every": 1, "until": 9.0}),
            (2 * PENALTY, None),
        ]
    )
    assert torch.equal(constant[1], growing[1])
    assert not torch.equal(constant[2], growing[2])
    assert not torch.equal(doubled[1], growing[1])
    one = {"factor": 2, "every": 1, "until": PENALTY}
    assert torch.equal(train(penalised(plain, [PENALTY] * 4, growth=one)).weights[:, 0], constant)
    at_once = {"factor": 1e9, "every": 1, "until": 2 * PENALTY}
    capped = train(penalised(plain, [PENALTY] * 4, growth=at_once)).weights[:, 0]
    torch.testing.assert_close(capped[2], growing[2], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"weight_decay": -0.1, "optimizer": "adamw"}, "weight_decay must be ≥ 0, got -0.1"),
        ({"weight_decay": 0.1}, r"weight_decay must be 0 with optimizer=adam \(adamw has"),
        ({"weight_decay": 0.1, "optimizer": "sgd"}, "weight_decay must be 0 with optimizer=sgd"),
        (
            {"schedule": "linear"},
            "schedule must be one of constant, cosine, step, warmup_cosine, g",
        ),
        ({"step_at": [0.5, 1.0]}, "step_at must be > 0 and < 1, got 1.0"),
        ({"step_at": []}, r"step_at must be a list of at least one share, got \[\]"),
        ({"step_factor": 0}, "step_factor must be > 0, got 0"),
        ({"warmup_fraction": 1}, "warmup_fraction must be ≥ 0 and < 1, got 1"),
        ({"label_smoothing": -0.1}, "label_smoothing must be ≥ 0 and < 1, got -0.1"),
        ({"label_smoothing": 1.0}, "label_smoothing must be ≥ 0 and < 1, got 1.0"),
    ],
)
def test_options_out_of_range_or_that_do_not_go_together(change, rule):
    with pytest.raises(ValueError, match=rule):
        dataclasses.replace(OPTIONS, **change)
