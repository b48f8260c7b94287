"""A step as a CUDA graph: the same numbers, and nothing where there is no such device."""

import dataclasses
import gc

import pytest
import torch

from ibsweep.learning import cuda_graph, epochs, trainer
from ibsweep.networks.activations import Activation
from ibsweep.networks.mlp import MLP
from tests.learning.test_trainer import EPOCHS, ensemble

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


def nothing(inputs, targets):
    """Take no step."""


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_cpu_takes_the_step_itself(repeatable):
    step = cuda_graph.graphed(nothing, device=torch.device("cpu"), repeatable=repeatable)
    assert step is nothing


def test_a_step_that_draws_is_taken_itself_on_any_device():
    step = cuda_graph.graphed(nothing, device=torch.device("cuda"), repeatable=False)
    assert step is nothing


def trained(parts, monkeypatch, *, graph):
    """Train with or without graphs; return the snapshots and how often a graph was replayed."""
    with monkeypatch.context() as patched:
        if not graph:
            patched.setattr(epochs, "graphed", lambda step, **_: step)
        own = trainer._Trainer(parts)
        while own.epoch < EPOCHS:
            own.run_epoch()
    return torch.stack(own.snapshots), getattr(own._epochs._differentiate, "replays", 0)


@CUDA
@pytest.mark.parametrize("seeding", ["init", "all"])
@pytest.mark.parametrize("regularization", ["none", "l2", "max_norm"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "prelu"])
def test_a_graph_gives_the_same_bits(activation, regularization, seeding, monkeypatch):
    kind = (activation, regularization, seeding)
    parts = ensemble(range(8), *kind, device=torch.device("cuda"))
    weights, replays = trained(parts, monkeypatch, graph=True)
    plain, none = trained(parts, monkeypatch, graph=False)
    assert torch.equal(weights, plain)
    assert replays == EPOCHS * 7 - 2 and none == 0  # the first of both sizes goes without


@CUDA
def test_dropout_is_drawn_anew_for_each_batch(monkeypatch):
    parts = ensemble(range(8), "relu", "dropout", device=torch.device("cuda"))
    weights, replays = trained(parts, monkeypatch, graph=True)
    assert replays == 0
    assert torch.equal(weights, trained(parts, monkeypatch, graph=False)[0])


@CUDA
def test_what_no_graph_can_hold_is_taken_kernel_by_kernel(monkeypatch, caplog):
    def waiting(z):
        return z * float(z.new_ones(()))  # waits for the device

    network = MLP([4], Activation(waiting, 1.0, {}), "glorot", features=12, classes=2)
    parts = dataclasses.replace(ensemble(range(8), device=torch.device("cuda")), network=network)
    weights, replays = trained(parts, monkeypatch, graph=True)
    assert replays == 0 and "without a CUDA graph" in caplog.text
    assert torch.equal(weights, trained(parts, monkeypatch, graph=False)[0])


@CUDA
def test_graphs_of_earlier_trainings_do_not_disturb(monkeypatch):
    before = gc.get_threshold()
    gc.set_threshold(1)  # garbage is collected in the middle of every recording
    try:
        runs = [
            trained(ensemble(range(8), device=torch.device("cuda")), monkeypatch, graph=True)
            for _ in range(5)
        ]
    finally:
        gc.set_threshold(*before)
    assert all(replays == EPOCHS * 7 - 2 for _, replays in runs)
