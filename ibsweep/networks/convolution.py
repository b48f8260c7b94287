"""Convolution and max-pooling of many networks at once, with samples on the last axis.

One matrix product computes all pixels of some rows of one member's maps; what it multiplies is
gathered in pieces that stay in the processor's cache, and pooled before the next piece. Everything
else is done for all members at once, element by element. `tests/benchmarks/convolutions.py` sets
the time beside that of torch's own layers.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ibsweep.networks.weights import ALIGNMENT, padded

_NUMBERS_AT_ONCE = 2**19  # gathered on a CPU: more leaves its caches, less costs calls
_NUMBERS_AT_ONCE_ELSEWHERE = 2**26


def convolve(inputs: Tensor, weight: Tensor, bias: Tensor, *, padding: int, pool: int) -> Tensor:
    """Convolve images of every member with its own kernels, then take each square's greatest.

    A square whose greatest value occurs twice passes its gradient to the first, row by row.

    Args:
        inputs: Images, shape `(members, channels, height, width, samples)`; a stride of 0 over
            members is welcome.
        weight: Kernels, shape `(members, channels out, channels, kernel, kernel)`.
        bias: What is added, shape `(members, channels out)`.
        padding: Zeros around the image in pixels.
        pool: Height and width of the squares in pixels; what is left over at the far edges is
            dropped.

    Returns:
        Pooled maps, shape `(members, channels out, height // pool, width // pool, samples)` with
        the maps' height and width.

    Example:
        >>> images = torch.arange(16.0).view(1, 1, 4, 4, 1)
        >>> kernels, bias = torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1)
        >>> convolve(images, kernels, bias, padding=0, pool=2).flatten()
        tensor([ 5.,  7., 13., 15.])
    """
    edged = functional.pad(inputs, (0, 0, *(padding,) * 4)) if padding else inputs
    maps: Tensor = _Convolution.apply(edged, weight, bias, pool)
    return maps


class _Piece(NamedTuple):
    """A part of the pooled maps."""

    members: slice
    rows: slice
    samples: slice

    def of(self, pooled: Tensor) -> Tensor:
        """Return it, of an array of the pooled maps' shape."""
        return pooled[self.members, :, self.rows, :, self.samples]


