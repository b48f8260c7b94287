"""Compiled loops train as torch does, each network by itself; what they cannot train they say."""

import dataclasses
import itertools
import subprocess
import sys
import threading
import time
from functools import partial

import numpy as np
import pytest
import torch

from ibsweep.compiled import library
from ibsweep.learning import engines, regularizers
from ibsweep.learning.checkpoints import Checkpoints
from ibsweep.learning.compiled.kind import LARGEST, refusal
from ibsweep.learning.trainer import train
from ibsweep.networks.activations import Activation, absolute, centered_softplus, prelu, sine
from ibsweep.networks.mlp import MLP
from ibsweep.networks.noise import additive
from ibsweep.types import Dataset, Split
from tests.learning.test_trainer import OPTIONS, ensemble

needs_compiler = pytest.mark.skipif(library.missing() is not None, reason="no C++ compiler")
ACTIVATIONS = {
    "relu": Activation(torch.nn.ReLU(), 2.0, {}),
    "tanh": Activation(torch.nn.Tanh(), 1.0, {}),
    "abs": Activation(partial(absolute), 1.0, {}),
    "prelu": Activation(partial(prelu), 2.0, {"slope": 0.25}),
    "elu": Activation(torch.nn.ELU(), 2.0, {}),
    "softplus": Activation(torch.nn.Softplus(), 2.0, {}),
    "centered_softplus": Activation(partial(centered_softplus), 2.0, {}),
    "swish": Activation(torch.nn.SiLU(), 2.0, {}),
}
REGULARIZERS = {
    "none": lambda n: [],
    "l1": lambda n: [regularizers.l1(penalty=np.linspace(0, 1e-2, n).tolist())],
    "l2": lambda n: [regularizers.l2(penalty=np.linspace(0, 0.1, n).tolist())],
    "l1_l2": lambda n: [regularizers.l1(penalty=[1e-4] * n), regularizers.l2(penalty=[0.1] * n)],
    "max_norm": lambda n: [regularizers.max_norm(norm=np.linspace(0.4, 2, n).tolist())],
}
OPTIMIZERS = {
    "adam": {"optimizer": "adam"},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.05, "sgd_momentum": 0.0},
    "momentum": {"optimizer": "sgd", "learning_rate": 0.01, "sgd_momentum": 0.9},
}


def parts_of(seeds, activation="relu", regularization="none", seeding="init", **changes):
    options = {"epochs": 1, **{k: changes.pop(k) for k in {**changes} if hasattr(OPTIONS, k)}}
    parts = ensemble(seeds, seeding=seeding, options=dataclasses.replace(OPTIONS, **options))
    members = [m._replace(learning_rate=parts.options.learning_rate) for m in parts.members]
    changes = {"snapshots": np.array([0, parts.options.epochs]), "members": members, **changes}
    network = dataclasses.replace(parts.network, activation=ACTIVATIONS[activation])
    rules = REGULARIZERS[regularization](len(members))
    return dataclasses.replace(parts, network=network, regularizers=rules, **changes)


def by(engine, parts, **options):
    engine = dataclasses.replace(parts.options, engine=engine)
    return train(dataclasses.replace(parts, options=engine), **options)


def stored_of(parts, **options):
    return by("compiled", parts, **options).weights


@needs_compiler
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_steps_agree_with_torch_within_rounding(activation):
    """Seven steps in float64, of members with batches, splits and penalties of their own."""
    for regularization, optimizer in itertools.product(REGULARIZERS, OPTIMIZERS):
        parts = parts_of(
            range(4),
            *(activation, regularization, "all"),
            dtype=torch.float64,
            **OPTIMIZERS[optimizer],
        )
        ours, torchs = stored_of(parts), by("torch", parts).weights
        assert not torch.equal(ours[0], ours[1])
        torch.testing.assert_close(ours, torchs, rtol=1e-9, atol=1e-13)


@needs_compiler
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_epoch_in_float32_is_as_near_to_float64_as_that_of_torch(activation):
    parts = parts_of(range(8), activation, "l2", optimizer="sgd", learning_rate=0.1)
    exact = by("torch", dataclasses.replace(parts, dtype=torch.float64)).weights[-1]

    def error(engine):
        return (by(engine, parts).weights[-1].double() - exact).square().mean().sqrt()

    assert error("compiled") < 2 * error("torch")


