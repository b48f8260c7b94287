"""Unfinished trainings on disk, one file a network, so that an interrupted one can go on."""

import logging
import os
import socket
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import Tensor

from ibsweep.resources import is_alive

log = logging.getLogger(__name__)

SILENT_HOURS = 24
_PARTIAL = ".partial"
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def checkpoint_epoch(folder: Path, name: str) -> int:
    """Return the epoch that a network's checkpoint was taken after, 0 if it has none."""
    path = _path(folder, name)
    if not path.exists():
        return 0
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            return int(content["epoch"])
    except _UNREADABLE as error:
        log.warning("checkpoint %s cannot be read (%s): training starts anew", path, error)
        return 0


class Checkpoints:
    """The checkpoints of networks that train together and are equally far.

    A network's file does not depend on its company: it can go on in another ensemble.

    Args:
        folder: Where the files are.
        names: Names of the members, e.g. their fingerprints; members beyond these are fillers,
            repetitions of the first.
        epoch: Epoch that all of them are at, 0 if there are no files yet.
        seconds: Least time between two savings.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], *, epoch: int = 0, seconds: float = 5.0
    ) -> None:
        self._folder = folder
        self._names = names
        self.epoch = epoch
        self._seconds = seconds
        self._saved_at = time.monotonic()

    def due(self) -> bool:
        """Say whether the last saving is long enough ago."""
        return time.monotonic() - self._saved_at >= self._seconds

    def save(self, state: dict[str, Tensor], epoch: int) -> None:
        """Replace each member's file by its part of the state, at once or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        arrays = {name: tensor.cpu().numpy() for name, tensor in state.items()}
        for member, name in enumerate(self._names):
            path = _path(self._folder, name)
            partial = path.with_suffix(f".{socket.gethostname()}.{_process()}{_PARTIAL}")
            with partial.open("wb") as file:
                own = {key: values[member] for key, values in arrays.items()}
                np.savez(file, allow_pickle=False, epoch=np.array(epoch), **own)
            partial.replace(path)
        self._saved_at = time.monotonic()

    def load(self, members: int) -> dict[str, Tensor]:
        """Return what the files of that many members hold, in order, fillers like the first.

        Raises:
            ValueError: If one is not at the epoch that all should be at.
        """
        files = []
        for name in self._names:
            with (
                _path(self._folder, name).open("rb") as file,
                np.load(file, allow_pickle=False) as content,
            ):
                if int(content["epoch"]) != self.epoch:
                    raise ValueError(
                        f"{name} must be at epoch {self.epoch}, got {content['epoch']}"
                    )
                files.append(
                    {key: torch.from_numpy(content[key]) for key in content if key != "epoch"}
                )
        files += files[:1] * (members - len(files))
        return {key: torch.stack([one[key] for one in files]) for key in files[0]}


def remove_partials(folder: Path) -> list[str]:
    """Remove what dead processes left half written, and return the names of those files.

    On this machine a process is dead if there is none of its number and time of start; one of
    another machine that shares the folder, or of which a name does not say both, counts as dead
    after `SILENT_HOURS`.
    """
    partials = [path for path in folder.glob(f"*{_PARTIAL}") if _is_abandoned(path)]
    for path in partials:
        path.unlink(missing_ok=True)
    return [path.name for path in partials]


def checkpoint_names(folder: Path) -> list[str]:
    """Return the names of the networks that have a checkpoint, sorted."""
    return sorted(path.stem for path in folder.glob("*.npz"))


def remove_checkpoint(folder: Path, name: str) -> None:
    """Remove the file of a network that needs it no longer."""
    _path(folder, name).unlink(missing_ok=True)


def _process() -> str:
    """Return number and time of start, Unix time in seconds, of this process."""
    return f"{os.getpid()}-{psutil.Process().create_time():.0f}"


def _is_abandoned(partial: Path) -> bool:
    """Say whether the process that writes a file is gone, or the file has gone itself."""
    host, _, process = partial.name.removesuffix(_PARTIAL).partition(".")[2].rpartition(".")
    pid, _, started = process.partition("-")
    if host == socket.gethostname() and pid.isdecimal() and started.isdecimal():
        return not is_alive(int(pid), float(started))
    try:
        return time.time() - partial.stat().st_mtime > 3600 * SILENT_HOURS
    except FileNotFoundError:
        return True


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.npz"
