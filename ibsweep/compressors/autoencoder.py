"""Autoencoders, dense and for images: compression that bends."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.compressors.base import Compressor
from ibsweep.estimators import samples
from ibsweep.threads import threads

Kind = Literal["dense", "conv"]

BATCH = 256  # samples of a step
LEARNING_RATE = 1e-3  # of Adam, at most: it rises to that within `RISE` and falls as a cosine
RISE = 0.05  # share of the steps
SQUARED = 0.5  # share of the epochs with squared error, before that is absolute
WIDTH = 128  # of hidden dense layers
CHANNELS = (8, 16)  # of convolutions, each halving the image


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
    seed: int = 0,
) -> Compressor:
    """Train a network to give its samples back through few dimensions.

    Adam, batches of 256, mean absolute error; half of the epochs come first with mean squared
    error, since of pictures that are mostly dark a dark one is a minimum of the other. `conv`
    takes each sample for a square image of one channel, in rows, its side a multiple of 4; the
    decoder is dense with both.

    Args:
        x: Shape `(n, d)`.
        dimensions: Of the codes, ≥ 1.
        kind: Encoder: `dense` or `conv`.
        epochs: Passes through `x`, ≥ 1.
        input_noise_std: Standard deviation of Gaussian noise on training inputs, times that of the
            samples, ≥ 0.
        seed: Of weights, batches and noise, ≥ 0.

    Returns:
        Codes in float64.

    Raises:
        ValueError: If `x` is malformed, is no image for `conv`, or an option is out of range.

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
    points = torch.from_numpy(samples.vectors("x", x)).float()
    spread = points.std(correction=0)
    scale = Scale(points.mean(dim=0), spread if spread > 0 else torch.ones(()))
    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(checks.integer("seed", seed, minimum=0))
        encoder = _encoder(checks.choice("kind", kind, ("dense", "conv")), x.shape[1], dimensions)
        decoder = _dense(dimensions, x.shape[1])
        scaled = (points - scale.mean) / scale.spread
        _train(nn.Sequential(encoder, decoder), scaled, epochs=epochs, noise_std=input_noise_std)
    return Compressor(
        encode=_numbers(lambda rows: encoder((rows - scale.mean) / scale.spread)),
        decode=_numbers(lambda codes: decoder(codes) * scale.spread + scale.mean),
    )


def _encoder(kind: str, size: int, dimensions: int) -> nn.Module:
    if kind == "dense":
        return _dense(size, dimensions)
    side = math.isqrt(size)
    if side**2 != size or side % 4:
        raise ValueError(f"x must be square images of a side 4, 8, 12, …, got {size} pixels")
    layers: list[nn.Module] = [nn.Unflatten(1, (1, side, side))]
    for held, given in zip((1, *CHANNELS), CHANNELS, strict=False):
        layers += [nn.Conv2d(held, given, 3, stride=2, padding=1), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers, nn.Flatten(), _dense(CHANNELS[-1] * size // 16, dimensions))


def _dense(size: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        *(nn.Linear(size, WIDTH), nn.LeakyReLU(0.1)),
        *(nn.Linear(WIDTH, WIDTH), nn.LeakyReLU(0.1)),
        nn.Linear(WIDTH, outputs),
    )


def _train(network: nn.Module, points: Tensor, *, epochs: int, noise_std: float) -> None:
    optimizer = torch.optim.Adam(network.parameters())
    steps = epochs * math.ceil(len(points) / BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=steps + 1, pct_start=RISE, cycle_momentum=False
    )
    for epoch in range(epochs):
        loss = nn.functional.mse_loss if epoch < SQUARED * epochs else nn.functional.l1_loss
        for rows in torch.randperm(len(points)).split(BATCH):
            clean = points[rows]
            noisy = clean + noise_std * torch.randn(clean.shape)
            optimizer.zero_grad()
            loss(network(noisy), clean).backward()
            optimizer.step()
            pace.step()


def _numbers(function: Callable[[Tensor], Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    def call(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return function(torch.from_numpy(np.asarray(rows, dtype=np.float32))).double().numpy()

    return call
