"""Autoencoders, dense and for images: compression that bends."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep import checks, samples
from ibsweep.compressors.base import Compressor
from ibsweep.compressors.coders import Kind, Noisy, Scale, coders, numbers
from ibsweep.randomness import Draw
from ibsweep.resources import threads

BATCH = 128  # samples of a step
LEARNING_RATE = 5e-3  # of Adam, at most: it rises to that within `RISE` and falls as a cosine
RISE = 0.05  # share of the steps
SQUARED = 0.5  # share of the epochs with squared error, before that is absolute


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
    scale = Scale.of(points)
    draw = Draw(checks.integer("seed", seed, minimum=0))
    layers, decoder = coders(kind, points.shape[1], dimensions, draw)
    encoder = nn.Sequential(layers, Noisy(dimensions, code_noise_std, draw))
    network = nn.Sequential(encoder, decoder)
    with threads(1):
        _train(network, scale.scaled(points), draw, epochs=epochs, noise_std=input_noise_std)
    return Compressor(
        encode=numbers(lambda rows: encoder(scale.scaled(rows))),
        decode=numbers(lambda codes: scale.restored(decoder(codes))),
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
