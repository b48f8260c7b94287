"""What a network's training depends on, and what it does not."""

import dataclasses

import numpy as np
import pytest
import torch

from ibsweep.learning import regularizers
from ibsweep.learning.ensemble import Ensemble, Member, TrainingOptions
from ibsweep.learning.trainer import train
from ibsweep.networks.activations import Activation, prelu
from ibsweep.networks.mlp import MLP
from ibsweep.networks.weights import Layout
from ibsweep.tasks.boolean import spherical
from ibsweep.tasks.split import stratified

TASK = spherical()
EPOCHS = 3
OPTIONS = TrainingOptions(
    epochs=EPOCHS,
    batch_size=512,
    optimizer="adam",
    learning_rate=4e-4,
    adam_betas=(0.9, 0.999),
    adam_epsilon=1e-8,
    sgd_momentum=0.0,
    initialization="glorot",
)
ACTIVATIONS = {
    "relu": Activation(torch.nn.ReLU(), 2.0, {}),
    "tanh": Activation(torch.nn.Tanh(), 1.0, {}),
    "elu": Activation(torch.nn.ELU(), 2.0, {}),
    "swish": Activation(torch.nn.SiLU(), 2.0, {}),
    "prelu": Activation(prelu, 2.0, {"slope": 0.25}),
}
REGULARIZERS = {
    "none": lambda members: [],
    "l2": lambda members: [regularizers.l2(penalty=[0.015] * members)],
    "dropout": lambda members: [regularizers.dropout(rate=[0.1] * members)],
    "max_norm": lambda members: [regularizers.max_norm(norm=[1.0] * members)],
}
SEEDING = {
    "init": lambda seed: {"init": seed, "batches": 0, "split": 0, "noise": 0},
    "init_and_batches": lambda seed: {"init": seed, "batches": seed, "split": 0, "noise": seed},
    "all": lambda seed: dict.fromkeys(("init", "batches", "split", "noise"), seed),
}


def ensemble(seeds, activation="relu", regularization="none", seeding="init", **changes):
    members = []
    for seed in seeds:
        streams = SEEDING[seeding](seed)
        split = stratified(TASK.labels, streams["split"], train_fraction=0.8)
        members.append(Member(streams, split, 4e-4))
    parts = Ensemble(
        network=MLP([10, 7, 5, 4, 3], ACTIVATIONS[activation], "glorot", features=12, classes=2),
        members=members,
        regularizers=REGULARIZERS[regularization](len(members)),
        dataset=TASK,
        options=OPTIONS,
        snapshots=np.array([0, 1, EPOCHS]),
        device=torch.device("cpu"),
        dtype=torch.float32,
    )
    return dataclasses.replace(parts, **changes)