@dataclass(frozen=True)
class _Pieces:
    """How the maps are cut into pieces: by samples, if these fit by rows, then by members.

    What of a member is in a piece depends on its own sizes alone, and so do its sums.
    """

    members: int
    channels: int
    rows: int
    width: int
    kernel: int
    pool: int
    samples: int
    limit: int

    @classmethod
    def of(cls, inputs: Tensor, weight: Tensor, pool: int) -> "_Pieces":
        members, channels, height, width, samples = inputs.shape
        kernel = weight.shape[-1]
        rows, columns = ((side - kernel + 1) // pool for side in (height, width))
        on_cpu = inputs.device.type == "cpu"
        limit = _NUMBERS_AT_ONCE if on_cpu else _NUMBERS_AT_ONCE_ELSEWHERE
        return cls(members, channels, rows, columns * pool, kernel, pool, samples, limit)

    def __iter__(self) -> Iterator[_Piece]:
        """Yield pieces that together are all maps of all members."""
        least = self.channels * self.kernel**2 * self.pool * self.width * ALIGNMENT
        samples = min(max(self.limit // least, 1) * ALIGNMENT, self.samples)
        row = least * samples // ALIGNMENT
        rows = min(max(self.limit // row, 1), self.rows)
        whole = (rows, samples) == (self.rows, self.samples)
        members = max(self.limit // (row * rows), 1) if whole else 1
        yield from itertools.starmap(
            _Piece,
            itertools.product(
                _cut(self.members, members), _cut(self.rows, rows), _cut(self.samples, samples)
            ),
        )

    def gather(self, inputs: Tensor, piece: _Piece) -> Tensor:
        """Return what the kernels see, shape `(members, channels · kernel², pixels · samples)`."""
        windows = self._windows(inputs, piece)
        return windows.permute(0, 1, 5, 6, 2, 3, 4).flatten(1, 3).flatten(2)

    def scatter(self, gathered: Tensor, inputs: Tensor, piece: _Piece) -> None:
        """Add to each pixel what its places in `gathered` hold: the transpose of `gather`."""
        windows = self._windows(inputs, piece)
        shape = *windows.shape[:2], *windows.shape[5:], *windows.shape[2:5]
        places = gathered.view(shape)
        for i, j in itertools.product(range(self.kernel), repeat=2):
            windows[..., i, j] += places[:, :, i, j]

    def _windows(self, inputs: Tensor, piece: _Piece) -> Tensor:
        """View inputs as `(members, channels, rows, columns, samples, kernel, kernel)`."""
        edge = self.kernel - 1
        rows = slice(piece.rows.start * self.pool, piece.rows.stop * self.pool + edge)
        seen = inputs[piece.members, :, rows, : self.width + edge, piece.samples]
        return seen.unfold(2, self.kernel, 1).unfold(3, self.kernel, 1)

    def squares(self, maps: Tensor, piece: _Piece) -> list[Tensor]:
        """Return each square's first value, its second and so on, of a piece's maps."""
        rows = (piece.rows.stop - piece.rows.start) * self.pool
        shape = *maps.shape[:2], rows, self.width, -1
        images, step = maps.view(shape), self.pool
        return [images[:, :, i::step, j::step] for i in range(step) for j in range(step)]


class _Convolution(torch.autograd.Function):
    """Without a member's company in any sum: one product a member."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        inputs: Tensor,
        weight: Tensor,
        bias: Tensor,
        pool: int,
    ) -> Tensor:
        pieces = _Pieces.of(inputs, weight, pool)
        shape = *weight.shape[:2], pieces.rows, pieces.width // pool, pieces.samples
        pooled = inputs.new_empty(shape)
        later = pool**2 - 1 if any(ctx.needs_input_grad) else 0
        wins = inputs.new_empty(later, *shape)  # 1 where a later value is the greatest yet
        for piece in pieces:
            kernels = weight[piece.members].flatten(2)
            maps = _products(kernels, pieces.gather(inputs, piece))
            first, *others = pieces.squares(maps, piece)
            best = piece.of(pooled)
            best.copy_(first)
            for value, won in itertools.zip_longest(others, wins):
                if won is not None:
                    torch.gt(value, best, out=piece.of(won))
                torch.maximum(best, value, out=best)
            best.add_(bias[piece.members, :, None, None, None])
        ctx.save_for_backward(inputs, weight, wins)
        ctx.pieces = pieces
        return pooled

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:  # noqa: ANN401
        inputs, weight, wins = ctx.saved_tensors
        pieces: _Pieces = ctx.pieces
        of_inputs = inputs.new_zeros(inputs.shape) if ctx.needs_input_grad[0] else None
        of_weight = _aligned_zeros(weight)
        for piece in pieces:
            maps = _unpool(piece.of(gradients[0]), [piece.of(won) for won in wins], pieces, piece)
            kernels, seen = weight[piece.members].flatten(2), pieces.gather(inputs, piece)
            sums = of_weight[piece.members].flatten(2)
            for total, one, other in zip(sums, maps, seen, strict=True):
                total.addmm_(one, other.T)
            if of_inputs is not None:
                pieces.scatter(_products(kernels.mT, maps), of_inputs, piece)
        return of_inputs, of_weight, gradients[0].sum((2, 3, 4)), None


def _cut(total: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def _products(left: Tensor, right: Tensor) -> Tensor:
    """Multiply matrices, one pair a member: a batched product takes other paths for few."""
    result = right.new_empty(len(left), left.shape[1], right.shape[2])
    for one, other, out in zip(left, right, result, strict=True):
        torch.mm(one, other, out=out)
    return result


def _unpool(gradient: Tensor, wins: Sequence[Tensor], pieces: _Pieces, piece: _Piece) -> Tensor:
    """Give each square's gradient to the value that won, shape `(members, channels, …)`."""
    members, channels = gradient.shape[:2]
    maps = gradient.new_empty(members, channels, gradient[0, 0].numel() * pieces.pool**2)
    first, *others = pieces.squares(maps, piece)
    rest = gradient
    for value, won in zip(reversed(others), reversed(wins), strict=True):
        torch.mul(rest, won, out=value)
        rest = rest - value
    first.copy_(rest)
    return maps


def _aligned_zeros(weight: Tensor) -> Tensor:
    """Return zeros of its shape, each member's aligned as in `ibsweep.networks.weights`."""
    numbers = weight[0].numel()
    rows = weight.new_zeros(len(weight), padded(numbers))
    return rows[:, :numbers].unflatten(1, weight.shape[1:])
