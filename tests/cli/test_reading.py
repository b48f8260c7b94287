"""Asking a store leaves no trace, and needs no right to write."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.tracking import StoreError, TrackingOptions, find_store, open_store
from tests.support.records import make_record

QUESTIONS = (
    *(["runs"], ["curves"], ["correlate"], ["claims"], ["status"], ["doctor"], ["figure", "fig3"]),
    *(["runs", "--study", "other"], ["status", "--study", "typo"], ["report", "--sweep", "day"]),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "outputs"
    for study in ("ibsweep", "other"):
        store = open_store(TrackingOptions.at(folder, study=study))
        store.log_network(make_record(1), figures={})
    return folder


def state(folder):
    paths = [folder, *folder.rglob("*")]
    return {
        str(path): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in paths
    }


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("moved", [False, True])
def test_questions_leave_no_trace(made, tmp_path, monkeypatch, question, moved):
    folder = shutil.copytree(made, tmp_path / "elsewhere") if moved else made
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = state(folder)
    CliRunner().invoke(cli.main, [*question, "--directory", str(folder)])
    assert state(folder) == before


def test_a_moved_store_is_read_where_it_is(made, tmp_path):
    folder = shutil.copytree(made, tmp_path / "elsewhere")
    for path in folder.rglob("curves.parquet"):
        path.write_bytes(b"altered")
    with pytest.raises(StoreError, match="curves.parquet was altered"):
        ibsweep.curves(ibsweep.runs(directory=folder))


@pytest.mark.parametrize("name", ["runs", "curves", "status", "doctor", "ui"])
def test_a_study_that_is_not_there_is_told_with_those_that_are(made, name):
    done = CliRunner().invoke(cli.main, [name, "--directory", str(made), "--study", "typo"])
    known = "Error: --study must be one of the store's (ibsweep, other), got 'typo'\n"
    assert (done.exit_code, done.output) == (1, known)
    with pytest.raises(StoreError, match=r"^study must be one of the store's \(ibsweep, other\)"):
        ibsweep.runs(study="typo", directory=made)


def test_a_database_of_something_else_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "mlflow.db") as notes:
        notes.execute("CREATE TABLE notes (text)")
    notes.close()
    before = state(tmp_path)
    with pytest.raises(StoreError, match="^directory must hold a store of the installed MLflow"):
        ibsweep.runs(directory=tmp_path)
    assert find_store(TrackingOptions.at(tmp_path)) is None
    assert state(tmp_path) == before


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="another user reads")
def test_a_store_of_somebody_else_is_read(made):
    for path in [*made.parents][:-2]:
        if path.stat().st_mode & 0o5 != 0o5:
            pytest.skip(f"others cannot enter {path}")
    python = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable]
    ask = [*python, "-m", "ibsweep.cli", "runs", "--format=csv", "--directory", str(made)]
    root = str(Path(ibsweep.__file__).parents[1])
    alien = os.environ | {"HOME": "/nonexistent", "PYTHONPATH": root}
    done = subprocess.run(ask, cwd="/", env=alien, capture_output=True, text=True, check=False)
    assert len(done.stdout.splitlines()) == 2, done.stderr
