"""A watched training leaves what a sweep's run leaves."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import ibsweep
from ibsweep import information
from ibsweep.compressors import pca
from ibsweep.estimators import gaussian
from ibsweep.estimators.binning import equal_bins_information
from ibsweep.estimators.ebab import ebab_information
from ibsweep.estimators.lossy import frozen_lossy_information
from ibsweep.information import Floor, Whole
from ibsweep.randomness import stream_seed
from ibsweep.stored import restoring
from ibsweep.stored.integrity import check_store
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.watching import Measuring, Storing
from ibsweep.watching.recording import unwrapped
from tests.watching.nets import INPUTS, LABELS, trained

GLOBAL = partial(equal_bins_information, bins=30)
FROZEN = partial(
    frozen_lossy_information,
    input_compressor=pca.fit,
    layer_compressor=pca.fit,
    of_inputs=gaussian.mutual_information,
    of_labels=gaussian.label_information,
    dimensions=2,
)


class Small(nn.Sequential):
    """Two layers, whose weights the tests set."""

    def __init__(self):
        super().__init__(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))

    def grow(self):
        with torch.no_grad():
            for held in self.parameters():
                held.mul_(1.5)


def held(model):
    """Return what its layers and its output hold, each from a forward pass of its own."""
    with torch.no_grad():
        first = model[0](INPUTS)
        second = model[1](first)
        return {"0": first, "1": second, "output": model[2](second).log_softmax(dim=1).exp()}


def watched(epochs=3, between=lambda epoch, probe: None, **options):
    """Watch a net that grows; return the probe, its activity at each epoch, its state_dicts."""
    torch.manual_seed(0)
    model, activity, states = Small(), [], []
    with ibsweep.watch(model, INPUTS, LABELS, **{"storing": None, **options}) as probe:
        for epoch in range(epochs + 1):
            if epoch:
                model.grow()
            activity.append(held(model))
            states.append({name: held.clone() for name, held in model.state_dict().items()})
            if epoch:
                probe.step()
            between(epoch, probe)
    return probe, activity, states


def stacked(activity):
    return {name: torch.stack([one[name] for one in activity]) for name in activity[0]}


def measured(activity, estimators, **options):
    return information.measure(
        stacked(activity),
        LABELS.numpy(),
        estimators,
        epochs=np.arange(len(activity)),
        parts={"all": np.arange(300)},
        inputs=INPUTS.double().numpy(),
        **options,
    )


def in_order(table, columns=("i_xt", "i_ty", "i_ty_floor")):
    return table.set_index(["estimator", "layer", "epoch"]).sort_index()[list(columns)]


@pytest.mark.parametrize("estimator", [GLOBAL, FROZEN], ids=["activity_range", "final_activity"])
def test_estimators_that_need_the_whole_training_measure_at_its_end(estimator):
    during = []
    estimators = {"late": estimator, "ebab": partial(ebab_information, bins=30)}
    probe, activity, _ = watched(
        estimators=estimators,
        between=lambda epoch, probe: during.append(probe.curves["estimator"].unique().tolist()),
        measuring=Measuring(floor_snapshots=0),
    )
    assert during == [["ebab"]] * 4
    final = {name: held for name, held in activity[-1].items()}
    whole = Whole({"all": INPUTS.double().numpy()}, final)
    expected = measured(activity, estimators, whole=whole)
    assert in_order(probe.curves).equals(in_order(expected))
    assert "late/compression/hidden" in probe.scores


def test_the_schedule_and_a_late_estimator_alone():
    probe, activity, _ = watched(schedule=[1], estimators={"late": GLOBAL})
    assert probe.training["epoch"].tolist() == [1, 3]
    expected = measured([activity[1], activity[3]], {"late": GLOBAL})
    columns = ["i_xt", "i_ty"]
    found, wanted = in_order(probe.curves, columns), in_order(expected, columns)
    assert found.to_numpy().tolist() == wanted.to_numpy().tolist()


def test_chance_is_measured_at_some_epochs_and_always_at_the_last():
    estimators = {"late": GLOBAL, "ebab": partial(ebab_information, bins=30)}
    probe, activity, _ = watched(
        epochs=5, estimators=estimators, measuring=Measuring(floor_snapshots=2)
    )
    known = probe.curves.dropna(subset="i_ty_floor")
    assert set(known["epoch"]) == {0, 1, 5}
    floor = Floor(np.array([0, 1, 5]), stream_seed("floor", 0))
    expected = measured(activity, estimators, floor=floor)
    assert in_order(probe.curves).equals(in_order(expected))


def test_without_a_floor_none_is_measured():
    probe, *_ = watched(measuring=Measuring(floor_snapshots=0))
    assert probe.curves["i_ty_floor"].isna().all()


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return open_store(TrackingOptions(None, "ibsweep", "metrics", tmp_path))


def test_weights_and_activity_are_stored_without_loss(store, tmp_path):
    storing = Storing(tmp_path, weights=True, activity_snapshots=2)
    probe, activity, states = watched(schedule=[0, 2], storing=storing, estimators=["ebab"])
    kept = store.read_weights(probe.run_id)
    assert kept["epochs"].tolist() == [0, 2, 3]
    assert set(kept) == {"epochs", *states[0]}
    for row, epoch in enumerate([0, 2, 3]):
        for name, held in states[epoch].items():
            assert np.array_equal(kept[name][row], held.numpy())
    assert store.logged_epochs(probe.run_id) == [0, 2, 3]
    again = store.read_activity(probe.run_id, 3)
    assert all(np.array_equal(again[name], held) for name, held in activity[3].items())
    problems = []
    check_store(store, problems.append)
    assert problems == []
    (run,) = store.networks().to_dict("records")
    assert run["estimator.ebab.bins"] == 30


def test_unless_asked_for_neither_is_stored(store, tmp_path):
    probe, *_ = watched(storing=Storing(tmp_path))
    assert store.read_weights(probe.run_id).keys() == {"epochs"}
    assert store.logged_epochs(probe.run_id) == []
    with pytest.raises(ValueError, match=r"epoch must be one whose activity is stored \(none\)"):
        restoring.stored_activity(store, probe.run_id, 3)


def test_buffers_and_half_precision_survive(store, tmp_path):
    model = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    model.register_buffer("shift", torch.tensor([1 / 3], dtype=torch.bfloat16))
    with ibsweep.watch(model, INPUTS, LABELS, storing=Storing(tmp_path, weights=True)) as probe:
        pass
    kept = store.read_weights(probe.run_id)
    assert kept["1.num_batches_tracked"].dtype == np.int64
    assert torch.equal(torch.from_numpy(kept["shift"][0]).bfloat16(), model.shift)


def test_other_options_of_an_estimator_make_another_configuration(store, tmp_path):
    for bins in (20, 30):
        estimators = {"ebab": partial(ebab_information, bins=bins)}
        watched(epochs=1, estimators=estimators, storing=Storing(tmp_path))
    assert store.networks()["configuration"].nunique() == 2


def test_samples_are_copied_once():
    inputs, labels = INPUTS.clone(), LABELS.clone()
    with ibsweep.watch(Small(), inputs, labels, storing=None) as probe:
        inputs.zero_(), labels.zero_()
        probe.step()
    first, second = (
        rows.drop(columns=["epoch", "i_ty_floor"]).reset_index(drop=True)
        for _, rows in probe.curves.groupby("epoch")
    )
    assert first.equals(second)


def test_layers_that_change_are_an_error():
    model = Small()
    with (
        pytest.raises(ValueError, match=r"layers must keep their names and shapes, got .*5\)"),
        ibsweep.watch(model, INPUTS, LABELS, storing=None) as probe,
    ):
        model[0], model[2] = nn.Linear(6, 5), nn.Linear(5, 2)
        probe.step()


def test_what_fails_at_the_end_is_stored_as_failed(store, tmp_path):
    def fragile(activity, labels, *, activity_range):
        if len(labels) == 300:
            raise ValueError("activity must be small")
        return GLOBAL(activity, labels, activity_range=activity_range)

    with pytest.raises(ValueError, match="activity must be small"):
        watched(estimators={"fragile": fragile}, storing=Storing(tmp_path))
    (run,) = store.networks().to_dict("records")
    assert (run["status"], run["failure"]) == ("FAILED", "ValueError: activity must be small")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: torch.compile(model, backend="eager"),
        nn.DataParallel,
        lambda model: model.compile(backend="eager") or model,
    ],
    ids=["compiled", "parallel", "compiled in place"],
)
def test_wrapped_models_are_measured_as_what_they_wrap(wrap):
    torch.manual_seed(0)
    model = wrap(Small())
    model(INPUTS)  # compiles
    with ibsweep.watch(model, INPUTS, LABELS, storing=None) as probe:
        assert model(INPUTS).shape == (300, 2)
    plain, *_ = watched(epochs=0)
    assert unwrapped(model).__class__ is Small
    assert probe.curves.equals(plain.curves)


def test_names_and_functions_give_the_same():
    named = trained(watched=True, estimators=["ebab"])[-1]
    given = trained(watched=True, estimators={"ebab": partial(ebab_information, bins=30)})[-1]
    assert named.curves.equals(given.curves)
