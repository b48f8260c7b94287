"""The same command again: what is stored is not run twice."""

import pandas as pd
import pytest

from tests.sweeps.test_command_line import SEQUENTIAL, TINY, command, numbers, said, store_of

SWEEP = ["-m", "activation=relu,tanh", "seed=range(2)"]


def folders(folder):
    return sorted(path for path in (folder / "outputs" / "sweeps").glob("*/[0-9]*"))


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """A sweep of two jobs, the state of its folders, then a larger one that contains it."""
    folder = tmp_path_factory.mktemp("resumed")
    said(command(folder, "-m", "activation=relu", "seed=range(2)", *SEQUENTIAL))
    before = {path: path.stat().st_mtime_ns for path in folders(folder)}
    done = command(folder, *SWEEP, *TINY)
    return folder, before, done


def test_a_larger_sweep_runs_only_what_is_missing(resumed):
    folder, _, done = resumed
    assert "2 of 4 already finished, 2 to run" in said(done)
    runs = store_of(folder).networks()
    assert len(runs) == runs["fingerprint"].nunique() == 4


def test_its_summary_contains_the_runs_that_were_there(resumed):
    folder, _, done = resumed
    sweep = sorted((folder / "outputs" / "sweeps").iterdir())[1].name
    assert len(store_of(folder).networks(sweep=sweep)) == 4
    rows = [line for line in said(done).splitlines() if "relu" in line or "tanh" in line]
    assert [row.split("│")[3].strip() for row in rows if "│" in row] == ["2", "2"]


def test_it_leaves_the_other_sweeps_folders_alone(resumed):
    folder, before, _ = resumed
    assert {path: path.stat().st_mtime_ns for path in before} == before
    later = sorted((folder / "outputs" / "sweeps").iterdir())[1]
    assert sorted(path.name for path in later.glob("[0-9]*")) == ["2", "3"]


@pytest.mark.parametrize("arguments", [SWEEP, [*SWEEP, "hydra/launcher=basic"], ["seed=1"]])
def test_what_is_finished_is_skipped_however_it_is_run(resumed, arguments):
    folder, _, _ = resumed
    runs = store_of(folder).networks()["run_id"]
    done = command(folder, *arguments, *TINY)
    assert "already finished" in said(done)
    assert set(store_of(folder).networks()["run_id"]) == set(runs)


@pytest.mark.slow
def test_a_run_that_is_not_complete_is_redone(resumed, tmp_path):
    said(command(tmp_path, "-m", "seed=range(2)", *SEQUENTIAL))
    client = store_of(tmp_path).connection.client
    victim = store_of(tmp_path).networks()["run_id"][0]
    client.update_run(victim, status="FAILED")
    assert "1 of 2 already finished, 1 to run" in said(command(tmp_path, "-m", "seed=0,1", *TINY))
    runs = store_of(tmp_path).networks()
    assert sorted(runs["status"]) == ["FAILED", "FINISHED", "FINISHED"]


@pytest.mark.slow
def test_rerun_forces_and_a_job_that_is_there_twice_runs_once(tmp_path):
    said(command(tmp_path, "seed=0", *TINY))
    text = said(command(tmp_path, "-m", "seed=0,0", "rerun=true", *TINY))
    assert "1 the same as another job, 1 to run" in text
    runs = store_of(tmp_path).networks()
    assert len(runs) == 2
    assert runs["fingerprint"].nunique() == 1
    first, second = (numbers(runs.iloc[[k]]) for k in (0, 1))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
