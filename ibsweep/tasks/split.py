"""Splitting a data set into a part to train on and a part to test on."""

import numpy as np

from ibsweep import checks
from ibsweep.types import Split


def stratified(labels: np.ndarray, seed: int, *, train_fraction: float) -> Split:
    """Draw the training part at random, in each class its share.

    Args:
        labels: Class of each sample, shape `(samples,)`.
        seed: Seed of the draw.
        train_fraction: Part of the samples to train on; `round(train_fraction · samples)` are
            taken.

    Raises:
        ValueError: If the fraction is not between 0 and 1, or leaves a part empty, or a class
            without a sample to train on.
    """
    size = _train_size(len(labels), train_fraction)
    order = np.random.default_rng(seed).permutation(len(labels))
    classes, counts = np.unique(labels, return_counts=True)
    quotas = _quotas(counts, size)
    if not quotas.all():
        few = f"got {train_fraction} and a class of {counts[quotas == 0].max()}"
        raise ValueError(f"train_fraction must leave each class a sample to train on, {few}")
    taken = [order[labels[order] == c][:quota] for c, quota in zip(classes, quotas, strict=True)]
    return _split(np.concatenate(taken), len(labels))


def sequential(labels: np.ndarray, seed: int, *, train_fraction: float) -> Split:
    """Train on the first samples in the data's order (released code of Chelombiev et al.).

    The sorted patterns of the spherical task make the parts differ: label 1 has a share of 43.7 %
    in the training part and of 83.6 % in the test part, so a constant answer scores 83.6 %.
    Offered for comparison.

    Args:
        labels: Class of each sample, shape `(samples,)`.
        seed: Not used: there is nothing to draw.
        train_fraction: Part of the samples to train on; `round(train_fraction · samples)` are
            taken.

    Raises:
        ValueError: If the fraction is not between 0 and 1, or leaves a part empty.
    """
    return _split(np.arange(_train_size(len(labels), train_fraction)), len(labels))


def published(labels: np.ndarray, seed: int, *, train_samples: int) -> Split:
    """Train on the first samples, as data sets that come with a test part are laid out.

    Args:
        labels: Class of each sample, shape `(samples,)`.
        seed: Not used: there is nothing to draw.
        train_samples: Number of samples to train on; all others are for testing.

    Raises:
        ValueError: If a part is left empty.

    Example:
        >>> published(np.array([0, 1, 1]), 0, train_samples=2).test
        array([2])
    """
    size = checks.integer("train_samples", train_samples, minimum=1)
    if size >= len(labels):
        raise ValueError(f"train_samples must be < {len(labels)}, all samples, got {size}")
    return _split(np.arange(size), len(labels))


def _train_size(samples: int, train_fraction: float) -> int:
    fraction = checks.real("train_fraction", train_fraction, above=0, below=1)
    size = round(fraction * samples)
    if not 0 < size < samples:
        raise ValueError(
            f"train_fraction must leave both parts a sample of {samples}, got {fraction}"
        )
    return size


def _quotas(counts: np.ndarray, size: int) -> np.ndarray:
    """Share `size` among classes by largest remainder."""
    exact = counts * size / counts.sum()
    quotas = np.floor(exact).astype(int)
    quotas[np.argsort(quotas - exact, kind="stable")[: size - quotas.sum()]] += 1
    return quotas


def _split(train: np.ndarray, samples: int) -> Split:
    chosen = np.zeros(samples, dtype=bool)
    chosen[train] = True
    return Split(np.flatnonzero(chosen), np.flatnonzero(~chosen))


def checked(split: object, samples: int) -> Split:
    """Return a split, if its parts are rows of the data, ascending, with none in both.

    Args:
        split: What a function of this kind returned.
        samples: Number of rows.

    Raises:
        ValueError: If they are not, or one is empty.
    """
    rule = "_target_ must make a Split: two parts of rows, ascending, none in both, none empty"
    if not isinstance(split, tuple) or len(split) != 2:
        raise ValueError(f"{rule}, got {type(split).__name__}")
    for name, rows in zip(Split._fields, map(np.asarray, split), strict=True):
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or not len(rows):
            raise ValueError(f"{rule}, got {name} of shape {rows.shape} of {rows.dtype}")
        if rows[0] < 0 or rows[-1] >= samples or not (np.diff(rows.astype(np.int64)) > 0).all():
            raise ValueError(f"{rule}, got {name} from {rows.min()} to {rows.max()} of {samples}")
    parts = Split(*(np.asarray(rows).astype(np.int64) for rows in split))
    both = np.isin(*parts)
    if both.any():
        raise ValueError(f"{rule}, got row {parts.train[both][0]} in both")
    return parts
