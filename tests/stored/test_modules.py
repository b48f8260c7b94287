"""A stored network comes back as an ordinary module of torch, and a store as one object."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import ibsweep
from ibsweep.stored.restoring import stored_settings
from ibsweep.tracking import NotThere, TrackingOptions, read_store
from ibsweep.watching import Storing
from tests.sweeps.test_command_line import TINY, command
from tests.watching.nets import INPUTS, LABELS

KINDS = {
    "prelu": ["activation=prelu", "task=parity", "task.bits=7"],
    "noisy": ["noise=[relative]", "task=parity", "task.bits=7"],
    "by heads": ["scheme=layerwise", "task=parity", "task.bits=7"],
    "batch": ["network.normalization=batch", "task=parity", "task.bits=7"],
    "layer": ["network.normalization=layer", "task=parity", "task.bits=7"],
    "final batch": ["network.normalization=final_batch", "task=parity", "task.bits=7"],
    "conv": ["task=digits", "network=conv_small", "activation=leaky_relu"],
    "batch conv": ["task=digits", "network=conv_small", "network.normalization=batch"],
    "noisy conv": ["task=digits", "network=conv_small", "noise=[additive,dropout]"],
}


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    options = [*KINDS[request.param], "training.batch_size=64", "estimator=ebab"]
    done = command(folder, *TINY, *options)
    assert done.returncode == 0, done.stderr
    return ibsweep.runs(directory=folder / "outputs").iloc[0]


@pytest.fixture(scope="module")
def inputs(run):
    store = read_store(TrackingOptions.at(**run.attrs["ibsweep.store"]))
    patterns = stored_settings(store, run["run_id"]).dataset.inputs
    return torch.as_tensor(patterns, dtype=torch.float32)


def hooked(network, inputs):
    """Return what each child of a network returns, by name, and the network itself."""
    seen = {}
    for name, child in network.named_children():
        child.register_forward_hook(lambda _, __, values, name=name: seen.update({name: values}))
    with torch.no_grad():
        return seen, network(inputs)


@pytest.mark.parametrize("epoch", [0, 6])
def test_its_layers_give_the_stored_activity(run, inputs, epoch):
    network = ibsweep.network(run, epoch=epoch)
    seen, logits = hooked(network, inputs)
    stored = ibsweep.activity(run, epoch)
    assert list(stored) == [name for name in seen if name != "logits"]
    for name, activity in stored.items():
        np.testing.assert_allclose(seen[name], activity, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logits.softmax(1), stored["output"], rtol=1e-4, atol=1e-6)


def test_by_default_it_is_as_it_was_in_the_end(run, inputs):
    last, first = ibsweep.network(run), ibsweep.network(run, epoch=0)
    wanted = ibsweep.network(run, epoch=6)(inputs)
    assert torch.equal(last(inputs), wanted)
    assert not torch.equal(first(inputs), wanted)


def test_it_can_be_trained_and_saved_like_any_module(run, inputs, tmp_path):
    network = ibsweep.network(run)
    assert isinstance(network, nn.Module) and not network.training
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    labels = torch.zeros(len(inputs), dtype=torch.long)
    losses = []
    for _ in range(5):
        losses.append(nn.functional.cross_entropy(network(inputs), labels))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < losses[0]
    torch.save(network.state_dict(), tmp_path / "network.pt")
    again = ibsweep.network(run)
    assert not torch.equal(again(inputs), network(inputs))
    again.load_state_dict(torch.load(tmp_path / "network.pt", weights_only=True))
    assert torch.equal(again(inputs), network(inputs))


def test_an_epoch_that_is_no_snapshot_is_named(run):
    with pytest.raises(ValueError, match=r"epoch must be one of .* snapshots .*, got 7"):
        ibsweep.network(run, epoch=7)


@pytest.fixture
def watched(tmp_path):
    model = nn.Sequential(nn.Linear(INPUTS.shape[1], 3), nn.Tanh(), nn.Linear(3, 2))
    storing = Storing(directory=tmp_path, weights=True)
    with ibsweep.watch(model, INPUTS, LABELS, storing=storing) as probe:
        probe.step()
    return ibsweep.runs(directory=tmp_path)


def test_a_model_of_the_users_own_cannot_be_built(watched):
    with pytest.raises(ValueError, match="run must be of a network that ibsweep trained"):
        ibsweep.network(watched)


def test_an_open_store_gives_what_the_functions_give(run):
    place = run.attrs["ibsweep.store"]
    results = ibsweep.open(place["directory"])
    runs = results.runs()
    pd.testing.assert_frame_equal(runs, ibsweep.runs(directory=place["directory"]))
    pd.testing.assert_frame_equal(results.curves(), ibsweep.curves(runs))
    pd.testing.assert_frame_equal(results.training(runs), ibsweep.training(runs))
    assert results.runs("seed > 0").empty
    assert len(results.correlations(runs)) == len(ibsweep.correlations(runs))
    activity = results.activity(runs.iloc[0], 0)
    assert list(activity) == list(ibsweep.activity(run, 0))
    assert list(results.network(run, 0).state_dict()) == list(ibsweep.network(run).state_dict())
    assert "study ibsweep" in repr(results)


def test_a_store_that_is_not_there_is_named_at_once(tmp_path):
    with pytest.raises(NotThere, match="directory must hold a store"):
        ibsweep.open(tmp_path)


def test_importing_everything_leaves_pythons_open_alone():
    names = {}
    exec("from ibsweep import *", names)
    assert "open" not in names and "open" in dir(ibsweep)
