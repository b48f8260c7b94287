"""Sweeps that are planned here and run elsewhere, package by package; SLURM's own daemons."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from tests.support.slurm import slurm
from tests.sweeps.test_command_line import TINY, numbers, said, store_of

SWEEP = [*TINY, "activation=relu,elu", "seed=range(3)", "hydra.launcher.workers=2"]
LONG = ["training.epochs=20000", "snapshots.count=6", "artifacts.activity_snapshots=2"]


def started(folder, *words, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "HYDRA"))}
    return subprocess.Popen(
        [sys.executable, "-m", "ibsweep.cli", *words],
        cwd=folder,
        env={**clean, "COLUMNS": "200", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ran(folder, *words, **environment):
    process = started(folder, *words, **environment)
    text = process.communicate(timeout=600)[0]
    return process.returncode, text


def fine(folder, *words, **environment):
    code, text = ran(folder, *words, **environment)
    assert code == 0, text
    return text


def plan_of(folder):
    (path,) = sorted(folder.glob("outputs/sweeps/*/plan.json"))
    return path


def wait_until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, condition
        time.sleep(0.2)


@pytest.fixture
def local(tmp_path):
    """Run the sweep of `SWEEP` in the ordinary way, and return its numbers."""
    from tests.sweeps.test_command_line import command

    folder = tmp_path / "local"
    folder.mkdir()
    said(command(folder, "-m", *SWEEP[:-1]))
    return numbers(store_of(folder).networks())


def test_packages_run_anywhere_and_their_results_are_collected(tmp_path, local):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    assert fine(here, "submit", "--print", *SWEEP).count("#SBATCH --array=0-1\n") == 1
    planned = fine(here, "submit", "--plan", *SWEEP)
    assert "6 jobs: 0 finished, 0 queued or running, 6 to submit" in planned
    plan = plan_of(here)
    packages = json.loads(plan.read_text())["packages"]
    assert sorted(job["number"] for one in packages for job in one["jobs"]) == list(range(6))
    again = fine(here, "submit", "--plan", *SWEEP)
    assert "6 jobs: 0 finished, 6 queued or running, 0 to submit" in again
    assert f"Tasks wait: ibsweep work {plan.parent} --task N (to plan them anew, remove" in again
    assert "2 tasks, 2 waiting" in fine(here, "status", "--watch")
    for number in range(2):
        fine(there, "work", str(plan), "--task", str(number), TMPDIR=str(there))
    assert not list(there.iterdir())  # the scratch folder is gone
    assert "2 tasks, 2 done; 6 of 6 networks" in fine(here, "status", "--watch")
    text = fine(here, "submit", "--plan", *SWEEP)
    assert "6 jobs: 6 finished, 0 queued or running, 0 to submit" in text
    assert "test accuracy" in text  # the table of the sweep
    pd.testing.assert_frame_equal(numbers(store_of(here).networks()), local)
    assert "accuracy" in (plan.parent / "5/ibsweep.log").read_text()
    doctor = fine(here, "doctor")
    assert "0 problems; activity reproduced exactly in 6" in doctor
    assert "collected from" in text
    for file in plan.parent.glob("stores/*/artifacts/**/*.parquet"):
        file.unlink()  # a copy that was collected is not read again, so nothing is missed
    assert "6 finished" in fine(here, "submit", "--plan", *SWEEP)
    (here / "outputs/mlflow.db").unlink()  # what was collected is known to the store alone
    lost = fine(here, "submit", "--plan", *SWEEP)
    assert "6 jobs: 0 finished, 0 queued or running, 6 to submit" in lost


def test_a_package_that_is_told_to_stop_goes_on_from_its_checkpoint(tmp_path):
    words = [*LONG, "seed=range(2)", "hydra.launcher.workers=1"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir(), parts.mkdir()
    for folder in (whole, parts):
        fine(folder, "submit", "--plan", *words)
    task = ["work", str(plan_of(parts)), "--task", "0"]
    fine(whole, "work", str(plan_of(whole)), "--task", "0")
    record = plan_of(parts).parent / "tasks/0.json"
    for how, code in ((signal.SIGUSR1, 75), (signal.SIGTERM, 143), (signal.SIGINT, 130)):
        record.unlink(missing_ok=True)
        worker = started(parts, *task)
        wait_until(lambda: record.exists() and json.loads(record.read_text())["trained"] > 0)
        worker.send_signal(signal.SIGSTOP)
        busy, text = ran(parts, *task)
        assert busy == 1 and "must name a package that nobody runs" in text, text
        same = fine(parts, "submit", "--print", *words)
        assert "2 queued or running, 0 to submit" in same
        other = fine(parts, "submit", "--print", *words, "tracking.study=other")
        assert "0 queued or running, 2 to submit" in other
        worker.send_signal(how)
        worker.send_signal(signal.SIGCONT)
        text = worker.communicate(timeout=60)[0]
        assert worker.returncode == code, text
        assert json.loads(record.read_text())["state"] == "stopped"
        assert list(record.parents[1].glob("stores/0/checkpoints/*.npz"))
    text = fine(parts, *task)
    epoch = int(text.partition("epochs ")[2].partition(" to 20000")[0])
    assert epoch > 0, text
    for folder in (whole, parts):
        fine(folder, "submit", "--plan", *words)
    same = [numbers(store_of(folder).networks()) for folder in (whole, parts)]
    pd.testing.assert_frame_equal(*same)
    assert not list(record.parents[1].glob("stores/0/checkpoints/*"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["hydra.launcher.sbatch.time=[1]", "--plan"],
            "must map long options of sbatch to texts or numbers, got time: [1]",
        ),
        (["+hydra.launcher.sbatch.array=0-3", "--plan"], "must leave array to ibsweep, got '0-3'"),
        (["hydra.launcher.setup=module", "--plan"], "setup must be a list of lines of a shell"),
        (["hydra.launcher.at_once=0", "--plan"], "hydra.launcher.at_once must be an integer ≥ 1"),
        (["hydra.launcher.action=go"], "hydra.launcher.action must be one of submit, plan, print"),
        (["tracking.uri=sqlite:///x.db", "--plan"], "tracking.uri must be a server's address"),
        (["rerun=true", "--plan"], "rerun must be false"),
        (["seed=-1", "--plan"], "seed must be an integer ≥ 0"),
    ],
)
def test_wrong_options_are_one_line_and_leave_nothing(tmp_path, words, line):
    code, text = ran(tmp_path, "submit", *words)
    assert code == 2 and line in text, text
    assert len(text.strip().splitlines()) == 1, text
    assert not list(tmp_path.glob("outputs/sweeps/*"))


def test_a_plan_that_cannot_be_run_is_one_line(tmp_path):
    code, text = ran(tmp_path, "work", "nothing", "--task", "0")
    assert code == 1 and "PLAN must be a plan.json" in text
    fine(tmp_path, "submit", "--plan", *TINY, "seed=0")
    plan = plan_of(tmp_path)
    code, text = ran(tmp_path, "work", str(plan), "--task", "1")
    assert code == 1 and "--task must be an integer from 0 to 0, got 1" in text
    plan.write_text(plan.read_text().replace('"torch": "', '"torch": "1.'))
    code, text = ran(tmp_path, "work", str(plan), "--task", "0")
    assert code == 1 and "workers must have the versions of who submitted, got torch" in text


def test_without_slurm_submit_says_what_else_there_is(tmp_path):
    code, text = ran(tmp_path, "submit", *TINY, PATH=str(tmp_path))
    assert code == 2 and "SLURM's sbatch must be on the PATH, or see --print" in text
    assert not list(tmp_path.glob("outputs/sweeps/*"))


def test_files_travel_with_the_plan(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    np.savez(tmp_path / "data.npz", x=x, y=(x[:, 0] > 0).astype(int))
    arrays = ["task=arrays", "task.path=data.npz", "network.hidden=[4]", "training.batch_size=64"]
    fine(tmp_path, "submit", "--plan", *TINY, *arrays)
    (tmp_path / "data.npz").rename(tmp_path / "moved.npz")
    fine(tmp_path, "work", str(plan_of(tmp_path)), "--task", "0")


@pytest.mark.slow
def test_slurm_runs_what_is_missing_and_doubles_nothing(tmp_path):
    if shutil.which("slurmctld") is None:
        pytest.skip("SLURM's daemons are not installed")
    words = [*LONG, "training.epochs=30000", "activation=relu,tanh,elu", "seed=range(20)"]
    words += ["hydra.launcher.workers=6", "hydra.launcher.max_ensemble=10"]
    with slurm(tmp_path / "slurm") as environment:

        def call(*command):
            done = subprocess.run(
                command, env=os.environ | environment, capture_output=True, text=True, check=True
            )
            return done.stdout

        folder = tmp_path / "client"
        folder.mkdir()
        assert "60 to submit" in fine(folder, "submit", *words, **environment)
        again = fine(folder, "submit", *words, **environment)
        assert "60 jobs: 0 finished, 60 queued or running, 0 to submit" in again
        plan = plan_of(folder)
        job = call("squeue", "--noheader", "--format=%F").split()[0]
        record = plan.parent / "tasks/0.json"
        wait_until(lambda: record.exists() and json.loads(record.read_text())["trained"] > 0)
        with contextlib.suppress(subprocess.CalledProcessError):  # it sends it, and again too late
            call("scancel", "--batch", "--signal=USR1", f"{job}_0")
        call("scancel", f"{job}_5")
        wait_until(lambda: not call("squeue", "--noheader").strip(), seconds=900)
        assert "run the package again" in (plan.parent / "logs/0.log").read_text()
        final = fine(folder, "submit", *words, **environment)
        assert "50 finished, 0 queued or running, 10 to submit" in final
        wait_until(lambda: not call("squeue", "--noheader").strip(), seconds=300)
        final = fine(folder, "submit", *words, **environment)
        assert "60 finished, 0 queued or running, 0 to submit" in final
    runs = store_of(folder).networks()
    assert len(runs) == 60 and set(runs["status"]) == {"FINISHED"}
    assert runs["fingerprint"].is_unique
