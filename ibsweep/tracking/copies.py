"""Copies of a folder of outputs on a file system where no database may be open."""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

DATABASE = "mlflow.db"
_PARTIAL = ".partial"


def save_copy(source: Path, target: Path) -> None:
    """Bring a copy of a folder of outputs up to date.

    Each file is replaced at once or not at all, the database last: whatever it names is there,
    whenever the copy is cut short. Files that are gone are removed. A copy of the same size that
    is not older is not made again.

    Args:
        source: Folder with the store, its files and checkpoints; nothing is being written there.
        target: Folder of the copy.
    """
    target.mkdir(parents=True, exist_ok=True)
    files = {path.relative_to(source) for path in source.rglob("*") if _is_kept(path)}
    for name in sorted(files):
        if not _is_equal(source / name, target / name):
            _replace(source / name, target / name)
    if (source / DATABASE).is_file():
        with tempfile.TemporaryDirectory(prefix="ibsweep-") as folder:
            copy = Path(folder) / DATABASE
            _copy_database(source / DATABASE, copy)
            _replace(copy, target / DATABASE)
    for path in target.rglob("*"):
        if path.is_file() and path.name != DATABASE and path.relative_to(target) not in files:
            path.unlink()


def copy_state(copy: Path) -> str | None:
    """Return a text that changes whenever a copy's database is replaced, None if it has none."""
    try:
        state = (copy / DATABASE).stat()
    except FileNotFoundError:
        return None
    return f"{state.st_size} {state.st_mtime_ns}"


def restore_copy(source: Path, target: Path) -> None:
    """Make a folder of outputs of its copy, if there is one."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"*{_PARTIAL}"))


def _is_kept(path: Path) -> bool:
    """Say whether a file belongs into a copy, the database aside."""
    return path.is_file() and not path.name.startswith(DATABASE) and path.suffix != _PARTIAL


def _is_equal(one: Path, other: Path) -> bool:
    if not other.is_file():
        return False
    states = [path.stat() for path in (one, other)]
    return (
        states[0].st_size == states[1].st_size and states[0].st_mtime_ns <= states[1].st_mtime_ns
    )


def _copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite file as of one moment, whatever journal it has."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _replace(source: Path, target: Path) -> None:
    """Copy a file such that a reader sees the old or the new one, also after a crash."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}{_PARTIAL}")
    shutil.copyfile(source, partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, target)
