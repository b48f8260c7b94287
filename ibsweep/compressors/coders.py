"""The networks of autoencoders: dense, or of convolutions for images."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.randomness import Draw

Kind = Literal["dense", "conv"]
KINDS = ("dense", "conv")

WIDTH = 128  # of hidden dense layers
CHANNELS = {1: (8, 16, 32), 3: (16, 32, 64)}  # of convolutions, each halving the image; by colours


class Scale(NamedTuple):
    """Mean of the samples, and one standard deviation for all of them; shapes `(d,)` and `()`."""

    mean: Tensor
    spread: Tensor

    @classmethod
    def of(cls, points: Tensor) -> "Scale":
        """Measure samples, shape `(n, d)`; those that do not vary have the deviation 1."""
        spread = points.std(correction=0)
        return cls(points.mean(dim=0), spread if spread > 0 else torch.ones(()))

    def scaled(self, points: Tensor) -> Tensor:
        """Bring samples to mean 0 and this one deviation."""
        return (points - self.mean) / self.spread

    def restored(self, points: Tensor) -> Tensor:
        """Undo `scaled`."""
        return points * self.spread + self.mean


class Noisy(nn.Module):
    """Codes brought to unit variance; in training, with noise."""

    def __init__(self, dimensions: int, std: float, draw: Draw) -> None:
        super().__init__()
        self.scale, self.std = nn.BatchNorm1d(dimensions, affine=False), std
        self.draw = draw

    def forward(self, codes: Tensor) -> Tensor:
        """Return codes, shape `(n, dimensions)`."""
        scaled: Tensor = self.scale(codes)
        return scaled + self.std * self.draw.normal(scaled.shape) if self.training else scaled


def coders(kind: Kind, size: int, dimensions: int, draw: Draw) -> tuple[nn.Module, nn.Module]:
    """Return an encoder of `size` numbers to `dimensions`, and a decoder back.

    Args:
        kind: `dense`, or `conv`, which takes a sample for a square image of one channel, or three,
            one after the other in rows: three convolutions halve it each, and three transposed
            ones undo that.
        size: Of a sample.
        dimensions: Of a code.
        draw: Gives the initial weights.

    Raises:
        ValueError: If `kind` is another, or `size` is no square, nor three squares, for `conv`.
    """
    parts = {"dense": _dense_pair, "conv": _conv_pair}[checks.choice("kind", kind, KINDS)]
    return parts(size, dimensions, draw)


def numbers(function: Callable[[Tensor], Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    """Make a function of float32 tensors one of float64 arrays, without gradients."""

    def call(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return function(torch.from_numpy(np.asarray(rows, dtype=np.float32))).double().numpy()

    return call


def _dense_pair(size: int, dimensions: int, draw: Draw) -> tuple[nn.Module, nn.Module]:
    return _dense(size, dimensions, draw), _dense(dimensions, size, draw)


def _conv_pair(size: int, dimensions: int, draw: Draw) -> tuple[nn.Module, nn.Module]:
    fits = [colours for colours in CHANNELS if colours * math.isqrt(size // colours) ** 2 == size]
    if not fits:
        rule = "x must be square images of one channel for conv, or of three"
        raise ValueError(f"{rule}, got {size} pixels")
    channels, side = CHANNELS[fits[0]], math.isqrt(size // fits[0])
    sides = [side]  # 28, 14, 7, 4
    for _ in channels:
        sides.append((sides[-1] + 1) // 2)
    coded = (channels[-1], sides[-1], sides[-1])
    encoder: list[nn.Module] = [nn.Unflatten(1, (fits[0], side, side))]
    decoder: list[nn.Module] = []
    for fewer, more, wide, narrow in zip(
        (fits[0], *channels), channels, sides[:-1], sides[1:], strict=False
    ):
        odd = wide - (2 * narrow - 1)
        encoder += [draw.layer(nn.Conv2d, fewer, more, 3, stride=2, padding=1), nn.SiLU()]
        decoder = [
            draw.layer(
                nn.ConvTranspose2d, more, fewer, 3, stride=2, padding=1, output_padding=odd
            ),
            nn.SiLU(),
            *decoder,
        ]
    unfold = [_dense(dimensions, math.prod(coded), draw), nn.SiLU(), nn.Unflatten(1, coded)]
    return (
        nn.Sequential(*encoder, nn.Flatten(), _dense(math.prod(coded), dimensions, draw)),
        nn.Sequential(*unfold, *decoder[:-1], nn.Flatten()),
    )


def _dense(size: int, outputs: int, draw: Draw) -> nn.Module:
    return nn.Sequential(
        *(draw.layer(nn.Linear, size, WIDTH), nn.SiLU()),
        *(draw.layer(nn.Linear, WIDTH, WIDTH), nn.SiLU()),
        draw.layer(nn.Linear, WIDTH, outputs),
    )