@needs_compiler
@pytest.mark.parametrize(
    ("sizes", "batch"), [((5, 1, 3), 7), ((3, 17, 33, 10), 64), ((64, 9, 2), 70)]
)
def test_so_do_other_sizes_classes_and_batches(sizes, batch):
    random = np.random.default_rng(0)
    inputs, labels = random.standard_normal((150, sizes[0])), np.arange(150) % sizes[-1]
    dataset = Dataset(inputs, labels, sizes[-1])
    network = MLP([*sizes[1:-1]], ACTIVATIONS["tanh"], "glorot", sizes[0], sizes[-1])
    parts = parts_of(range(4), batch_size=batch, dtype=torch.float64)
    split = Split(np.arange(120), np.arange(120, 150))
    members = [m._replace(split=split) for m in parts.members]
    parts = dataclasses.replace(parts, dataset=dataset, network=network, members=members)
    torch.testing.assert_close(stored_of(parts), by("torch", parts).weights, rtol=1e-9, atol=1e-13)


@needs_compiler
@pytest.mark.parametrize("seeding", ["init", "init_and_batches", "all"])
@pytest.mark.parametrize("kind", [("relu", "none"), ("prelu", "l1_l2"), ("swish", "max_norm")])
def test_a_members_numbers_do_not_depend_on_its_company(kind, seeding):
    activation, name = kind
    alike = {
        "none": lambda n: [],
        "l1_l2": REGULARIZERS["l1_l2"],
        "max_norm": lambda n: [regularizers.max_norm(norm=[1.0] * n)],
    }

    def of(seeds):
        parts = parts_of(seeds, activation, "none", seeding, epochs=2)
        return stored_of(dataclasses.replace(parts, regularizers=alike[name](len(seeds))))

    alone = of([7])[:, 0]
    for seeds in ([7, 1], [4, 5, 7], [*range(8, 40), 7], [*range(50)]):
        assert torch.equal(alone, of(seeds)[:, seeds.index(7)])


