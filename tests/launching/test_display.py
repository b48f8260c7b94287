import io
import json
from functools import partial

import pytest
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ibsweep.launching.display import LineDisplay, LiveDisplay
from ibsweep.launching.failures import Failure, failure_list, write_summary
from ibsweep.launching.progress import Board, duration
from ibsweep.launching.progress_files import ProgressWriter, Reading, read_progress, write_progress


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def board(clock):
    board = Board(100, clock)
    board.announce("0", "kind=relu ×50", 50)
    board.announce("1", "kind=elu ×50", 50)
    return board


def test_fraction_counts_training_and_measuring(board):
    board.update({"0": Reading(trained=1.0, done=25)})
    assert board.fraction == pytest.approx(0.375)
    board.settle("0", done=50, failed=1)
    assert board.fraction == 0.5


def test_task_without_training_progress_counts_its_jobs(board):
    board.update({"0": Reading(trained=0.0, done=25)})
    assert board.fraction == 0.25


def test_remaining_time_follows_the_mean_speed(board, clock):
    assert board.remaining_s is None
    clock.now = 30.0
    board.settle("0", done=50, failed=0)
    assert board.remaining_s == pytest.approx(30.0)


def test_ended_ensemble_counts_once(board):
    board.settle("0", done=50, failed=0)
    board.update({"0": Reading(1.0, 50)})  # its file is still there
    assert board.fraction == 0.5


def test_lines_tell_each_ensemble_and_a_sign_of_life(board, clock):
    lines = []
    display = LineDisplay(lines.append, ensembles=2)
    for second in range(100):
        clock.now = float(second)
        display.refresh(board)
    assert len(lines) == 3
    board.settle("0", done=50, failed=2)
    display.settled(board, "kind=relu ×50 ended")
    assert lines[-1] == (
        "kind=relu ×50 ended: 50 of 100 jobs (50%), 2 failed, elapsed 1 min 39 s, ETA 1 min 39 s"
    )


def test_thousands_of_ensembles_get_no_line_each(board):
    lines = []
    display = LineDisplay(lines.append, ensembles=1000)
    display.settled(board, "seed=1 ×1 ended")
    assert not lines


def test_terminal_shows_a_bar_for_each_ensemble_in_flight(board):
    console = Console(file=io.StringIO(), force_terminal=True, width=150)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    progress = Progress(*columns, console=console, auto_refresh=False)
    display = LiveDisplay(progress)
    board.update({"0": Reading(0.4, 0), "1": Reading(1.0, 7)})
    display.refresh(board)
    assert [task.description for task in progress.tasks] == [
        "sweep",
        "kind=relu ×50",
        "kind=elu ×50",
    ]
    assert [task.fields["note"] for task in progress.tasks[1:]] == ["training 40%", "7 of 50 done"]
    board.settle("0", done=50, failed=0)
    display.settled(board, "")
    assert [task.description for task in progress.tasks] == ["sweep", "kind=elu ×50"]


def test_progress_travels_through_the_folder(tmp_path, clock):
    writer = ProgressWriter(partial(write_progress, tmp_path), "3", clock=clock)
    assert read_progress(tmp_path) == {"3": Reading(0.0, 0)}
    clock.now = 1.0
    writer.trained(0.5)
    writer.job_done()
    assert read_progress(tmp_path) == {"3": Reading(0.5, 1)}


def test_progress_is_written_twice_a_second_at_most(tmp_path, clock):
    writer = ProgressWriter(partial(write_progress, tmp_path), "3", clock=clock)
    clock.now = 0.4
    writer.trained(0.1)
    assert read_progress(tmp_path)["3"].trained == 0.0
    clock.now = 0.6
    writer.trained(0.2)
    assert read_progress(tmp_path)["3"].trained == 0.2


def test_lost_folder_does_not_fail_the_training(tmp_path):
    writer = ProgressWriter(partial(write_progress, tmp_path / "gone"), "0")
    writer.trained(1.0)
    assert read_progress(tmp_path / "gone") == {}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.7, "1 min 0 s"), (7199, "1 h 59 min"), (None, "unknown")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_summary_file_lists_the_failures(tmp_path):
    failures = [Failure(3, ["kind=relu", "seed=3"], "ValueError: ü")]
    path = write_summary(tmp_path, jobs=5, failures=failures, elapsed_s=1.0)
    assert json.loads(path.read_text("utf-8")) == {
        "jobs": 5,
        "completed": 4,
        "failed": 1,
        "elapsed_s": 1.0,
        "failures": [{"job": 3, "overrides": ["kind=relu", "seed=3"], "reason": "ValueError: ü"}],
    }


def test_long_list_of_failures_is_cut(tmp_path):
    failures = [Failure(n, [f"seed={n}"], "ValueError: no") for n in range(50)]
    text = failure_list(failures, jobs=50, path=tmp_path)
    assert len(text.splitlines()) == 22 and text.endswith("… and 30 more")
