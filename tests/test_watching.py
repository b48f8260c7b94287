import contextlib
import random
import re
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import ibsweep
from ibsweep.compressors import pca
from ibsweep.estimators import gaussian
from ibsweep.estimators.binning import equal_bins_information
from ibsweep.estimators.ebab import ebab_information
from ibsweep.estimators.lossy import frozen_lossy_information
from ibsweep.integrity import check_store
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.watching import Description
from tests.conftest import ROOT

INPUTS = torch.randn(300, 6, generator=torch.Generator().manual_seed(0))
LABELS = (INPUTS[:, 0] * INPUTS[:, 1] > 0).long()
FROZEN = partial(
    frozen_lossy_information,
    input_compressor=pca.fit,
    layer_compressor=pca.fit,
    of_inputs=gaussian.mutual_information,
    of_labels=gaussian.label_information,
)
EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/watching.md").read_text(encoding="utf-8"), re.DOTALL
)


class Net(nn.Module):
    """A net with all that measuring could disturb."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Tanh())
        self.frozen = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(0.3)
        self.register_buffer("calls", torch.zeros(()))
        self.last = nn.Linear(8, 2)

    def forward(self, x):
        self.calls += 1
        shift = random.random() + np.random.rand() + torch.rand(())
        return self.last(self.drop(self.frozen(self.first(x)))) + 0.01 * shift


def trained(watched, **options):
    """Train a net; return all of its state, and what the generators give next."""
    torch.manual_seed(3), random.seed(3), np.random.seed(3)
    model = Net()
    model.frozen.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    watching = ibsweep.watch(model, INPUTS, LABELS, directory=None, **options)
    with watching if watched else contextlib.nullcontext() as probe:
        for _ in range(4):
            for rows in torch.randperm(300).split(100):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(INPUTS[rows]), LABELS[rows]).backward()
                optimizer.step()
            if watched:
                probe.step()
    state = {**model.state_dict(), **{f"grad {n}": p.grad for n, p in model.named_parameters()}}
    modes = [module.training for module in model.modules()]
    return state, modes, (torch.rand(()).item(), random.random(), np.random.rand()), probe


def test_watching_leaves_the_training_bit_equal():
    state, modes, drawn, _ = trained(watched=False)
    again, modes_again, drawn_again, probe = trained(watched=True, batch_size=64)
    assert state.keys() == again.keys()
    assert all(torch.equal(values, again[name]) for name, values in state.items())
    assert (modes, drawn) == (modes_again, drawn_again)
    assert len(probe.training) == 5


def test_what_is_measured_is_the_model_in_evaluation_mode():
    *_, probe = trained(watched=True, layers=["first"], schedule=[0, 2])
    assert probe.training["epoch"].tolist() == [0, 2, 4]
    assert probe.curves["layer"].unique().tolist() == ["first", "output"]
    torch.manual_seed(3)
    untrained = Net().eval()
    with torch.no_grad():
        held = untrained.first(INPUTS)
    expected = ebab_information(held, LABELS, bins=30)
    row = probe.curves.set_index(["epoch", "layer"]).loc[(0, "first")]
    assert (row["i_xt"], row["i_ty"]) == (expected.i_xt, expected.i_ty)


def test_the_childrens_names_are_the_layers_but_the_output_is_listed_once():
    model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2))
    with ibsweep.watch(model, INPUTS, LABELS, directory=None) as probe:
        pass
    assert probe.curves["layer"].unique().tolist() == ["0", "1", "output"]
    assert set(probe.scores) >= {"ebab/compression/0", "accuracy/test", "failed_to_train"}


@pytest.mark.parametrize("example", EXAMPLES, ids=["convolutional", "transformer"])
def test_the_documented_examples_run_and_are_stored(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    held = {"__name__": "example"}
    exec(example, held)
    store = open_store(TrackingOptions(None, "ibsweep", "metrics", tmp_path / "outputs"))
    (run,) = store.networks().to_dict("records")
    assert run["status"] == "FINISHED"
    assert run["accuracy/test"] == held["probe"].scores["accuracy/test"] > 0.5
    curves = store.read_curves([run["run_id"]]).drop(columns="network")
    assert curves.equals(held["probe"].curves)
    assert list((tmp_path / "outputs").rglob("information_plane/*.png"))
    problems = []
    check_store(store, problems.append)
    assert problems == []


def test_a_loop_that_raises_leaves_a_failed_run(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    model = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
    options = {"directory": tmp_path, "description": Description(seed=5)}
    with (
        pytest.raises(RuntimeError, match="no more data"),
        ibsweep.watch(model, INPUTS, LABELS, **options),
    ):
        raise RuntimeError("no more data")
    store = open_store(TrackingOptions(None, "ibsweep", "metrics", tmp_path))
    (run,) = store.networks().to_dict("records")
    assert (run["status"], run["seed"]) == ("FAILED", 5)
    assert run["failure"] == "RuntimeError: no more data"


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.act = nn.Linear(6, 6), nn.ReLU()
        self.last = nn.Linear(6, 2)

    def forward(self, x):
        return self.last(self.act(self.inner(self.act(x))))


class SamplesLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.turn = nn.Flatten()
        self.last = nn.Linear(6, 2)

    def forward(self, x):
        return self.last(self.turn(x.T).T)


@pytest.mark.parametrize(
    ("model", "options", "rule"),
    [
        (
            Net(),
            {"layers": ["second"]},
            r"layers must be modules of the model \(first, .*'second'",
        ),
        (Net(), {"layers": []}, "layers must name a module whose output is not the model's"),
        (Twice(), {}, "layer act must be called once .*, got 2 calls"),
        (SamplesLast(), {}, "layer turn must return a tensor whose first axis is the 300 samples"),
        (
            nn.Sequential(nn.Linear(6, 2), nn.Flatten(0)),
            {},
            r"model must return logits .*\(600,\)",
        ),
        (nn.Sequential(nn.ReLU(), nn.Linear(6, 1)), {}, "labels must be 0 … 0, .* got 0 … 1"),
        (Net(), {"batch_size": 0}, "batch_size must be an integer ≥ 1, got 0"),
        (Net(), {"estimators": {}}, "estimators must be at least one"),
        (
            Net(),
            {"estimators": {"global": partial(equal_bins_information, bins=30)}},
            "estimators must not need the range of activity over all epochs, got global",
        ),
        (
            Net(),
            {"estimators": {"frozen": FROZEN}},
            "estimators must not need the activity after the last epoch, got frozen",
        ),
    ],
)
def test_what_cannot_be_watched_is_said_in_a_line(model, options, rule):
    with (
        pytest.raises(ValueError, match=rule),
        ibsweep.watch(model, INPUTS, LABELS, directory=None, **options),
    ):
        pass


@pytest.mark.parametrize("labels", [LABELS[:5], LABELS.float()])
def test_labels_that_do_not_fit(labels):
    with pytest.raises(ValueError, match=r"labels must be \(300,\) integers, got"):
        ibsweep.watch(Net(), INPUTS, labels, directory=None)
