"""A task from the user's own file of patterns, and labels or continuous targets."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ibsweep.tasks.array_files import read_arrays
from ibsweep.types import Dataset

_COLOURS = 4  # most channels that a picture has
_INSTEAD = {  # by kind of numpy's types: how to store numbers
    "U": "numpy.unique(…, return_inverse=True)[1] numbers names",
    "S": "numpy.unique(…, return_inverse=True)[1] numbers names",
    "c": "store real and imaginary parts as features",
    "V": "store one array, a column a field",
    "O": "store one array of numbers",
}


def arrays(*, path: str | None, inputs: str, labels: str, targets: str | None = None) -> Dataset:
    """Read a `.npz` or MATLAB `.mat` file that holds patterns, and their labels or targets.

    Args:
        path: The file; `~` is your home.
        inputs: Name of the patterns in the file, finite numbers that float64 holds exactly: shape
            `(samples, features)`, or images of shape `(samples, height, width)` or `(samples,
            channels, height, width)`.
        labels: Name of the labels, `samples` integers in any shape, compared exactly; classes are
            their sorted distinct values.
        targets: Name of continuous targets in the file, in the place of labels: a regression.
            Finite numbers of shape `(samples,)` or `(samples, k)`.

    Raises:
        ValueError: If the file is missing or unreadable, lacks an array, or the arrays do not fit
            the rules.
    """
    other = ("labels", labels) if targets is None else ("targets", targets)
    for key, name in (("inputs", inputs), other):
        if not isinstance(name, str) or not name:
            raise ValueError(f"{key} must name an array of the file, got {name!r}")
    if not isinstance(path, str) or not path:
        raise ValueError(f"path must name a .npz or .mat file, got {path or 'nothing'}")
    arrays = read_arrays(Path(path).expanduser(), (inputs, str(other[1])))
    names = f"inputs={inputs}", "=".join(map(str, other))
    for array, name in zip(arrays, names, strict=True):
        _check_numbers(array, name)
    if targets is not None:
        return _regression(*arrays, names=names)
    _check_shapes(*arrays, names=names)
    patterns = _float64(arrays[0], names[0])
    classes, codes = np.unique(_integers(arrays[1].ravel(), names[1]), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{names[1]} must have at least two classes, got only {classes[0]}")
    flat = patterns.reshape(len(patterns), -1)
    return Dataset(flat, codes.astype(np.int64), len(classes), _image(patterns.shape[1:]))


def _regression(patterns: np.ndarray, targets: np.ndarray, *, names: tuple[str, str]) -> Dataset:
    """Return a task of continuous targets."""
    rows = targets.reshape(len(targets), -1) if targets.ndim else targets
    if patterns.ndim == 2 and targets.ndim == 2 and targets.shape[0] == 1 != len(patterns):
        rows = targets.T  # a vector of MATLAB's
    if targets.ndim not in (1, 2) or len(rows) != len(patterns):
        got = f"got {patterns.shape} and {targets.shape}"
        raise ValueError(f"{names[1]} must be of shape (samples,) or (samples, k), {got}")
    _check_shapes(patterns, rows[:, 0], names=names)
    flat = _float64(patterns, names[0]).reshape(len(patterns), -1)
    plain = Dataset.regression(flat, _float64(rows, names[1]))
    return replace(plain, shape=_image(patterns.shape[1:]))


def _image(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return channels, height and width of a pattern's shape, None if it is no image."""
    if len(shape) == 1:
        return None
    channels = shape[0] if len(shape) == 3 else 1
    return channels, shape[-2], shape[-1]


def _check_numbers(values: np.ndarray, name: str) -> None:
    """Check that an array holds finite numbers."""
    if values.dtype.kind not in "buif" or values.size == 0:
        advice = _INSTEAD.get(values.dtype.kind)
        got = f"got shape {values.shape} of {values.dtype}" + (f" ({advice})" if advice else "")
        raise ValueError(f"{name} must hold numbers, {got}")
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = wrong[0].tolist()
        raise ValueError(
            f"{name} must be finite, got {len(wrong)} NaN or infinite values, the first at {place}"
        )


def _check_shapes(patterns: np.ndarray, labels: np.ndarray, *, names: tuple[str, str]) -> None:
    """Check that there is one label a pattern, and that images have their channels first."""
    if patterns.ndim not in (2, 3, 4) or len(patterns) != labels.size:
        rule = "(samples, features) or (samples, [channels,] height, width), and (samples,)"
        got = f"got {patterns.shape} and {labels.shape}{_advice(patterns, labels)}"
        raise ValueError(f"{names[0]} and {names[1]} must have shapes {rule}, {got}")
    if patterns.ndim == 4 and patterns.shape[3] <= _COLOURS < min(patterns.shape[1:3]):
        rule = f"{names[0]} must be of shape (samples, channels, height, width)"
        advice = "numpy.moveaxis(…, -1, 1) moves the channels to the front"
        raise ValueError(f"{rule}, got {patterns.shape}: {advice}")


def _advice(patterns: np.ndarray, labels: np.ndarray) -> str:
    """Say how arrays would fit that are laid out as others do."""
    if labels.ndim == 2 and len(labels) == len(patterns):
        return ": numpy.argmax(…, axis=1) makes labels of one-hot rows"
    if patterns.ndim == 2 and patterns.shape[1] == labels.size:
        return ": its transpose has a row a sample"
    return ""


def _float64(values: np.ndarray, name: str) -> np.ndarray:
    """Return numbers as float64, which must not round them: different ones stay different."""
    numbers = values.astype(np.float64)
    whole = values.dtype.kind in "iu"
    exact = np.abs(numbers) < 2.0**53 if whole else numbers.astype(values.dtype) == values
    if not exact.all():
        got = f"got {values[~exact][0]} of {values.dtype} (astype('float64') rounds)"
        raise ValueError(f"{name} must be numbers that float64 holds exactly, {got}")
    return numbers


def _integers(values: np.ndarray, name: str) -> np.ndarray:
    """Return labels that are integers, though they may be stored as floating-point numbers."""
    if values.dtype.kind != "f":
        return values
    wrong = values[values != np.floor(values)]
    if len(wrong):
        raise ValueError(f"{name} must be integers, got {wrong[0]:g}")
    bits = np.finfo(values.dtype).nmant + 1
    large = values[np.abs(values) >= 2.0**bits]
    if len(large):
        rule = f"must be stored as integers if they reach 2^{bits}, where floats leave some out"
        raise ValueError(f"{name} {rule}, got {large[0]:.0f} of {values.dtype}")
    return values
