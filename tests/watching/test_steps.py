"""The loop of a watched training: its steps, metrics and settings, and how it ends."""

import re
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import ibsweep
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.watching import Description, Storing

ROWS = torch.randn(60, 6, generator=torch.Generator().manual_seed(0))
CLASSES = (ROWS[:, 0] > 0).long()


def watch(**options):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    return ibsweep.watch(model, ROWS, CLASSES, **{"storing": None, **options})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def store(folder):
    return open_store(TrackingOptions(None, "ibsweep", "metrics", folder))


def stored(store, probe):
    """Return what the table of networks says of a run."""
    return store.networks().set_index("run_id").loc[probe.run_id]


@pytest.mark.parametrize(
    "value",
    [0.25, 1 / 4, torch.tensor(0.25), torch.tensor([0.25], requires_grad=True), np.float32(0.25),
     np.array([[0.25]])],
)  # fmt: skip
def test_one_number_in_whatever_form_is_a_metric(value):
    with watch() as probe:
        probe.step({"loss/train": value})
    assert probe.training["loss/train"].tolist()[1:] == [0.25]


@pytest.mark.parametrize(
    ("metrics", "rule"),
    [
        ({"epoch": 3}, "metrics must have names other than the run's own, got 'epoch'"),
        ({"accuracy/test": 93.0}, "names other than the run's own, got 'accuracy/test'"),
        ({"ebab/compression/0": 1.0}, "the run's own, got 'ebab/compression/0'"),
        ({"duration/training": 1.0}, "the run's own, got 'duration/training'"),
        ({"seed": 1}, "the run's own, got 'seed'"),
        ({"loss": "low"}, "metrics must be numbers, got 'low' for 'loss'"),
        ({"loss": None}, "metrics must be numbers, got None for 'loss'"),
        ({"loss": torch.ones(3)}, r"metrics must be single numbers, got \(3,\) for 'loss'"),
        ({3: 1.0}, "metrics must be named by text, got 3"),
        ([1.0], r"metrics must be numbers by name, got \[1.0\]"),
        ({"acc@1": 0.5}, "metrics must be named by .* letters, .*, got 'acc@1'"),
        ({"a//b": 0.5}, "metrics must be named by .*, got 'a//b'"),
    ],
)
def test_metrics_are_checked_when_they_are_given(metrics, rule, store, folder):
    with pytest.raises(ValueError, match=rule), watch(storing=Storing(folder)) as probe:
        probe.step(metrics)
    assert stored(store, probe)["status"] == "FAILED"


def test_metrics_of_the_last_step_are_kept_though_it_is_not_in_the_schedule():
    with watch(schedule=[0]) as probe:
        probe.step({"lr": 0.1})
        probe.step({"lr": 0.01})
    assert probe.training["lr"].tolist()[-1] == 0.01


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"schedule": "10"}, "schedule must be a list of epochs, or None for all, got '10'"),
        ({"schedule": 5}, "schedule must be a list of epochs, or None for all, got 5"),
        ({"schedule": [0.5]}, "schedule must be an integer ≥ 0, got 0.5"),
        ({"schedule": [-1]}, "schedule must be an integer ≥ 0, got -1"),
        ({"schedule": []}, "schedule must hold at least one epoch"),
        ({"storing": "outputs"}, r"storing must be a Storing\(…\), got 'outputs'"),
        ({"measuring": 5}, r"measuring must be a Measuring\(…\), got 5"),
        ({"description": "run"}, r"description must be a Description\(…\), got 'run'"),
        ({"description": Description(name="")}, "name must be text of 1 to 250 characters"),
        (
            {"description": Description(parameters={"seed": 42})},
            r"parameters must have names .*, got 'seed' \(there is Description\(seed=…\)",
        ),
        (
            {"description": Description(parameters={"a@b": 1})},
            "parameters must be named by .*'a@b'",
        ),
        (
            {"description": Description(parameters={1: 1})},
            "parameters must be named by text, got 1",
        ),
        ({"description": Description(parameters=[1])}, "parameters must be plain values by name"),
        ({"storing": Storing(study="x-summary")}, "study must not end in -summary"),
        ({"storing": Storing(weights="yes")}, "weights must be true or false, got 'yes'"),
        ({"storing": Storing(activity_snapshots="some")}, "activity_snapshots .* got 'some'"),
        ({"storing": Storing(directory=3)}, "directory must be a folder, got 3"),
        ({"estimators": {"it": 3}}, "estimators must be functions by name, got 'it': 3"),
    ],
)
def test_options_are_checked_at_once(options, rule):
    with pytest.raises(ValueError, match=rule):
        watch(**options)


def test_names_that_cannot_be_stored_are_told_before_the_training(store, folder):
    before = len(store.networks())
    model = nn.Sequential()
    model.add_module("a@b", nn.Linear(6, 4))
    model.add_module("last", nn.Linear(4, 2))
    with (
        pytest.raises(ValueError, match="layers must be named by .*, got 'a@b'"),
        ibsweep.watch(model, ROWS, CLASSES, storing=Storing(folder)),
    ):
        pass
    assert len(store.networks()) == before


