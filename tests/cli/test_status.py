"""Watching a sweep from another folder."""

import json
import subprocess
import sys
import time

import pytest

from ibsweep.launching import broadcasting
from ibsweep.launching.progress import Board
from ibsweep.launching.progress_files import Reading
from ibsweep.tracking import TrackingOptions, open_store
from tests.sweeps.test_submit import ran


def test_a_running_sweep_is_watched_from_another_folder(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    command = [sys.executable, "-m", "ibsweep", "-m", "training.epochs=20000", "seed=range(6)"]
    process = subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        watch = ["status", "--watch", "--every", "0.5", "--directory", str(here / "outputs")]
        code, text = ran(there, *watch)
        while code and process.poll() is None:  # it has not told anything yet
            assert "nothing is running, and nothing was submitted" in text
            code, text = ran(there, *watch)
        assert process.wait(timeout=120) == 0, process.stdout.read()
    finally:
        process.kill()
        process.stdout.close()
    assert f"process {process.pid}: " in text and " of 6 networks" in text, text
    assert text.splitlines()[-1] == "all has ended"


def test_what_is_published_is_removed_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(broadcasting, "EVERY_S", 0.01)
    store = open_store(TrackingOptions.at(tmp_path))
    board = Board(10)
    board.announce("0", "activation=relu ×5", 5)
    board.update({"0": Reading(0.25, 0)})
    with broadcasting.broadcasting(board, lambda text: store.publish_progress("night", text)):
        while not store.read_progress():
            time.sleep(0.01)
        (text,) = store.read_progress().values()
    assert store.read_progress() == {}
    first, second = broadcasting.sweep_status("night", text).lines
    assert first.startswith("night on ") and ": 0 of 10 networks, 0 a second, " in first
    assert second == "  activation=relu ×5: training 25%"


def test_a_sweep_that_is_silent_counts_as_dead():
    state = {"host": "here", "process": 1, "updated": time.time() - 600}
    lines, active = broadcasting.sweep_status("night", json.dumps(state))
    assert lines == ["night on here, process 1: no sign of life for 10 min 0 s"]
    assert not active


@pytest.mark.parametrize(
    ("trained", "done", "text"), [(0.5, 0, "training 50%"), (1.0, 0, "0 done"), (1.0, 3, "3 done")]
)
def test_how_far_an_ensemble_has_come(trained, done, text):
    assert broadcasting.how_far(trained, done) == text
