"""CIFAR-10 from the user's folder: its binary version, or its Python version read with care."""

import io
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ibsweep.types import Dataset

PARTS = (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch")
SHAPE = (3, 32, 32)
MEANS = np.array([0.4914, 0.4822, 0.4465])  # of red, green, blue in the training part
DEVIATIONS = np.array([0.247, 0.243, 0.261])
_PIXELS = 3072
_RECONSTRUCT = np.zeros(0).__reduce__()[0]
_ALLOWED: Mapping[tuple[str, str], object] = {
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _RECONSTRUCT for core in ("core", "_core")},
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def cifar10(*, root: str) -> Dataset:
    """Read CIFAR-10: 50 000 colour images of ten classes to train on, then 10 000 to test on.

    Args:
        root: The folder `cifar-10-batches-bin` or `cifar-10-batches-py` as it was unpacked. Of
            the pickled Python version nothing but plain containers and numpy arrays is loaded.

    Returns:
        Images of 3×32×32 values 0 … 1 (red, green, blue), the training part first.

    Raises:
        ValueError: If files are missing, damaged or not what they should be.

    References:
        Krizhevsky, Learning multiple layers of features from tiny images, 2009.
        https://www.cs.toronto.edu/~kriz/cifar.html
    """
    if not isinstance(root, str) or not root:
        got = "nothing" if root in (None, "") else repr(root)
        raise ValueError(f"root must be the folder cifar-10-batches-bin or -py, got {got}")
    pieces = [_piece(Path(root), name) for name in PARTS]
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    return Dataset(pixels / 255, labels.astype(np.int64), classes=10, shape=SHAPE)


def normalized_cifar10(*, root: str) -> Dataset:
    """Read CIFAR-10 with each colour at mean 0 and standard deviation 1 over the training part.

    Args:
        root: See `cifar10`.

    Returns:
        Its images less `MEANS`, divided by `DEVIATIONS`.

    Raises:
        ValueError: As `cifar10`.
    """
    plain = cifar10(root=root)
    images = plain.inputs.reshape(-1, *SHAPE)
    scaled = (images - MEANS[:, None, None]) / DEVIATIONS[:, None, None]
    return replace(plain, inputs=scaled.reshape(len(images), -1))


def _piece(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, shape `(samples, 3072)`, and labels of one file."""
    binary, pickled = folder / f"{name}.bin", folder / name
    if binary.is_file():
        return _read_binary(binary)
    if pickled.is_file():
        return _read_pickled(pickled)
    raise ValueError(f"root must hold {', '.join(PARTS)} (or .bin), got {folder} without {name}")


def _read_binary(path: Path) -> tuple[np.ndarray, np.ndarray]:
    content = np.fromfile(path, np.uint8)
    if not len(content) or len(content) % (_PIXELS + 1):
        raise ValueError(f"root must hold complete files, got {path} of {len(content)} bytes")
    rows = content.reshape(-1, _PIXELS + 1)
    return rows[:, 1:], rows[:, 0]


class _PlainUnpickler(pickle.Unpickler):
    """Loads plain containers and numpy arrays; it calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        """Return what arrays are made with.

        Raises:
            UnpicklingError: For anything else.
        """
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in it")
        return _ALLOWED[module, name]


def _read_pickled(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        content = _PlainUnpickler(io.BytesIO(path.read_bytes()), encoding="bytes").load()
        pixels, labels = np.asarray(content[b"data"]), np.asarray(content[b"labels"])
    except Exception as error:  # a damaged pickle can raise anything
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"root must hold CIFAR-10's files, got {path}: {reason}") from error
    shapes = (pixels.shape, labels.shape)
    if pixels.dtype != np.uint8 or shapes != ((len(labels), _PIXELS), (len(pixels),)):
        got = f"{path} with {pixels.shape} of {pixels.dtype}, {labels.shape}"
        raise ValueError(f"root must hold (samples, {_PIXELS}) bytes and labels, got {got}")
    return pixels, labels
