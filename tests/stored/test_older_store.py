"""A store of version 0.1.0: its networks count, are read and can be computed again.

It holds two networks with `activation=sine regularization=l1_l2`, one with `noise=relative`, each
trained for three epochs, and a calibration. Targets in its files stand where they stood then.
"""

import tarfile
from pathlib import Path

import numpy as np
import pytest

import ibsweep
from ibsweep.stored.integrity import check_store
from ibsweep.tracking import TrackingOptions, open_store
from tests.sweeps.test_command_line import command, said

ARCHIVE = Path(__file__).parents[1] / "data" / "store_0_1_0.tar.xz"
TRAINED = [
    *("task=parity", "task.bits=6", "training.epochs=3", "training.batch_size=16"),
    *("snapshots=linear", "snapshots.every=1", "floor_snapshots=1", "artifacts=minimal"),
]
SINES = ["activation=sine", "regularization=l1_l2", "seed=0,1"]
LOSS = [0.6892403318331792, 0.7014764363949115]  # test loss of the sines at the end, as stored


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder / "outputs", filter="data")
    return folder


@pytest.fixture
def runs(folder, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return ibsweep.runs(directory=folder / "outputs")


def test_its_networks_are_not_trained_again(folder):
    text = said(command(folder, "-m", *SINES, *TRAINED, "dry_run=true"))
    assert "2 jobs, 2 of 2 already finished, 0 to run" in text


def test_one_with_noise_is_since_its_fingerprint_did_not_name_the_noise(folder):
    text = said(
        command(folder, "-m", "activation=tanh", "noise=relative", *TRAINED, "dry_run=true")
    )
    assert "1 job, all to run" in text


def test_its_networks_give_the_activity_that_was_logged(folder):
    store = open_store(TrackingOptions(None, "ibsweep", "metrics", folder / "outputs"))
    verdicts = check_store(store, report=print)
    assert len(verdicts) == 7
    assert not [problem for verdict in verdicts for problem in verdict.problems]
    assert sum(verdict.exact is not None for verdict in verdicts) == 1


def test_its_tables_are_read(runs):
    assert len(runs) == 3
    sines = runs.query("activation == 'sine'").sort_values("seed")
    assert sines["loss/test"].tolist() == LOSS
    curves, training = ibsweep.curves(runs), ibsweep.training(runs)
    assert len(curves) == 3 * 4 * 6
    assert len(training) == 3 * 4
    assert np.isfinite(curves["i_xt"]).all()


def test_the_activity_of_its_networks_is_computed_from_their_weights(runs):
    for _, network in runs.iterrows():
        activity = ibsweep.activity(network, epoch=2)
        assert [values.shape for values in activity.values()][0] == (64, 10)
