"""`ibsweep calibrate` as a user types it."""

import os
import re
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from ibsweep.cli import main
from ibsweep.tracking import TrackingOptions, open_store

TINY = ["samples=50", "estimator=gaussian", "hydra.launcher.backend=sequential"]


def started(folder, *arguments):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "HYDRA"))}
    line = [sys.executable, "-m", "ibsweep.cli", "calibrate", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, cwd=folder, env=clean, **pipes)


def command(folder, *arguments):
    process = started(folder, *arguments)
    told = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, *told)


def wait_for(condition, *, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


def store_of(folder):
    return open_store(
        TrackingOptions(None, "ibsweep-calibration", "metrics", directory=folder / "outputs")
    )


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    return folder, command(folder, "information=0,1", "seed=range(3)", *TINY)


def test_a_run_a_cell_and_seed_with_truth_and_estimate(swept):
    folder, done = swept
    assert done.returncode == 0, done.stderr
    runs = store_of(folder).calibrations()
    assert set(runs["status"]) == {"FINISHED"}
    assert sorted(zip(runs["truth"], runs["seed"], strict=True)) == [
        (truth, seed) for truth in (0, 1) for seed in range(3)
    ]
    assert (runs["gaussian/bias"] == runs["gaussian/estimate"] - runs["truth"]).all()
    assert runs["gaussian/bias"].abs().max() < 1


def test_the_table_has_a_row_a_cell(swept):
    folder, done = swept
    rows = [line for line in done.stdout.splitlines() if " gaussian " in line]
    assert len(rows) == 2
    assert all(re.search(r"50 .*±.* 3\s*$", line) for line in rows)


def test_the_sweeps_run_holds_table_and_figure(swept):
    folder, _ = swept
    names = {path.name for path in (folder / "outputs" / "artifacts").rglob("*")}
    assert {"summary.csv", "calibration.png"} <= names


def test_the_same_command_again_measures_only_what_is_missing(tmp_path):
    first = command(tmp_path, "seed=0,1", *TINY)
    assert first.returncode == 0, first.stderr
    again = command(tmp_path, "seed=range(3)", *TINY)
    assert again.returncode == 0, again.stderr
    assert "2 of 3 already finished, 1 to run" in again.stdout + again.stderr
    assert len(store_of(tmp_path).calibrations()) == 3


def test_sigterm_ends_it_in_its_own_process_too(tmp_path):
    arguments = ["seed=range(500)", *TINY, "samples=2000", "estimator=kde_entropy"]
    process = started(tmp_path, *arguments)
    assert wait_for(lambda: (tmp_path / "outputs" / "mlflow.db").is_file())
    assert wait_for(lambda: "FINISHED" in set(store_of(tmp_path).calibrations()["status"]))
    process.terminate()
    told = "".join(process.communicate(timeout=60))
    assert process.returncode == 143, told
    assert "Interrupted. Run the same command again to resume; logs" in told
    assert "Traceback" not in told
    runs = store_of(tmp_path).calibrations()
    assert 0 < (runs["status"] == "FINISHED").sum() < 400
    assert "FAILED" not in set(runs["status"])


def test_wrong_input_is_one_line_and_leaves_no_run(tmp_path):
    done = command(tmp_path, "distribution=levels", "information=2")
    assert done.returncode == 2
    (line,) = (line for line in done.stderr.splitlines() if line.strip())
    assert "information must be null for a distribution that has none to choose, got 2" in line
    assert not list(tmp_path.rglob("*.db"))


def test_the_estimators_are_listed_with_where_they_were_right(swept):
    folder, _ = swept
    told = CliRunner().invoke(main, ["estimators", "--measured", str(folder / "outputs")])
    assert told.exit_code == 0, told.output
    assert re.search(
        r"gaussian\n +estimates .*\n +paper .*\n +beware of .*\n +trust .*normal, N = 50:",
        told.output,
    )
