"""Nearest neighbours of each sample, of which equal samples make no zero distances."""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.spatial import KDTree

LEAF = 32  # points in a leaf: the fastest of 8, 16, 32, 64 for 4 … 8 dimensions
TREE_DIMENSIONS = 9  # a tree loses against all pairs beyond
INSIDE = 1 - 1e-10  # a radius times this leaves out what lies on it, whatever the scale
BLOCK = 2**23  # pairs held at once


class Neighbours(NamedTuple):
    """Distances from each sample to some of its neighbours.

    Attributes:
        radii: Distance to the k-th nearest other sample, or, if that is equal to the sample, to
            the nearest unlike one; shape `(n, orders)`, > 0.
        counts: Others that are not farther away, in order of distance: k, or more where samples
            equal each other; shape `(n, orders)`.
        ties: Number of samples that equal another one.
    """

    radii: np.ndarray
    counts: np.ndarray
    ties: int


def nearest(
    points: np.ndarray, orders: ArrayLike, *, dimension: int | None = None, workers: int = 1
) -> Neighbours:
    """Find the neighbours of every sample by Euclidean distance.

    Args:
        points: Shape `(n, d)`, at least two of them unlike.
        orders: Numbers k of neighbours asked for, ≥ 1; where there are fewer than k unlike other
            samples, the farthest stands in.
        dimension: Of the support, if it is less than d: a tree is fast if that is small.
        workers: Threads.

    Raises:
        ValueError: If all samples are equal.

    Example:
        >>> nearest(np.array([[0.0], [0.0], [3.0], [4.0]]), [1])
        Neighbours(radii=array([[3.],
               [3.],
               [1.],
               [1.]]), counts=array([[2],
               [2],
               [1],
               [1]]), ties=2)
    """
    asked = np.atleast_1d(orders)
    places, of, copies = _places(points)
    if len(places) < 2:
        raise ValueError(f"samples must not all be equal, got {len(points)} equal ones")
    reach = min(int(asked.max()) + 1, len(places))
    flat = (points.shape[1] if dimension is None else dimension) <= TREE_DIMENSIONS
    query = partial(_query_tree, workers=workers) if flat else _query_pairs
    distances, nearest_rows = query(places, reach)
    others = np.cumsum(copies[nearest_rows], axis=1) - 1
    farther = np.arange(reach) > 0
    radii, counts = [], []
    for order in asked:
        enough = (others >= order) & farther
        enough[:, -1] = True
        first = enough.argmax(axis=1)[:, None]
        radii.append(np.take_along_axis(distances, first, axis=1)[of, 0])
        counts.append(np.take_along_axis(others, first, axis=1)[of, 0])
    ties = int(copies[copies > 1].sum())
    return Neighbours(np.stack(radii, axis=1), np.stack(counts, axis=1), ties)


def _places(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the unlike samples, which of them each sample is, and how often each occurs."""
    n = len(points)
    if len(np.unique(points[:, 0])) == n:
        return points, np.arange(n), np.ones(n, dtype=np.int64)
    places, of, copies = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    return places, of, copies


def _query_tree(points: np.ndarray, reach: int, workers: int) -> tuple[np.ndarray, np.ndarray]:
    tree = KDTree(points, leafsize=LEAF)
    return tree.query(points, np.arange(1, reach + 1), workers=workers)


def _query_pairs(points: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """As a tree's query, by all pairs; a product finds the nearest, a difference measures them."""
    every = torch.from_numpy(np.ascontiguousarray(points))
    norms = every.square().sum(dim=1)
    others, distances = [], []
    for rows in torch.arange(len(every)).split(max(1, BLOCK // len(every))):
        squares = norms - 2 * every[rows] @ every.T
        squares[torch.arange(len(rows)), rows] = -torch.inf
        near = squares.topk(reach, dim=1, largest=False).indices
        exact = (every[near] - every[rows, None]).norm(dim=2)
        ordered, order = exact.sort(dim=1)
        others.append(near.gather(1, order))
        distances.append(ordered)
    return torch.cat(distances).numpy(), torch.cat(others).numpy()
