"""Networks from the store: their activity at any snapshot."""

import numpy as np
import pytest

import ibsweep
from ibsweep.tracking import Store
from tests.sweeps.test_command_line import TINY, command


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    done = command(folder, *TINY)
    assert done.returncode == 0, done.stderr
    return ibsweep.runs(directory=folder / "outputs", uri=None).iloc[0]


def test_activity_from_the_weights_is_what_was_logged(run, monkeypatch):
    logged = {epoch: ibsweep.activity(run, epoch) for epoch in (0, 6)}
    monkeypatch.setattr(Store, "logged_epochs", lambda *_: [])
    for epoch, layers in logged.items():
        computed = ibsweep.activity(run, epoch)
        assert list(computed) == list(layers)
        for name, values in layers.items():
            np.testing.assert_array_equal(computed[name], values)


def test_snapshots_that_were_not_logged_have_activity_too(run):
    held, last = ibsweep.activity(run, 1), ibsweep.activity(run, 6)
    assert held["layer_1"].shape == last["layer_1"].shape == (4096, 10)
    assert (held["layer_1"] != last["layer_1"]).any()
    np.testing.assert_allclose(held["output"].sum(axis=1), 1.0, rtol=1e-6)


def test_an_epoch_that_is_no_snapshot_is_an_error(run):
    with pytest.raises(ValueError, match=r"epoch must be one of .* snapshots .*, got 7"):
        ibsweep.activity(run, 7)


def test_one_row_is_asked_for(run):
    with pytest.raises(ValueError, match="run must be one row, got 2"):
        ibsweep.activity(run.to_frame().T.loc[[run.name, run.name]], 0)
