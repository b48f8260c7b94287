"""Reads IDX files, the format in which MNIST was published."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

_UNSIGNED_BYTE = 8  # the third byte of the magic number; the fourth is the number of axes


def find_idx(folder: Path, name: str) -> Path | None:
    """Return the file `name`, plain or with `.gz`, in a folder; None if there is neither."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def read_idx(path: Path, *, option: str = "root") -> np.ndarray:
    """Read an IDX file of unsigned bytes, compressed if its name ends in `.gz`.

    Args:
        path: The file.
        option: Name of the option that an error blames.

    Raises:
        ValueError: If it is not one, or truncated.

    References:
        LeCun, Cortes & Burges, The MNIST database, 1998 (the IDX file format).
    """
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{option} must hold readable IDX files, got {path}: {error}") from error
    axes = content[3] if len(content) > 3 else 0
    if content[:3] != bytes((0, 0, _UNSIGNED_BYTE)) or len(content) < 4 + 4 * axes:
        raise ValueError(f"{option} must hold IDX files of unsigned bytes, got {path}")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, offset=4))
    start = 4 + 4 * axes
    if len(content) - start != math.prod(shape):
        got = f"{path} with {len(content) - start} bytes for {shape}"
        raise ValueError(f"{option} must hold complete IDX files, got {got}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
