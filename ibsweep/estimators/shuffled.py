"""Information against shuffled pairs: two entropies of one dimension, whose biases cancel.

The general-purpose choice. h(X) + h(Y) − h(X,Y) takes differently biased estimates from each
other: of the joint vector, which has more dimensions, neighbours are farther away and boundaries
are nearer. Shuffled pairs have h(X) + h(Y) as their joint entropy, and the same dimensions.
"""

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ibsweep import checks
from ibsweep.estimators import kl, samples
from ibsweep.estimators.entropic import contributions, estimate, label_estimate
from ibsweep.estimators.margins import COARSE, FINE, most_informative, normal_scores
from ibsweep.estimators.whitening import LEAST, whiten
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
        and y as they are, 1 for coarse and 2 for fine normal scores; `rank_x`, `rank_y`, `ties`,
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
    entropy, _ = _options(neighbours, shuffles, seed)
    checks.choice("margins", margins, ("given", "chosen"))
    first, second, held = samples.pairs(x, y)
    if not first.shape[1] or not second.shape[1]:
        return estimate(np.zeros(len(first)), **held, bias=0.0, scores=0.0, negative=0.0)
    order = _order(first)
    measure = partial(_against_shuffled, entropy=entropy, shuffles=shuffles, seed=seed)
    found = [measure(first[order], second[order])]
    if margins == "chosen" and len(order) >= FEW and np.isfinite(found[0].value):
        found += [
            measure(normal_scores(first, levels)[order], normal_scores(second, levels)[order])
            for levels in (COARSE, FINE)
        ]
    taken = most_informative(found)
    pointwise = np.empty(len(order))
    pointwise[order] = contributions(found[taken])
    told = {"scores": float(taken), "negative": float(found[taken].value < 0)}
    return found[taken]._replace(
        diagnostics={**held, **found[taken].diagnostics, **told}, pointwise=pointwise
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
    found = _corrected(terms, np.stack(excess))
    return found._replace(diagnostics={"bias": float(np.mean(excess))})


def label_information(
    x: ArrayLike, labels: ArrayLike, *, neighbours: int = 5, shuffles: int = 2, seed: int = 0
) -> Estimate:
    """Information as the mean entropy of shuffled classes less that of the classes.

    Î = Σ_y p(y) [(1/R) Σ_r ĥ(X|y_π_r) − ĥ(X|y)]. Each class is measured in coordinates of unit
    covariance of its own and of unit mean covariance within classes; the smaller entropy counts,
    since structure that is too fine for the neighbours makes them err upwards.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer; two samples of each class or more.
        neighbours: As for `kl.entropy`.
        shuffles: R, ≥ 1.
        seed: Of the permutations, ≥ 0.

    Returns:
        Bits; 0 if `x` is constant or there is one class. Diagnostics as in
        `entropic.label_information`, and `bias`.

    Raises:
        ValueError: If an argument is malformed, or a class has one sample.

    References:
        As for `mutual_information`.
    """
    entropy, generator = _options(neighbours, shuffles, seed)
    points = samples.dithered(samples.on_support("x", x), seed=0)
    numbers, sizes = samples.classes(labels, samples=len(points))
    if not points.shape[1]:
        return label_estimate(np.zeros(len(points)), sizes, rank_x=0.0, bias=0.0)
    order = _order(points)
    points, numbers = _within(points, numbers)[order], numbers[order]
    whole = contributions(entropy(points, whiten=False))
    terms = whole - _classwise(entropy, points, numbers)
    shuffled = [generator.permutation(numbers) for _ in range(shuffles)]
    excess = np.stack([whole - _classwise(entropy, points, other) for other in shuffled])
    found = _corrected(terms, excess)
    pointwise = np.empty(len(points))
    pointwise[order] = contributions(found)
    held = {"rank_x": float(points.shape[1]), "bias": float(excess.mean())}
    limits = label_estimate(pointwise, sizes, **held)
    return Estimate(found.value, found.error, limits.diagnostics, pointwise)


def _options(neighbours: int, shuffles: int, seed: int) -> tuple[partial, np.random.Generator]:
    checks.integer("neighbours", neighbours, minimum=1)
    checks.integer("shuffles", shuffles, minimum=1)
    checks.integer("seed", seed, minimum=0)
    return partial(kl.entropy, neighbours=neighbours), np.random.default_rng(seed)


def _order(points: np.ndarray) -> np.ndarray:
    """Order the samples by their distance from the centre, which no linear map changes."""
    return np.argsort((whiten(points).points ** 2).sum(axis=1), kind="stable")


def _within(points: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Bring samples to unit mean covariance within classes, if those vary in all directions."""
    means = np.stack(
        [points[numbers == number].mean(axis=0) for number in range(numbers.max() + 1)]
    )
    _, singular, axes = np.linalg.svd(points - means[numbers], full_matrices=False)
    if len(singular) < points.shape[1] or singular[-1] <= LEAST * singular[0]:
        return points
    return points @ (axes.T / singular) * np.sqrt(len(points))


def _classwise(entropy: partial, points: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    terms = np.empty(len(points))
    for number in range(numbers.max() + 1):
        members = numbers == number
        found = [entropy(points[members], whiten=whiten) for whiten in (True, False)]
        finite = [one for one in found if np.isfinite(one.value)]  # its own, if large enough
        terms[members] = contributions(min(finite, key=lambda one: one.value))
    return terms


def _corrected(terms: np.ndarray, excess: np.ndarray) -> Estimate:
    """Take the excess of shuffled samples, shape `(shuffles, n)`, from the terms, as a constant.

    The error is that of both.
    """
    found = estimate(terms - excess.mean())
    spread = excess.std() / np.sqrt(excess.size)
    return found._replace(error=float(np.hypot(found.error, spread)))
