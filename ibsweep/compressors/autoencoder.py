"""Autoencoders, dense and for images: compression that bends."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep import checks, samples
from ibsweep.compressors.base import Compressor
from ibsweep.randomness import Draw
from ibsweep.resources import threads

Kind = Literal["dense", "conv"]
KINDS = ("dense", "conv")

BATCH = 128  # samples of a step
LEARNING_RATE = 5e-3  # of Adam, at most: it rises to that within `RISE` and falls as a cosine
RISE = 0.05  # share of the steps
SQUARED = 0.5  # share of the epochs with squared error, before that is absolute
WIDTH = 128  # of hidden dense layers
CHANNELS = (8, 16, 32)  # of convolutions, each halving the image


class Scale(NamedTuple):
    """Mean of the samples, and one standard deviation for all of them; shapes `(d,)` and `()`."""

    mean: Tensor
    spread: Tensor


def fit(
    x: np.ndarray,
    *,
    dimensions: int,
    kind: Kind = "dense",
    epochs: int = 100,
    input_noise_std: float = 0.0,
    code_noise_std: float = 0.1,
    seed: int = 0,
) -> Compressor:
    """Train a network to give its samples back through few dimensions.

    Adam, batches of 128, mean absolute error; half of the epochs come first with mean squared
    error, since of pictures that are mostly dark a dark one is a minimum of the other. `conv`
    takes each sample for a square image of one channel, in rows: three convolutions halve it, and
    three transposed ones paint it. Sizes and pace were chosen by the error of reconstruction of
    other samples, never by an estimate of information. Noise on the codes makes near codes mean
    near samples: without it they may be bent so finely that neighbours see nothing.

    Args:
        x: Shape `(n, d)`.
        dimensions: Of the codes, ≥ 1.
        kind: Encoder and decoder: `dense` or `conv`.
        epochs: Passes through `x`, ≥ 1.
        input_noise_std: Standard deviation of Gaussian noise on training inputs, times that of the
            samples, ≥ 0.
        code_noise_std: The same on codes in training, times theirs, ≥ 0.
        seed: Of weights, batches and noise, ≥ 0.

    Returns:
        Codes in float64, each number of about unit variance.

    Raises:
        ValueError: If `x` is malformed or a single sample, is no image for `conv`, or an option is
            out of range.

    References:
        Hinton & Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006;
        Butakov et al., 2024, §4. https://arxiv.org/abs/2305.08013

    Example:
        >>> fit(np.eye(8), dimensions=2, epochs=1).encode(np.eye(8)).shape
        (8, 2)
    """
    checks.integer("dimensions", dimensions, minimum=1)
    checks.integer("epochs", epochs, minimum=1)
    checks.real("input_noise_std", input_noise_std, minimum=0)
    checks.real("code_noise_std", code_noise_std, minimum=0)
    points = torch.from_numpy(samples.vectors("x", x)).float()
    if len(points) < 2:
        raise ValueError(f"x must have ≥ 2 rows, got {len(points)}")
    spread = points.std(correction=0)
    scale = Scale(points.mean(dim=0), spread if spread > 0 else torch.ones(()))
    draw = Draw(checks.integer("seed", seed, minimum=0))
    parts = {"dense": _dense_pair, "conv": _conv_pair}[checks.choice("kind", kind, KINDS)]
    layers, decoder = parts(points.shape[1], dimensions, draw)
    encoder = nn.Sequential(layers, Noisy(dimensions, code_noise_std, draw))
    scaled = (points - scale.mean) / scale.spread
    network = nn.Sequential(encoder, decoder)
    with threads(1):
        _train(network, scaled, draw, epochs=epochs, noise_std=input_noise_std)
    return Compressor(
        encode=_numbers(lambda rows: encoder((rows - scale.mean) / scale.spread)),
        decode=_numbers(lambda codes: decoder(codes) * scale.spread + scale.mean),
    )


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


def _dense_pair(size: int, dimensions: int, draw: Draw) -> tuple[nn.Module, nn.Module]:
    return _dense(size, dimensions, draw), _dense(dimensions, size, draw)


def _conv_pair(size: int, dimensions: int, draw: Draw) -> tuple[nn.Module, nn.Module]:
    side = math.isqrt(size)
    if side**2 != size:
        raise ValueError(f"x must be square images of one channel for conv, got {size} pixels")
    sides = [side]  # 28, 14, 7, 4
    for _ in CHANNELS:
        sides.append((sides[-1] + 1) // 2)
    coded = (CHANNELS[-1], sides[-1], sides[-1])
    encoder: list[nn.Module] = [nn.Unflatten(1, (1, side, side))]
    decoder: list[nn.Module] = []
    for held, given, wide, narrow in zip(
        (1, *CHANNELS), CHANNELS, sides[:-1], sides[1:], strict=False
    ):
        odd = wide - (2 * narrow - 1)
        encoder += [draw.layer(nn.Conv2d, held, given, 3, stride=2, padding=1), nn.SiLU()]
        decoder = [
            draw.layer(
                nn.ConvTranspose2d, given, held, 3, stride=2, padding=1, output_padding=odd
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


def _train(
    network: nn.Module, points: Tensor, draw: Draw, *, epochs: int, noise_std: float
) -> None:
    optimizer = torch.optim.Adam(network.parameters())
    steps = epochs * math.ceil(len(points) / BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=steps + 1, pct_start=RISE, cycle_momentum=False
    )
    for epoch in range(epochs):
        loss = nn.functional.mse_loss if epoch < SQUARED * epochs else nn.functional.l1_loss
        for rows in draw.permutation(len(points)).tensor_split(steps // epochs):
            clean = points[rows]
            noisy = clean + noise_std * draw.normal(clean.shape)
            optimizer.zero_grad()
            loss(network(noisy), clean).backward()
            optimizer.step()
            pace.step()
    network.eval()


def _numbers(function: Callable[[Tensor], Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    def call(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return function(torch.from_numpy(np.asarray(rows, dtype=np.float32))).double().numpy()

    return call