@needs_compiler
def test_nor_on_threads_that_train_beside_it():
    expected = stored_of(parts_of(range(9), "tanh", epochs=3))
    found = {}

    def run(place):
        found[place] = stored_of(parts_of(range(9), "tanh", epochs=3))

    workers = [threading.Thread(target=run, args=(place,)) for place in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(torch.equal(weights, expected) for weights in found.values())


DIVERGENCE = {"at once": (1e30, 0.0), "at length": (0.01, 210.0)}  # learning rate, λ of l2


@needs_compiler
@pytest.mark.parametrize("activation", ["relu", "elu", "prelu"])
@pytest.mark.parametrize("way", DIVERGENCE)
def test_a_divergence_is_reported_at_the_epoch_that_torch_reports(activation, way):
    wild, penalty = DIVERGENCE[way]
    parts = parts_of(range(4), activation, optimizer="sgd", learning_rate=1e-3, epochs=8)
    rates = [wild if i == 2 else 1e-3 for i in range(4)]
    members = [m._replace(learning_rate=r) for m, r in zip(parts.members, rates, strict=True)]
    rules = [regularizers.l2(penalty=[penalty if i == 2 else 0.0 for i in range(4)])]
    mixed = dataclasses.replace(parts, members=members, regularizers=rules)
    ours, torchs = by("compiled", mixed), by("torch", mixed)
    assert ours.failed == torchs.failed == {2: {"at once": 1, "at length": 4}[way]}
    calm = stored_of(parts)
    for member in (0, 1, 3):
        assert torch.equal(ours.weights[:, member], calm[:, member])


@needs_compiler
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_going_on_from_a_checkpoint_is_bit_equal(tmp_path, optimizer):
    class Interrupted(Exception):
        pass

    def stop(fraction):
        if fraction >= 0.5:
            raise Interrupted

    kind = {"epochs": 6, **OPTIMIZERS[optimizer]}
    seeds, rest = [3, 8, 5], [5, 3]
    undisturbed = stored_of(parts_of(seeds, "prelu", "none", "all", **kind))
    with pytest.raises(Interrupted):
        kept = Checkpoints(tmp_path, [f"s{seed}" for seed in seeds], seconds=0)
        stored_of(parts_of(seeds, "prelu", "none", "all", **kind), progress=stop, checkpoints=kept)
    going_on = Checkpoints(tmp_path, [f"s{seed}" for seed in rest], epoch=3)
    parts = parts_of(rest, "prelu", "none", "all", **kind)
    finished = stored_of(parts, checkpoints=going_on)
    for member, seed in enumerate(rest):
        assert torch.equal(finished[:, member], undisturbed[:, seeds.index(seed)])


@needs_compiler
def test_whole_trainings_agree_in_distribution():
    """Training loss of 40 networks after 60 epochs: means within four standard errors."""
    means = {}
    for engine in ("compiled", "torch"):
        parts = parts_of(range(40), "tanh", seeding="all", epochs=60, learning_rate=4e-3)
        weights = by(engine, parts).weights[-1]
        norms = weights.double().square().sum(dim=1).sqrt()
        means[engine] = norms.mean(), norms.std() / np.sqrt(40)
    (ours, error), (torchs, other) = means.values()
    assert abs(ours - torchs) < 4 * (error**2 + other**2) ** 0.5


@needs_compiler
def test_arithmetic_with_subnormal_numbers_stays_as_it_is():
    """A library linked with -ffast-math would make the process round them to zero."""
    program = """
import numpy as np, torch
from ibsweep.learning.compiled.kind import Kind
small = lambda: (np.float32(1e-40) * np.float32(.5), torch.tensor(1e-40).mul(.5).item())
before = small()
Kind((12, 10, 2), "Tanh", "float").library()
assert small() == before and all(value > 0 for value in before), (before, small())
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@needs_compiler
def test_training_makes_subnormal_numbers_zero_but_leaves_the_processor_as_it_was():
    def small():
        return np.float32(1e-40) * np.float32(0.5), torch.tensor(1e-40).mul(0.5).item()

    before = small()
    by("compiled", parts_of(range(2)))
    assert small() == before and all(value > 0 for value in before)


@needs_compiler
def test_other_threads_run_while_a_step_is_taken():
    """Ctrl-C and progress are heard: the interpreter's lock is free, and no call takes long."""
    parts = parts_of(range(50), "softplus", epochs=20)
    gaps, done = [], threading.Event()

    def watch():
        last = time.perf_counter()
        while not done.wait(0.01):
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    watcher = threading.Thread(target=watch)
    watcher.start()
    stored_of(parts)
    done.set()
    watcher.join()
    assert gaps and max(gaps) < 1


REFUSED = {
    "activations": (
        {"network": MLP([3], Activation(sine, 1.0, {}), "glorot", 12, 2)},
        "it knows the activations relu, tanh, abs",
    ),
    "other options": (
        {"network": MLP([3], Activation(torch.nn.ELU(alpha=2.0), 1.0, {}), "glorot", 12, 2)},
        "it knows the activations",
    ),
    "noise": ({"noises": [additive(noise_std=0.1, sites="all")]}, "without noise"),
    "dropout": ({"regularizers": [regularizers.dropout(rate=[0.1] * 4)]}, "l1, l2 and max_norm"),
    "width": (
        {"network": MLP([LARGEST + 1], ACTIVATIONS["relu"], "glorot", 12, 2)},
        f"up to {LARGEST} units or inputs, not {LARGEST + 1}",
    ),
    "device": ({"device": torch.device("cuda")}, "on the CPU, not on device cuda"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_compiled_loops_cannot_train_is_told(case):
    change, reason = REFUSED[case]
    parts = dataclasses.replace(parts_of(range(4)), **change)
    assert reason in refusal(parts)
    assert engines.choose("auto", refusal(parts)) == "torch"
    with pytest.raises(ValueError, match="engine must be auto or torch here, got 'compiled': it"):
        engines.choose("compiled", refusal(parts))
