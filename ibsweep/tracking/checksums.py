"""Checksums of a run's files: what is read is what was written, and lies where it should."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from ibsweep.tracking.options import StoreError

NAME = "checksums.json"


class DamagedFile(StoreError):
    """A stored file is not what was written; the message names the run and the file."""


def inside(folder: Path, name: str) -> Path:
    """Return the path of an artifact, which must not lie outside its run's folder.

    Raises:
        ValueError: If the name is absolute, or leads out of the folder by `..` or a link.
    """
    path, root = folder / name, folder.resolve()
    if not name or "\\" in name or not path.resolve().is_relative_to(root):
        raise ValueError(f"artifact must be named by a path inside its run's folder, got {name!r}")
    return path


def write_checksums(folder: Path, *, others: Mapping[str, str] | None = None) -> None:
    """Write `checksums.json`: each file's path in the folder to its SHA-256.

    Args:
        folder: The folder.
        others: Those of files that lie elsewhere already.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    sums = dict(others or {})
    sums |= {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    (folder / NAME).write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a folder into another; the checksums, which are last, name them all."""
    for path in sorted(source.rglob("*"), key=lambda path: (path.name == NAME, path)):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def read_checksums(path: Path, *, run_id: str) -> dict[str, str]:
    """Read `checksums.json`.

    Raises:
        DamagedFile: If it is no such file.
    """
    try:
        sums = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(sums, dict) and all(isinstance(text, str) for text in sums.values()):
            return sums
        reason = "it must map files to SHA-256"
    except ValueError as error:
        reason = str(error)
    raise DamagedFile(f"run {run_id}: {NAME} was altered or truncated ({reason})")


def verify(path: Path, name: str, sums: dict[str, str], *, run_id: str) -> None:
    """Check that a file is as it was written.

    Raises:
        DamagedFile: If it is not.
    """
    if name not in sums:
        raise DamagedFile(f"run {run_id}: {name} was not written with the run: no checksum for it")
    if sha256(path) != sums[name]:
        raise DamagedFile(
            f"run {run_id}: {name} was altered or truncated: its SHA-256 is not that in {NAME}"
        )


def sha256(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
