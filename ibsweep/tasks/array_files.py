"""Reads arrays from the user's `.npz` and MATLAB files; nothing is unpickled."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse

_ONE_ARRAY = b"\x93NUMPY"  # how a file of numpy.save begins
_REMEDIES: dict[type[Exception], str] = {  # for what SciPy says in its own terms
    NotImplementedError: "version 7.3 (HDF5) is not read, save(…, '-v7') in MATLAB writes what is",
}


def read_arrays(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    """Return arrays of a file by name; sparse matrices become dense.

    Raises:
        ValueError: If there is no such file, it cannot be read, or it lacks one of the arrays.
    """
    ending = path.suffix.lower()
    if ending not in (".npz", ".mat"):
        raise ValueError(f"path must end in .npz or .mat, got {path}")
    if path.is_dir():
        raise ValueError(f"path must name a file, got the folder {path}")
    try:
        return (_read_mat if ending == ".mat" else _read_npz)(path, names)
    except FileNotFoundError:
        raise ValueError(f"path must name an existing file, got {path}") from None
    except _Absent as error:
        raise ValueError(f"path must hold an array {error.name!r}, got {path} {error}") from None
    except Exception as error:  # a damaged file can raise anything
        reason = _REMEDIES.get(type(error), str(error))
        raise ValueError(
            f"path must name a readable {ending} file, got {path}: {reason}"
        ) from error


class _Absent(Exception):  # noqa: N818  not an error until the file is named
    """An array is not there."""

    def __init__(self, name: str, present: Sequence[str]) -> None:
        super().__init__(f"with {', '.join(present) or 'no arrays'}")
        self.name = name


def _read_npz(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    with path.open("rb") as file:
        if file.read(len(_ONE_ARRAY)) == _ONE_ARRAY:
            raise ValueError(
                "it holds one array, of numpy.save; numpy.savez(…, x=x, y=y) stores two"
            )
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no archive of numpy.savez, or truncated")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            return [_member(archive, name) for name in names]


def _member(archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    if name not in archive.files:
        raise _Absent(name, archive.files)
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise ValueError(
            f"{name} holds Python objects, which are not unpickled (store an array of numbers)"
        ) from error


def _read_mat(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    content = scipy.io.loadmat(path)
    for name in names:
        if name not in content:
            raise _Absent(name, [key for key in content if not key.startswith("__")])
    return [
        array.toarray() if scipy.sparse.issparse(array) else np.asarray(array)
        for array in (content[name] for name in names)
    ]
