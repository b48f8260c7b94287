"""A relative address starts where the command was typed, wherever its jobs run."""

import pytest

import ibsweep
from ibsweep.tracking import TrackingOptions, open_store
from tests.sweeps.test_command_line import SEQUENTIAL, TINY

CELL = ["samples=50", "estimator=gaussian", "hydra.launcher.backend=sequential"]
CHDIR = "hydra.job.chdir=true"


@pytest.mark.parametrize(
    ("arguments", "study"),
    [
        ([*TINY], "ibsweep"),
        (["-m", "seed=0", *SEQUENTIAL], "ibsweep"),
        (["-m", "seed=0", *TINY, "hydra/launcher=basic"], "ibsweep"),
        (["calibrate", *CELL], "ibsweep-calibration"),
        (["calibrate", "--run", *CELL], "ibsweep-calibration"),
    ],
    ids=str,
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_jobs_in_folders_of_their_own_share_a_database(
    typed, tmp_path, monkeypatch, arguments, study, by
):
    address = "sqlite:///stores/all.db"
    if by == "environment":
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    else:
        arguments = [*arguments, f"tracking.uri={address}"]
    done = typed(*arguments, CHDIR)
    assert done.status == 0, done.stdout + done.stderr
    assert list(tmp_path.rglob("*.db")) == [tmp_path / "stores" / "all.db"]
    store = open_store(TrackingOptions(address, study, "metrics", directory=tmp_path))
    assert len(store.connection.client.search_runs([store.connection.networks])) == 1


def test_the_embedded_store_and_data_stay_too(typed, tmp_path):
    (tmp_path / "outputs").mkdir()
    done = typed(*TINY, CHDIR, "directory=results")
    assert done.status == 0, done.stderr
    assert list(tmp_path.rglob("*.db")) == [tmp_path / "results" / "mlflow.db"]


def test_a_table_remembers_its_store_when_the_process_moves(typed, tmp_path, monkeypatch):
    typed(*TINY, "tracking.uri=sqlite:///mine.db")
    runs = ibsweep.runs(uri="sqlite:///mine.db")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert len(ibsweep.curves(runs))
    assert not list(elsewhere.iterdir())
