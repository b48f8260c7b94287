"""Reads the IDX files that MNIST comes in."""

import gzip
import math
from pathlib import Path

import numpy as np

_HEADER = b"\x00\x00\x08"  # bytes, unsigned


def read_idx(folder: Path, name: str) -> np.ndarray:
    """Read a file of unsigned bytes, plain or compressed (`<name>.gz`).

    Args:
        folder: Where it is.
        name: Its name.

    Returns:
        The array, uint8, of the shape that the file states.

    Raises:
        ValueError: If it is not there, or not such a file.

    References:
        LeCun, Cortes & Burges, The MNIST database, 1998 (the IDX file format).
    """
    content = _content(folder, name)
    if len(content) < 4 or content[:3] != _HEADER:
        raise ValueError(f"path must hold IDX files of bytes, got another kind of file: {name}")
    begin = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:begin], dtype=">u4").astype(int).tolist()
    if len(content) - begin != math.prod(shape):
        got = f"{len(content) - begin} bytes for the shape {tuple(shape)}"
        raise ValueError(f"path must hold whole IDX files, got {got} in {name}")
    return np.frombuffer(content, dtype=np.uint8, offset=begin).reshape(shape)


def _content(folder: Path, name: str) -> bytes:
    plain, packed = folder / name, folder / f"{name}.gz"
    try:
        if plain.is_file():
            return plain.read_bytes()
        with gzip.open(packed) as file:
            return file.read()
    except (OSError, EOFError) as error:
        raise ValueError(f"path must hold {name} or {name}.gz, got {folder} ({error})") from error
