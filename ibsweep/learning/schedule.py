"""When weights are kept: each function returns the epochs of the snapshots, ascending.

Snapshot e holds the weights after e epochs; 0 is the untrained network, the last is the trained
one.
"""

from collections.abc import Sequence

import numpy as np

from ibsweep import checks


def logarithmic(epochs: int, *, count: int) -> np.ndarray:
    """Space about `count` snapshots evenly in the logarithm of the epoch.

    The epochs are the distinct ⌊2^t⌋ − 1 for `count` values t from 0 to log2(`epochs`), and the
    last epoch.

    Args:
        epochs: Epochs of the training.
        count: Values of t; fewer snapshots result, since early epochs coincide.

    Raises:
        ValueError: If `count` is less than 2.

    References:
        Released code of Chelombiev et al. (2019), arXiv:1902.09037, without its end.

    Example:
        >>> logarithmic(8, count=4).tolist()
        [0, 1, 3, 7, 8]
    """
    steps = np.linspace(0, np.log2(epochs), checks.integer("count", count, minimum=2))
    return np.unique([*(np.floor(2**steps + 1e-9).astype(int) - 1), epochs])


def linear(epochs: int, *, every: int) -> np.ndarray:
    """Keep every `every`-th epoch, and the last.

    Raises:
        ValueError: If `every` is not a positive integer, or beyond the last epoch.

    Example:
        >>> linear(10, every=4).tolist()
        [0, 4, 8, 10]
    """
    checks.integer("every", every, minimum=1)
    return np.unique([*_within(epochs, "every", range(0, max(epochs, every) + 1, every)), epochs])


def saxe(epochs: int) -> np.ndarray:
    """Keep every epoch to 20, every 5th to 100, every 20th to 2000, every 100th to the last.

    References:
        Released code of Saxe et al., On the information bottleneck theory of deep learning, 2018.

    Example:
        >>> saxe(2300)[-4:].tolist()
        [2000, 2100, 2200, 2300]
    """
    e = np.arange(epochs + 1)
    kept = np.select(
        [e <= 20, e <= 100, e <= 2000], [e >= 0, e % 5 == 0, e % 20 == 0], e % 100 == 0
    )
    return np.union1d(e[kept], [epochs])


def explicit(epochs: int, *, at: Sequence[int]) -> np.ndarray:
    """Keep the epochs listed, and the last.

    Raises:
        ValueError: If the list is empty, or an entry is not an integer from 0 to the last epoch.

    Example:
        >>> explicit(10, at=[0, 3]).tolist()
        [0, 3, 10]
    """
    checks.sequence("at", at, "a list of epochs", least=1)
    chosen = [checks.integer("at", epoch, minimum=0) for epoch in at]
    return np.unique([*_within(epochs, "at", chosen), epochs])


def check_snapshots(snapshots: object, epochs: int) -> np.ndarray:
    """Return snapshots, if they are ascending epochs, the last among them.

    Args:
        snapshots: What a function of this kind returned.
        epochs: The last epoch.

    Raises:
        ValueError: If they are not.
    """
    rule = f"_target_ must make ascending epochs from 0 on, the last {epochs}"
    known = np.asarray(snapshots)
    if known.ndim != 1 or known.dtype.kind not in "iu" or not known.size:
        raise ValueError(f"{rule}, got shape {known.shape} of {known.dtype}")
    ascending = (np.diff(known.astype(np.int64)) > 0).all()
    if known[0] < 0 or known[-1] != epochs or not ascending:
        raise ValueError(f"{rule}, got {known.tolist()[:5]} … {known[-1]}")
    return known


def spread(snapshots: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of the snapshots, evenly spread, from the last on.

    Example:
        >>> spread(np.array([0, 1, 3, 7, 8]), 3).tolist()
        [0, 3, 8]
    """
    places = np.linspace(len(snapshots) - 1, 0, min(count, len(snapshots)))
    return snapshots[np.unique(np.rint(places).astype(int))] if count else snapshots[:0]


def _within(epochs: int, name: str, chosen: Sequence[int]) -> Sequence[int]:
    beyond = [epoch for epoch in chosen if epoch > epochs]
    if beyond:
        raise ValueError(f"{name} must not go beyond the last epoch ({epochs}), got {beyond[0]}")
    return chosen