def test_schedules_may_be_arrays_and_tensors():
    for schedule in (np.array([0.0, 2.0]), torch.tensor([0, 2]), range(0, 3, 2), {0, 2}):
        with watch(schedule=schedule) as probe:
            for _ in range(3):
                probe.step()
        assert probe.training["epoch"].tolist() == [0, 2, 3]


def test_a_probe_is_used_once_inside_with():
    probe = watch()
    with pytest.raises(RuntimeError, match="step must be called inside `with`, got it before it"):
        probe.step()
    with probe:
        probe.step()
    with pytest.raises(RuntimeError, match="step must be called inside `with`, got it after it"):
        probe.step()
    with pytest.raises(RuntimeError, match="a probe must be entered once, got it again"), probe:
        pass


@pytest.mark.parametrize(
    ("error", "status", "estimators"),
    [
        (RuntimeError("no more data"), "FAILED", {"ebab", "binning_layer"}),
        (KeyboardInterrupt(), "KILLED", {"ebab"}),
    ],
)
def test_what_was_measured_is_stored_however_the_loop_ends(
    error, status, estimators, store, folder
):
    storing = Storing(folder, weights=True, activity_snapshots="all")
    probe = watch(storing=storing, estimators=["ebab", "binning_layer"])
    with pytest.raises(type(error)), probe:
        for epoch in range(3):
            probe.step({"lr": epoch})
        raise error
    run = stored(store, probe)
    reason = "KeyboardInterrupt" if status == "KILLED" else "RuntimeError: no more data"
    assert (run["status"], run["failure"]) == (status, reason)
    curves = store.read_curves([probe.run_id])
    assert set(curves["estimator"]) == estimators
    assert curves["epoch"].nunique() == 4
    assert store.read_training([probe.run_id])["lr"].tolist()[1:] == [0, 1, 2]
    weights = store.read_weights(probe.run_id)
    assert weights["0.weight"].shape == (4, 4, 6)
    assert store.logged_epochs(probe.run_id) == [0, 1, 2, 3]


def test_an_error_in_the_loop_with_nothing_measured_is_stored(store, folder):
    probe = watch(storing=Storing(folder), schedule=[5])
    with pytest.raises(ZeroDivisionError), probe:
        1 / 0  # noqa: B018
    assert stored(store, probe)["failure"] == "ZeroDivisionError: division by zero"


def test_a_plane_that_cannot_be_drawn_costs_no_number(store, folder, caplog):
    name = r"$\frac{$"  # which Matplotlib takes for a formula
    with watch(storing=Storing(folder), description=Description(name=name)) as probe:
        probe.step()
    assert stored(store, probe)["status"] == "FINISHED"
    assert len(store.read_curves([probe.run_id])) == len(probe.curves)
    tags = store.connection.client.get_run(probe.run_id).data.tags
    assert tags["ibsweep.not_drawn"].startswith("information_plane/ebab: ")
    assert "could not be drawn" in caplog.text
    assert store.problems(probe.run_id, network=True) == []


def test_a_store_that_fails_leaves_no_run_running(store, folder, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("no space left")

    description = Description(name="full")
    probe = watch(storing=Storing(folder), description=description)
    with pytest.raises(OSError, match="no space left"), probe:
        monkeypatch.setattr(np, "savez", full)
    (run,) = store.networks().query("name == 'full'").to_dict("records")
    assert (run["status"], run["failure"]) == ("FAILED", "OSError: no space left")


def measured(storing):
    estimators = ["ebab", "akde", "binning_global", "gaussian"]
    torch.manual_seed(0)
    one = {"dtype": torch.float32}
    model = nn.Sequential(nn.Linear(6, 4, **one), nn.Tanh(), nn.Linear(4, 2, **one))
    with ibsweep.watch(model, ROWS, CLASSES, estimators=estimators, storing=storing) as probe:
        probe.step()
    return probe.curves


def test_numbers_do_not_depend_on_the_users_settings(folder):
    expected = measured(None)
    warnings.simplefilter("error")
    with np.errstate(all="raise"), torch.inference_mode():
        torch.use_deterministic_algorithms(True)
        torch.set_default_dtype(torch.float64)
        try:
            assert measured(Storing(folder)).equals(expected)
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.get_default_dtype() is torch.float64
            assert np.geterr()["under"] == "raise"
        finally:
            torch.use_deterministic_algorithms(False)
            torch.set_default_dtype(torch.float32)


def test_a_default_type_of_float64_is_left_to_the_model():
    torch.set_default_dtype(torch.float64)
    try:
        model = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
        with ibsweep.watch(model, ROWS.double(), CLASSES, storing=None) as probe:
            probe.step()
        assert torch.get_default_dtype() is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert re.fullmatch("labels: 2 classes, output: logits", probe.taken_for)
