"""Codes of two vectors that are learnt together, so that each tells the other."""

from functools import partial

import numpy as np
import torch

from ibsweep import checks, samples
from ibsweep.compressors.base import Compressor
from ibsweep.compressors.canonical import Affine, canonical
from ibsweep.compressors.coders import Kind, numbers
from ibsweep.compressors.coupled import Both, Samples, Side, train
from ibsweep.randomness import Draw
from ibsweep.resources import threads

HELD_OUT = 0.2  # share of the samples for validation, and for the canonical variates of the codes
FEWEST = 10  # samples to learn from


def fit(
    x: np.ndarray,
    *,
    other: np.ndarray,
    dimensions: int,
    kind: Kind = "dense",
    prediction: float = 0.3,
    epochs: int = 80,
    patience: int = 20,
    code_noise_std: float = 0.05,
    seed: int = 0,
) -> tuple[Compressor, Compressor]:
    r"""Train codes of x and of y with which x and y are restored, and which tell each other.

    Two autoencoders, whose codes u(x) and v(y) are also to tell a sample's partner from those of
    the other samples in the batch: the loss is the sum of both mean squared errors, less
    `prediction` times the bound of van den Oord et al. with scores
    :math:`-s\,\lVert u(x) - v(y)\rVert^2`, s learnt. So codes of a pair are
    near each other, in whichever way one vector depends on the other; and what is restored keeps
    them smooth. A fifth of the samples does not train: where that bound is best for these,
    training stops. They also turn the codes to their canonical variates (`canonical.canonical`),
    of which those that predict nothing are dropped: few numbers are left where few are shared,
    one if none is.

    Estimate information with samples from which the codes did not learn. Then codes that have
    learnt by heart add none (data processing), and independent x and y read 0.

    Args:
        x: Shape `(n, d_x)`.
        other: The samples of y, shape `(n, d_y)`, row by row.
        dimensions: Of the codes, at most, ≥ 1.
        kind: Of the networks: `dense`, or `conv` for square images of one channel.
        prediction: Weight of the bound, beside that of both errors, > 0: more of it finds what is
            shared though other directions vary more; less keeps codes smoother.
        epochs: Passes through the samples, at most, ≥ 1.
        patience: Passes without progress after which training stops, ≥ 1.
        code_noise_std: Standard deviation of Gaussian noise on codes in training, times theirs,
            ≥ 0.
        seed: Of weights, batches and noise, ≥ 0.

    Returns:
        The compressor of x and that of y; codes in float64, equally many numbers, each of about
        unit variance.

    Raises:
        ValueError: If `x` or `other` is malformed, they are of unequal length or fewer than 10
            rows, one is no image for `conv`, or an option is out of range.

    References:
        Gowri et al., Approximating mutual information of high-dimensional variables using learned
        representations, 2024 (https://arxiv.org/abs/2409.02732), which predicts the other vector
        itself, or its code; van den Oord et al., Representation learning with contrastive
        predictive coding, 2018. https://arxiv.org/abs/1807.03748

    Example:
        >>> x = np.random.default_rng(0).normal(size=(99, 8))
        >>> of_x, of_y = fit(x, other=x[:, :4], dimensions=2, epochs=1)
        >>> of_x.encode(x).shape == of_y.encode(x[:, :4]).shape
        True
    """
    checks.integer("dimensions", dimensions, minimum=1)
    checks.real("prediction", prediction, above=0)
    checks.integer("epochs", epochs, minimum=1)
    checks.integer("patience", patience, minimum=1)
    checks.real("code_noise_std", code_noise_std, minimum=0)
    pairs = _pairs(x, other)
    draw = Draw(checks.integer("seed", seed, minimum=0))
    make = partial(Side, dimensions=dimensions, kind=kind, noise_std=code_noise_std, draw=draw)
    both = Both(make(pairs.x), make(pairs.y))
    order = draw.permutation(len(pairs.x))
    validation = pairs.rows(order[: int(HELD_OUT * len(order))])
    with threads(1):
        left = pairs.rows(order[len(validation.x) :])
        limits = {"epochs": epochs, "patience": patience}
        train(both, left, validation, draw, prediction=prediction, **limits)
        turns = canonical(
            numbers(both.x.codes)(validation.x.numpy()),
            numbers(both.y.codes)(validation.y.numpy()),
        )
    return _compressor(both.x, turns[0]), _compressor(both.y, turns[1])


def _pairs(x: np.ndarray, other: np.ndarray) -> Samples:
    points = [
        torch.from_numpy(samples.vectors(name, values)).float()
        for name, values in (("x", x), ("other", other))
    ]
    if len(points[0]) != len(points[1]):
        raise ValueError(f"other must have {len(points[0])} rows as x, got {len(points[1])}")
    if len(points[0]) < FEWEST:
        raise ValueError(f"x must have ≥ {FEWEST} rows, got {len(points[0])}")
    return Samples(*points)


def _compressor(side: Side, turn: Affine) -> Compressor:
    encode, decode = numbers(side.codes), numbers(side.restored)
    return Compressor(
        encode=lambda rows: turn.forth(encode(rows)),
        decode=lambda codes: decode(turn.back(codes)),
    )
