"""Sums of Gaussian kernels over all pairs of points, without ever holding all pairs.

Points are put in the order of a k-d tree, so that consecutive ones form small boxes. A strip of
boxes meets only the boxes whose gap to it is small enough to matter, each pair of boxes once.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_BOX = 32  # points in a box, at most
_STRIP = 128  # points that are paired with all others at once
_SPARSE = 0.1  # share of near pairs below which only these are exponentiated
_LEAST_EXPONENT = -700.0  # e to less than this is denormal, and slow
_FAR = 1e6  # squared distance to a strip's centre above which products cancel too much


class Boxes(NamedTuple):
    """Points in the order of a k-d tree, boxes of equally many.

    Attributes:
        points: Shape `(boxes · size, dimensions)`.
        weights: Shape `(boxes · size, classes)`; 0 for the copies that fill up the boxes.
        lows: Lowest coordinates of each box, shape `(boxes, dimensions)`.
        highs: Highest ones.
        size: Points in a box.
    """

    points: Tensor
    weights: Tensor
    lows: Tensor
    highs: Tensor
    size: int


def kernel_sums(points: Tensor, weights: Tensor, cutoff: float) -> tuple[Tensor, Tensor]:
    r"""Σ_j w_jc exp(−‖z_i − z_j‖²) for every point i and class c.

    Args:
        points: z, shape `(n, dimensions)`, float64, finite.
        weights: w ≥ 0, shape `(n, classes)`, float64; every point has a total weight ≥ 1.
        cutoff: Squared distance beyond which a kernel does not matter.

    Returns:
        The sums, shape `(m, classes)`, and the weights in the same order; copies of weight 0 may
        have been added. The relative error of a point's total is below 1e-10.
    """
    boxes = _boxes(points, weights)
    sums = torch.zeros_like(boxes.weights)
    strip = max(1, _STRIP // boxes.size)
    for first in range(0, len(boxes.lows), strip):
        _add_strip(sums, boxes, first, min(first + strip, len(boxes.lows)), cutoff)
    return sums, boxes.weights


def _boxes(points: Tensor, weights: Tensor) -> Boxes:
    levels = max(0, math.ceil(math.log2(len(points) / _BOX)))
    size = math.ceil(len(points) / 2**levels)
    rows = torch.arange(size * 2**levels, device=points.device)[None]
    own, rows = rows < len(points), rows.clamp_max(len(points) - 1)
    for _ in range(levels):
        boxed = points[rows]
        widest = (boxed.amax(dim=1) - boxed.amin(dim=1)).argmax(dim=1)
        along = boxed.gather(2, widest[:, None, None].expand(-1, boxed.shape[1], 1)).squeeze(2)
        order = along.argsort(dim=1)
        rows, own = (one.gather(1, order).reshape(2 * len(one), -1) for one in (rows, own))
    boxed = points[rows]
    return Boxes(
        points=boxed.flatten(0, 1),
        weights=(weights[rows] * own[..., None]).flatten(0, 1),
        lows=boxed.amin(dim=1),
        highs=boxed.amax(dim=1),
        size=size,
    )


def _add_strip(sums: Tensor, boxes: Boxes, first: int, last: int, cutoff: float) -> None:
    """Add what boxes first … last − 1 and the later ones near them give one another."""
    begin, end = first * boxes.size, last * boxes.size
    low, high = boxes.lows[first:last].amin(dim=0), boxes.highs[first:last].amax(dim=0)
    gaps = torch.maximum(boxes.lows[last:] - high, low - boxes.highs[last:]).clamp_min_(0)
    near = (gaps.square_().sum(dim=1) <= cutoff).nonzero() + last
    later = (near * boxes.size + torch.arange(boxes.size, device=near.device)).flatten()
    columns = torch.cat([torch.arange(begin, end, device=near.device), later])
    centre = (low + high) / 2
    exponents = _exponents(boxes.points[begin:end] - centre, boxes.points[columns] - centre)
    near_pairs = _near_pairs(exponents, cutoff)
    if near_pairs is None:
        kernel = _exponential_(exponents.clamp_(_LEAST_EXPONENT, 0))
        sums[begin:end] += kernel @ boxes.weights[columns]
        sums[later] += kernel[:, end - begin :].T @ boxes.weights[begin:end]
        return
    row, column = near_pairs
    kernel = _exponential_(exponents[row, column].clamp_max_(0))[:, None]
    sums.index_add_(0, row + begin, kernel * boxes.weights[columns[column]])
    mirrored = column >= end - begin
    row, column, kernel = (one[mirrored] for one in (row, column, kernel))
    sums.index_add_(0, columns[column], kernel * boxes.weights[row + begin])


def _exponents(left: Tensor, right: Tensor) -> Tensor:
    """−‖x_i − y_j‖², by one matrix product where that is accurate."""
    left_squares, right_squares = (one.square().sum(dim=1, keepdim=True) for one in (left, right))
    if float(right_squares.max()) > _FAR:
        mode = "donot_use_mm_for_euclid_dist"
        return torch.cdist(left, right, compute_mode=mode).square_().neg_()
    ones = torch.ones_like(left_squares), torch.ones_like(right_squares)
    rows = torch.cat([2 * left, -left_squares, -ones[0]], dim=1)
    return rows @ torch.cat([right, ones[1], right_squares], dim=1).T


def _near_pairs(exponents: Tensor, cutoff: float) -> tuple[Tensor, Tensor] | None:
    """Row and column of each pair that matters, or None if these are not few."""
    if not exponents.is_cpu:
        return None
    near = exponents.numpy() > -cutoff  # numpy finds the few true ones seven times faster
    if np.count_nonzero(near) > _SPARSE * near.size:
        return None
    row, column = np.divmod(np.flatnonzero(near), near.shape[1])
    return torch.from_numpy(row), torch.from_numpy(column)


def _exponential_(exponents: Tensor) -> Tensor:
    """Overwrite with the exponential; numpy's takes half of torch's time on one core."""
    if not exponents.is_cpu:
        return exponents.exp_()
    np.exp(exponents.numpy(), out=exponents.numpy())
    return exponents
