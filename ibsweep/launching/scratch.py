"""Workers on machines that do not see the client's folder: each works in one of its own."""

import importlib.metadata
import io
import os
import platform
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig, OmegaConf, open_dict, read_write

DATA = "data"  # folder of the files that came along
OUTPUTS = "outputs"  # folder of what jobs write
CHECKPOINTS = Path(OUTPUTS, "checkpoints")
_TOKEN = "token"
_PACKAGES = ("ibsweep", "torch", "numpy", "hydra-core")


class Client(NamedTuple):
    """Who sent a package, so that a worker can tell whether both see the same folder.

    Attributes:
        folder: A folder of the client's.
        token: What its file `token` holds.
        versions: Of Python and the packages that decide numbers.
    """

    folder: Path
    token: str
    versions: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> "Client":
        """Describe this process, and leave a token in the folder."""
        token = uuid.uuid4().hex
        (folder / _TOKEN).write_text(token)
        return cls(folder, token, versions())

    def is_near(self) -> bool:
        """Say, at a worker's end, whether the client's folder is to be seen here."""
        try:
            return (self.folder / _TOKEN).read_text() == self.token
        except OSError:
            return False


def versions() -> dict[str, str]:
    """Return the versions that a worker must have as its client has them."""
    major, minor, _ = platform.python_version_tuple()
    return {"python": f"{major}.{minor}", **{p: importlib.metadata.version(p) for p in _PACKAGES}}


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """Say in which versions a worker differs from its client, None if in none.

    Args:
        here: The client's.
        there: The worker's.
    """
    unlike = [name for name in here if there.get(name) != here[name]]
    return ", ".join(f"{name} {there.get(name)} for {here[name]}" for name in unlike) or None


@contextmanager
def workplace(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Make a scratch folder this process's working folder, and remove it at the end.

    Args:
        files: What to put into its folder `data`, by path there.

    Yields:
        The folder.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="ibsweep-", ignore_cleanup_errors=True) as folder:
        for path, content in files.items():
            place = Path(folder) / DATA / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def checkpoint_files(scratch: Path) -> dict[str, bytes]:
    """Return the checkpoints that trainings left in a scratch folder, by name."""
    return {path.name: path.read_bytes() for path in (scratch / CHECKPOINTS).glob("*.npz")}


def restore_checkpoints(scratch: Path, files: Mapping[str, bytes]) -> None:
    """Put checkpoints where trainings look for them."""
    (scratch / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (scratch / CHECKPOINTS / name).write_bytes(content)


def move_jobs(config: DictConfig, scratch: Path) -> None:
    """Let the folder of a job be made in a scratch folder, under the sweep's own name."""
    name = Path(str(config.hydra.sweep.dir)).name
    with read_write(config.hydra), open_dict(config):
        OmegaConf.update(config, "hydra.sweep.dir", str(scratch / "sweeps" / name))


def packed(scratch: Path) -> bytes:
    """Return the files that a job left in its folder, as an archive, and remove them."""
    buffer, root = io.BytesIO(), scratch / "sweeps"
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.glob("*/**/*")):
            if path.is_file():
                archive.write(path, Path(*path.relative_to(root).parts[1:]))
                path.unlink()
    return buffer.getvalue()


def unpack_into(folder: Path, archive: bytes) -> None:
    """Put the files of a job into the sweep's folder."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(folder)
