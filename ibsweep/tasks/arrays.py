"""A task from the user's own file of patterns and labels."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy.io

from ibsweep.types import Dataset


def arrays(*, path: str | None, inputs: str, labels: str) -> Dataset:
    """Read a `.npz` or MATLAB `.mat` file that holds one array of patterns and one of labels.

    Args:
        path: The file.
        inputs: Name of the patterns in the file, finite numbers: shape `(samples, features)`, or
            images of shape `(samples, height, width)` or `(samples, channels, height, width)`.
        labels: Name of the labels, `samples` integers in any shape; classes are their sorted
            distinct values.

    Raises:
        ValueError: If the file is missing or unreadable, lacks an array, or the arrays do not fit
            the rules.
    """
    for key, name in (("inputs", inputs), ("labels", labels)):
        if not isinstance(name, str) or not name:
            raise ValueError(f"{key} must name an array of the file, got {name!r}")
    if not isinstance(path, str) or not path:
        raise ValueError(f"path must name a .npz or .mat file, got {path or 'nothing'}")
    content = _read(Path(path))
    for name in (inputs, labels):
        if name not in content:
            found = ", ".join(key for key in content if not key.startswith("__"))
            raise ValueError(f"path must hold an array {name!r}, got {path} with {found}")
    patterns = _numbers(content[inputs], inputs)
    classes, codes = _classes(_numbers(content[labels], labels).ravel(), labels)
    if patterns.ndim not in (2, 3, 4) or len(patterns) != len(codes):
        shapes = f"{inputs} {patterns.shape} and {labels} {np.shape(content[labels])}"
        rule = "(samples, features) or (samples, [channels,] height, width), and (samples,)"
        raise ValueError(f"arrays must have shapes {rule}, got {shapes}")
    flat = patterns.reshape(len(patterns), -1)
    return Dataset(flat, codes, len(classes), _image(patterns.shape[1:]))


def _image(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return channels, height and width of a pattern's shape, None if it is no image."""
    if len(shape) == 1:
        return None
    channels = shape[0] if len(shape) == 3 else 1
    return channels, shape[-2], shape[-1]


def _read(path: Path) -> Mapping[str, np.ndarray]:
    if path.suffix not in (".npz", ".mat"):
        raise ValueError(f"path must end in .npz or .mat, got {path}")
    try:
        if path.suffix == ".mat":
            return scipy.io.loadmat(path)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except FileNotFoundError:
        raise ValueError(f"path must name an existing file, got {path}") from None
    except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"path must name a readable {path.suffix} file, got {path}: {error}"
        ) from error


def _numbers(values: np.ndarray, name: str) -> np.ndarray:
    if values.dtype.kind not in "buif" or values.size == 0:
        raise ValueError(f"{name} must hold numbers, got shape {values.shape} of {values.dtype}")
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"{name} must be finite, got {np.sum(~np.isfinite(numbers))} NaN or infinite values"
        )
    return numbers


def _classes(values: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    if not np.array_equal(values, np.floor(values)):
        raise ValueError(f"{name} must be integers, got {values[values != np.floor(values)][0]:g}")
    classes, codes = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{name} must have at least two classes, got only {classes[0]:g}")
    return classes, codes.astype(np.int64)
