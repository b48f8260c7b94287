"""Sums of Gaussian kernels over all pairs of points, as distinct points and classes.

Pairs are those of `kernel_sums.cpp` where it can be compiled and dimensions are few, or else of
`strips`.
"""

import ctypes
import math
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ibsweep.compiled import library
from ibsweep.estimators.shared.strips import kernel_sums

_LOST_NATS = 24.0  # what is left out of a sum is below e^-24 of it: 5e-11 bits
_NARROW = 64  # dimensions up to which compiled loops are faster than matrix products


class Sums(NamedTuple):
    """Sums of kernels for every distinct pair of a point and its class.

    Attributes:
        weights: How many points are alike, shape `(m,)`.
        classes: Their class, shape `(m,)`.
        own: Σ exp(−‖z_i − z_j‖²) over all points of that class, shape `(m,)`.
        whole: Over all points.
    """

    weights: Tensor
    classes: Tensor
    own: Tensor
    whole: Tensor


class _Points(ctypes.Structure):  # `Points` in kernel_sums.cpp
    _fields_ = [
        *((name, ctypes.c_longlong) for name in ("count", "dimensions")),
        *((name, ctypes.c_void_p) for name in ("points", "weights", "classes", "own", "other")),
        ("cutoff", ctypes.c_double),
    ]


def sums_of(points: Tensor, classes: Tensor) -> Sums:
    r"""Sum exp(−‖z_i − z_j‖²) over the points j of the class of every point i, and over all j.

    Args:
        points: z, shape `(n, dimensions)`, float64, finite.
        classes: Shape `(n,)`, 0 … .

    Returns:
        The sums, with a relative error below 1e-10.
    """
    points, weights = merge(points, torch.nn.functional.one_hot(classes).double())
    cutoff = math.log(float(weights.sum())) + _LOST_NATS
    if points.is_cpu and points.shape[1] <= _NARROW and library.missing() is None:
        return _compiled_sums(points, weights, cutoff)
    sums, weights = kernel_sums(points, weights, cutoff)
    rows, classes = weights.nonzero(as_tuple=True)
    return Sums(weights[rows, classes], classes, sums[rows, classes], sums.sum(dim=1)[rows])


def _compiled_sums(points: Tensor, weights: Tensor, cutoff: float) -> Sums:
    classes, rows = weights.T.nonzero(as_tuple=True)  # in the order of classes
    counts = weights[rows, classes]
    own, other = torch.zeros_like(counts), torch.zeros_like(counts)
    arrays = {
        **{
            "points": points[rows].contiguous(),
            "weights": counts,
            "classes": classes.contiguous(),
        },
        **{"own": own, "other": other},
    }
    pointers = {name: array.data_ptr() for name, array in arrays.items()}
    given = _Points(count=len(rows), dimensions=points.shape[1], cutoff=cutoff, **pointers)
    source = Path(__file__).parent / "kernel_sums.cpp"
    library.load(source, "REAL=double").kernel_sums(ctypes.byref(given))
    return Sums(counts, classes, own, own + other)


def merge(points: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Merge equal points, adding up their weights.

    Args:
        points: Shape `(n, dimensions)`, float64.
        weights: Shape `(n, classes)`, float64.

    Returns:
        Points and weights, shapes `(m, dimensions)` and `(m, classes)`, m ≤ n. Points are sorted
        by a hash; should unlike points share one, some equal points may stay apart, which does no
        harm.
    """
    points = points + 0.0  # −0 becomes 0
    generator = torch.Generator().manual_seed(0)
    factors = torch.randint(2**62, (points.shape[1],), generator=generator).to(points.device)
    bits = points.contiguous().view(torch.int64)
    order = ((bits ^ (bits >> 29)) * (2 * factors + 1)).sum(dim=1).argsort()
    points = points[order]
    starts = torch.ones(len(points), dtype=torch.bool, device=points.device)
    starts[1:] = (points[1:] != points[:-1]).any(dim=1)
    kept = points[starts]
    totals = weights.new_zeros(len(kept), weights.shape[1])
    return kept, totals.index_add_(0, starts.cumsum(0) - 1, weights[order])
