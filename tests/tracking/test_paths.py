"""Folders of any name hold a store: what is quoted in addresses stays itself on the disk."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.tracking import TrackingOptions, open_store, read_store
from tests.support.records import make_record
from tests.sweeps.test_command_line import command

NAMES = (
    *("a?b", "c#d", "e%f", "g%20h", "%", "sp ace", "[f] x", "a:b", "a+b", "ü™", "it's", 'qu"ote'),
    *("-lead", "~", "$HOME", "a&b=c", "a;b,c", "star*", "file:x", "{x}", "back\\slash"),
)


def options(folder, uri=None):
    return TrackingOptions.at(folder, uri=uri)


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A store of one network; making one takes seconds, copying it none."""
    folder = tmp_path_factory.mktemp("used") / "outputs"
    open_store(options(folder)).log_network(make_record(1), figures={})
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_store_is_written_and_read_in_a_folder_of_any_name(used, tmp_path, name):
    folder = tmp_path / name
    shutil.copytree(used, folder)
    store = open_store(options(folder))
    run_id = store.log_network(make_record(2), figures={})
    assert store.connection.client.list_artifacts(run_id)  # MLflow's interface finds them, too
    runs = ibsweep.runs(directory=folder)
    assert sorted(runs["seed"]) == [1, 2]
    assert set(ibsweep.curves(runs)["network"]) == set(runs["run_id"])
    done = CliRunner().invoke(cli.main, ["runs", "--format=csv", f"--directory={folder}"])
    assert len(done.output.splitlines()) == 3, done.output
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_the_address_of_a_store_can_be_given_back(tmp_path, name):
    ours = options(tmp_path / name)
    assert (
        options(tmp_path, ours.address).database == ours.database == tmp_path / name / "mlflow.db"
    )


@pytest.mark.parametrize("name", ["a?b", "100%"])
def test_a_store_can_be_made_in_a_folder_of_any_name(tmp_path, name):
    open_store(options(tmp_path / name))
    assert (tmp_path / name / "mlflow.db").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_question_mark_in_an_address_begins_no_options(tmp_path):
    with pytest.raises(ValueError, match=r"tracking.uri must name a file without options .*%3F"):
        options(tmp_path, f"sqlite:///{tmp_path}/runs.db?timeout=3")


def test_home_is_where_the_tilde_points(used, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(used, tmp_path / "mine")
    assert len(ibsweep.runs(directory="~/mine")) == 1
    assert options(tmp_path, "sqlite:///~/mine/mlflow.db").database == tmp_path / "mine/mlflow.db"
    table = ["--output=~/table.csv", "--directory=~/mine"]
    assert CliRunner().invoke(cli.main, ["runs", *table]).exit_code == 0
    assert (tmp_path / "table.csv").is_file()


def test_a_run_in_a_folder_of_any_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    small = ["task=parity", "task.bits=4", "training.epochs=2", "training.batch_size=4"]
    quick = [*small, "snapshots.count=2", "floor_snapshots=0", "artifacts.activity_snapshots=0"]
    work = tmp_path / "work"
    work.mkdir()
    done = command(work, *quick, "directory='~/a?b'")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in Path(tmp_path / "a?b").iterdir()} >= {"mlflow.db", "runs"}
    assert not list(work.iterdir())
    assert len(read_store(options(tmp_path / "a?b")).networks()) == 1
