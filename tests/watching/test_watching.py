import re

import pytest
import torch
from torch import nn

import ibsweep
from ibsweep.estimators.ebab import ebab_information
from ibsweep.stored.integrity import check_store
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.watching import Description, Measuring, Storing
from tests.conftest import ROOT
from tests.watching.nets import INPUTS, LABELS, Net, trained

EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/watching.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.parametrize("stored", [False, True])
def test_watching_leaves_the_training_bit_equal(stored, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    storing = Storing(tmp_path, weights=True, activity_snapshots=2) if stored else None
    options = {"measuring": Measuring(batch_size=64), "storing": storing}
    state, modes, drawn, _ = trained(watched=False)
    again, modes_again, drawn_again, probe = trained(watched=True, **options)
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
    with ibsweep.watch(model, INPUTS, LABELS, storing=None) as probe:
        pass
    assert probe.curves["layer"].unique().tolist() == ["0", "1", "output"]
    assert set(probe.scores) >= {"ebab/compression/0", "accuracy/test", "failed_to_train"}


@pytest.mark.parametrize("example", EXAMPLES[:2], ids=["convolutional", "transformer"])
def test_the_documented_examples_run_and_are_stored(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    held = {"__name__": "example"}
    exec(example, held)
    store = open_store(TrackingOptions(None, "ibsweep", "metrics", tmp_path / "outputs"))
    (run,) = store.networks().to_dict("records")
    assert run["status"] == "FINISHED"
    accuracy = run["accuracy/test"]  # over seeds .94 ± .02 and .50 ± .03, by chance .1
    assert accuracy == held["probe"].scores["accuracy/test"] > 0.3
    curves = store.read_curves([run["run_id"]]).drop(columns="network")
    assert curves[[*held["probe"].curves]].equals(held["probe"].curves)
    assert curves["i_xt_smooth"].notna().all() == (curves["epoch"].nunique() >= 5)
    assert list((tmp_path / "outputs").rglob("information_plane/*.png"))
    problems = []
    check_store(store, problems.append)
    assert problems == []


def test_the_documented_example_without_a_store_runs():
    held = {"__name__": "example"}
    exec(EXAMPLES[2], held)
    assert held["probe"].run_id is None
    assert held["probe"].scores["accuracy/test"] > 0.8
    assert held["probe"].curves.dropna()["epoch"].unique().tolist() == [0, 40, 100]


@pytest.mark.parametrize(
    ("example", "printed"),
    [
        (EXAMPLES[3], "labels: 2 classes, output: one logit\nlabels: 2 classes, output: one prob"),
        (EXAMPLES[4], "['blocks.0', 'act', 'blocks.1', 'act:2', 'output']\n"),
        (EXAMPLES[5], "True\n"),
    ],
    ids=["targets", "outputs", "inputs"],
)
def test_the_documented_forms_of_models_and_samples_run(example, printed, capsys):
    exec(example, {"__name__": "example"})
    assert capsys.readouterr().out.startswith(printed)


def test_a_loop_that_raises_leaves_a_failed_run(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    model = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
    options = {"storing": Storing(tmp_path), "description": Description(seed=5)}
    with (
        pytest.raises(RuntimeError, match="no more data"),
        ibsweep.watch(model, INPUTS, LABELS, **options),
    ):
        raise RuntimeError("no more data")
    store = open_store(TrackingOptions(None, "ibsweep", "metrics", tmp_path))
    (run,) = store.networks().to_dict("records")
    assert (run["status"], run["seed"]) == ("FAILED", 5)
    assert run["failure"] == "RuntimeError: no more data"


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
        (SamplesLast(), {}, "layer turn must return a tensor whose first axis is the 300 samples"),
        (
            nn.Sequential(nn.Linear(6, 2), nn.Flatten(0)),
            {},
            r"model must return a row of real numbers for each of the 300 samples, got \(600,\)",
        ),
        (
            nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Unflatten(1, (2, 3))),
            {},
            r"model must return logits \(samples, classes\), got \(300, 2, 3\)",
        ),
        (
            Net(),
            {"measuring": Measuring(batch_size=0)},
            "batch_size must be an integer ≥ 1, got 0",
        ),
        (Net(), {"estimators": {}}, "estimators must be at least one"),
        (Net(), {"estimators": "ebab"}, "estimators must be a list of names, .* got 'ebab'"),
        (Net(), {"estimators": ["ebap"]}, "estimator must be one of akde, .* got 'ebap'"),
        (Net(), {"measuring": Measuring(floor_snapshots=-1)}, "floor_snapshots must be .* got -1"),
        (Net(), {"description": Description(seed=-1)}, "seed must be an integer ≥ 0, got -1"),
        (
            Net(),
            {"description": Description(parameters={"net": {1, 2}})},
            "parameters must be plain values by name, got .*{1, 2}",
        ),
        (
            nn.Linear(6, 2, device="meta"),
            {},
            "model must have its weights on a device .* got meta",
        ),
    ],
)
def test_what_cannot_be_watched_is_said_in_a_line(model, options, rule):
    with (
        pytest.raises(ValueError, match=rule),
        ibsweep.watch(model, INPUTS, LABELS, storing=None, **options),
    ):
        pass


@pytest.mark.parametrize("labels", [LABELS[:5], LABELS.float()])
def test_labels_that_do_not_fit(labels):
    with (
        pytest.raises(ValueError, match=r"labels must be \(300,\) integers.*, got"),
        ibsweep.watch(Net(), INPUTS, labels, storing=None),
    ):
        pass
