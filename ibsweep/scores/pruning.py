"""In which order the units of a layer are removed, and how many stay."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

SHARES = tuple(k / 10 for k in range(1, 10))
RANDOM_ORDERS = 10


def kept(order: Sequence[int] | np.ndarray, share: float) -> np.ndarray:
    """Return the units that stay when a share of a layer is removed, one at least, ascending.

    Args:
        order: All units, that to be removed first first.
        share: From 0 to 1; the number that stays is rounded.

    Example:
        >>> kept([3, 0, 2, 1], 0.5)
        array([1, 2])
    """
    stay = max(round((1 - share) * len(order)), 1)
    return np.sort(np.asarray(order)[len(order) - stay :])


def least_first(values: np.ndarray) -> np.ndarray:
    """Return the units by ascending value; equal ones by number, NaN first.

    Example:
        >>> least_first(np.array([0.5, 0.0, np.nan, 0.0]))
        array([2, 1, 3, 0])
    """
    return np.argsort(np.where(np.isnan(values), -np.inf, values), kind="stable")


def random_orders(
    sizes: Mapping[str, int], seed: int, orders: int = RANDOM_ORDERS
) -> Iterator[dict[str, np.ndarray]]:
    """Yield random orders of the units of each layer.

    Args:
        sizes: Number of units of each layer.
        seed: Of the network.
        orders: How many to yield.
    """
    rng = np.random.default_rng(seed)
    for _ in range(orders):
        yield {layer: rng.permutation(size) for layer, size in sizes.items()}
