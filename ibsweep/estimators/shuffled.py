"""Information against shuffled pairs: two entropies of one dimension, whose biases cancel.

The general-purpose choice. h(X) + h(Y) − h(X,Y) takes differently biased estimates from each
other: of the joint vector, which has more dimensions, neighbours are farther away and boundaries
are nearer. Shuffled pairs have h(X) + h(Y) as their joint entropy, and the same dimensions.
"""

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ibsweep import checks, samples
from ibsweep.estimators import kl
from ibsweep.estimators.entropic import contributions, estimate
from ibsweep.estimators.shared.margins import COARSE, FINE, most_informative, normal_scores
from ibsweep.estimators.shared.whitening import whiten
from ibsweep.types import Estimate

Margins = Literal["given", "chosen"]

FEW = 64  # samples, of which fewer do not tell what their margins are


def mutual_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    neighbours: int = 5,
    shuffles: int = 2,
    margins: Margins = "given",
    seed: int = 0,
) -> Estimate:
    r"""Information as the entropy of shuffled pairs less that of the pairs.

    Î = (1/R) Σ_r ĥ(X, Y_π_r) − ĥ(X, Y), both `kl.entropy` in coordinates of unit covariance, π_r
    random permutations. For independent X and Y the mean of Î is exactly 0, for any n and
    distribution, since then pairs and shuffled pairs are alike. For jointly Gaussian vectors both
    are the same up to a linear map in those coordinates, so that the bias cancels at any I.

    Structure that is curved where neighbours should find it flat reads as less information, and a
    map of each coordinate by itself can straighten it without changing any. So `chosen` takes x
    and y as they are unless their `margins.normal_scores` tell more, by more than 3 standard
    errors of the difference: without information that hardly ever happens.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        neighbours: As for `kl.entropy`.
        shuffles: R, ≥ 1; the error falls a little with it, time grows.
        margins: `given`: as they are; `chosen` (as in conf/estimator): see above, in three times
            the time.
        seed: Of the permutations, ≥ 0. They also depend on x, so that rows have no order.

    Returns:
        Bits; exactly 0 if `x` or `y` is constant; ∞ if the pairs span fewer directions than x and
        y do. Diagnostics: `bias`, what was removed from h(X) + h(Y) − h(X,Y); `scores`, 0 for x
        and y as they are, 1 for coarse and 2 for fine normal scores; those of `samples.Pair`;
        `negative`.

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Kozachenko & Leonenko, 1987, and Butakov et al., 2024 (https://arxiv.org/abs/2305.08013)
        for the entropies; Panzeri, Senatore, Montemurro & Petersen, Correcting for the sampling
        bias problem in spike train information measures, 2007, for shuffling against bias.

    Example:
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 2000))
        >>> abs(mutual_information(x, x + noise).value - 0.5) < 0.1
        True
    """
    checks.integer("neighbours", neighbours, minimum=1)
    checks.integer("shuffles", shuffles, minimum=1)
    checks.integer("seed", seed, minimum=0)
    checks.choice("margins", margins, ("given", "chosen"))
    entropy = partial(kl.entropy, neighbours=neighbours)
    first, second, diagnostics = samples.pairs(x, y)
    if not first.shape[1] or not second.shape[1]:
        return estimate(np.zeros(len(first)), **diagnostics, bias=0.0, scores=0.0, negative=0.0)
    order = _order(first)
    measure = partial(_against_shuffled, entropy=entropy, shuffles=shuffles, seed=seed)
    readings = [measure(first[order], second[order])]
    if margins == "chosen" and len(order) >= FEW and np.isfinite(readings[0].value):
        readings += [
            measure(normal_scores(first, levels)[order], normal_scores(second, levels)[order])
            for levels in (COARSE, FINE)
        ]
    taken = most_informative(readings)
    pointwise = np.empty(len(order))
    pointwise[order] = contributions(readings[taken])
    choice = {"scores": float(taken), "negative": float(readings[taken].value < 0)}
    return readings[taken]._replace(
        diagnostics={**diagnostics, **readings[taken].diagnostics, **choice}, pointwise=pointwise
    )


def _against_shuffled(
    x: np.ndarray, y: np.ndarray, *, entropy: partial, shuffles: int, seed: int
) -> Estimate:
    alone = contributions(entropy(x)), contributions(entropy(y))
    terms = alone[0] + alone[1] - contributions(entropy(np.hstack([x, y])))
    if np.isinf(terms).any():
        return estimate(np.full(len(x), np.inf))
    generator, excess = np.random.default_rng(seed), []
    for _ in range(shuffles):
        other = generator.permutation(len(y))
        whole = contributions(entropy(np.hstack([x, y[other]])))
        excess.append(alone[0] + alone[1][other] - whole)
    corrected = _corrected(terms, np.stack(excess))
    return corrected._replace(diagnostics={"bias": float(np.mean(excess))})


def _order(points: np.ndarray) -> np.ndarray:
    """Order the samples by their distance from the centre, which no linear map changes."""
    return np.argsort((whiten(points).points ** 2).sum(axis=1), kind="stable")


def _corrected(terms: np.ndarray, excess: np.ndarray) -> Estimate:
    """Take the excess of shuffled samples, shape `(shuffles, n)`, from the terms, as a constant.

    The error is that of both.
    """
    corrected = estimate(terms - excess.mean())
    spread = excess.std() / np.sqrt(excess.size)
    return corrected._replace(error=float(np.hypot(corrected.error, spread)))
