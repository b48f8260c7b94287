"""How a running sweep looks: bars on a terminal, a line now and then elsewhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from ibsweep.launching.progress import Board
from ibsweep.launching.progress_files import read_progress

POLL_S = 0.5
LINE_INTERVAL_S = 30.0
LABELLED_LINES = 100  # a sweep of more ensembles than this gets no line for each


class Display(Protocol):
    """Shows a board."""

    def refresh(self, board: Board) -> None:
        """Show the board as it is now."""

    def settled(self, board: Board, text: str) -> None:
        """Show that an ensemble has ended."""


class LineDisplay:
    """Plain lines: one for each ensemble that ends, and one now and then in between.

    Args:
        write: Writes a line.
        ensembles: Number of ensembles; if it is large, those that end get no line each.
    """

    def __init__(self, write: Callable[[str], None], ensembles: int) -> None:
        self._write = write
        self._each = ensembles <= LABELLED_LINES
        self._written_at_s = 0.0

    def refresh(self, board: Board) -> None:
        """Write a line if none was written for a while."""
        if board.elapsed_s - self._written_at_s >= LINE_INTERVAL_S:
            self._line(board, board.summary())

    def settled(self, board: Board, text: str) -> None:
        """Write a line on an ensemble that has ended."""
        if self._each:
            self._line(board, f"{text}: {board.summary()}")

    def _line(self, board: Board, text: str) -> None:
        self._written_at_s = board.elapsed_s
        self._write(text)


class LiveDisplay:
    """Bars on a terminal: one for the sweep and one for each ensemble in flight.

    Args:
        progress: Where the bars are drawn.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._whole = progress.add_task("sweep", total=1.0, note="")
        self._bars: dict[str, TaskID] = {}

    def refresh(self, board: Board) -> None:
        """Draw the board."""
        for name in [name for name in self._bars if name not in board.readings]:
            self._progress.remove_task(self._bars.pop(name))
        for name, (trained, done) in board.readings.items():
            label, jobs = board.labels[name]
            if name not in self._bars:
                self._bars[name] = self._progress.add_task(label, total=1.0, note="")
            note = f"training {trained:.0%}" if 0 < trained < 1 else f"{done} of {jobs} done"
            self._progress.update(self._bars[name], completed=board.part(name), note=note)
        self._progress.update(self._whole, completed=board.fraction, note=board.summary())

    def settled(self, board: Board, text: str) -> None:
        """Draw the board; an ensemble that has ended loses its bar."""
        self.refresh(board)


@contextmanager
def showing(
    board: Board, folder: Path, *, ensembles: int, write: Callable[[str], None]
) -> Iterator[Display]:
    """Show a board while a sweep runs: bars if the output is a terminal, else lines.

    Args:
        board: What to show; it follows the progress that workers state in `folder`.
        folder: Folder that the workers and this process share.
        ensembles: Number of ensembles that are planned.
        write: Writes a line.

    Yields:
        What shows the board.
    """
    if is_live():
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        with Progress(*columns, transient=True) as progress:
            display: Display = LiveDisplay(progress)
            with _following(board, folder, display):
                yield display
    else:
        display = LineDisplay(write, ensembles)
        with _following(board, folder, display):
            yield display


def is_live() -> bool:
    """Return whether the output is a terminal that bars can be drawn on."""
    console = Console()
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def _following(board: Board, folder: Path, display: Display) -> Iterator[None]:
    """Keep the board and its display up to date from a thread."""
    stop = threading.Event()

    def follow() -> None:
        while not stop.wait(POLL_S):
            with board.lock:
                board.update(read_progress(folder))
                display.refresh(board)

    thread = threading.Thread(target=follow, name="sweep-display", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