@pytest.mark.parametrize("seeding", SEEDING)
@pytest.mark.parametrize("regularization", REGULARIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_members_numbers_do_not_depend_on_its_company(activation, regularization, seeding):
    kind = (activation, regularization, seeding)
    alone = train(ensemble([7] * 4, *kind)).weights[:, 0]
    for seeds in ([7, 1, 2, 3], [4, 5, 6, 3, 7], [*range(8, 40), 7], range(50)):
        trained = train(ensemble(seeds, *kind)).weights[:, list(seeds).index(7)]
        assert torch.equal(alone, trained)


def test_nor_on_the_number_of_threads():
    one = train(ensemble(range(9), "tanh")).weights
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(train(ensemble(range(9), "tanh")).weights, one)
    finally:
        torch.set_num_threads(threads)


def test_nor_on_the_state_of_torchs_own_generator():
    first = train(ensemble(range(4), "relu", "dropout")).weights
    torch.manual_seed(99)
    assert torch.equal(train(ensemble(range(4), "relu", "dropout")).weights, first)


def test_it_is_what_torchs_own_layers_and_optimizer_compute():
    """One network in a plain PyTorch loop, on the same start and batches, in float64."""
    parts = ensemble([3] * 4, "tanh", dtype=torch.float64)
    ours = train(parts).weights[:, 0]
    views = Layout(parts.network.parameters).views(ours[0])
    layers = []
    for name in parts.network.layers:
        layer = torch.nn.Linear(*reversed(views[f"{name}.weight"].shape), dtype=torch.float64)
        layer.weight.data, layer.bias.data = (
            views[f"{name}.weight"].clone(),
            views[f"{name}.bias"].clone(),
        )
        layers += [layer, torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-4)
    for rows in batches(parts):
        optimizer.zero_grad()
        inputs, labels = torch.from_numpy(TASK.inputs)[rows], torch.from_numpy(TASK.labels)[rows]
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
    final = Layout(parts.network.parameters).views(ours[-1])
    for name, layer in zip(parts.network.layers, layers[::2], strict=True):
        torch.testing.assert_close(
            final[f"{name}.weight"], layer.weight.data, rtol=1e-9, atol=1e-12
        )


def batches(parts):
    """Rows of every batch of a training, from the stream of its first member."""
    from ibsweep.randomness import generator

    stream = generator("batches", parts.members[0].seeds["batches"])
    train_rows = torch.from_numpy(parts.members[0].split.train)
    for _ in range(EPOCHS):
        yield from train_rows[torch.randperm(len(train_rows), generator=stream)].split(512)


def test_seeding_init_shares_batches_and_seeding_all_does_not():
    def spread(seeding):
        parts = ensemble([1, 2, 1, 2], seeding=seeding)
        same_start = [m._replace(seeds={**m.seeds, "init": 0}) for m in parts.members]
        final = train(dataclasses.replace(parts, members=same_start)).weights[-1]
        return (final[0] - final[1]).abs().max().item()

    assert spread("init") == 0
    assert spread("init_and_batches") > 0


def test_a_diverging_member_is_named_with_its_epoch_and_taints_no_other():
    parts = ensemble(range(4), "relu")
    wild = [
        m._replace(learning_rate=1e30 if i == 2 else 4e-4) for i, m in enumerate(parts.members)
    ]
    trained = train(dataclasses.replace(parts, members=wild))
    calm = train(parts)
    assert trained.failed == {2: 1}
    for member in (0, 1, 3):
        assert torch.equal(trained.weights[:, member], calm.weights[:, member])


def test_members_may_differ_in_penalty_and_rate():
    parts = ensemble([5] * 4, regularizers=[regularizers.l2(penalty=[0.0, 0.015, 0.1, 0.0])])
    final = train(parts).weights[-1]
    assert torch.equal(final[0], final[3])
    assert torch.equal(final[0], train(ensemble([5] * 4, regularization="none")).weights[-1, 0])
    hidden = final[:, : Layout(parts.network.parameters).hidden_width].norm(dim=1)
    assert hidden[0] > hidden[1] > hidden[2]


def test_snapshots_are_the_weights_after_those_epochs():
    longer, shorter = (
        train(ensemble(range(4))),
        train(
            ensemble(
                range(4),
                options=dataclasses.replace(OPTIONS, epochs=1),
                snapshots=np.array([0, 1]),
            )
        ),
    )
    assert torch.equal(longer.weights[:2], shorter.weights)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"epochs": 0}, "epochs must be an integer ≥ 1, got 0"),
        ({"epochs": 1.5}, "epochs must be an integer"),
        ({"batch_size": 0}, "batch_size must be an integer ≥ 1"),
        ({"learning_rate": 0}, "learning_rate must be > 0"),
        ({"learning_rate": float("inf")}, "learning_rate must be > 0"),
        ({"optimizer": "lbfgs"}, "optimizer must be one of adam, adamw, sgd, got 'lbfgs'"),
        ({"adam_betas": [0.9]}, "adam_betas must be two numbers"),
        ({"adam_betas": [0.9, 1.0]}, "adam_betas must be"),
        ({"sgd_momentum": 1.0}, "sgd_momentum must be"),
    ],
)
def test_options_out_of_range(change, rule):
    with pytest.raises(ValueError, match=rule):
        dataclasses.replace(OPTIONS, **change)
