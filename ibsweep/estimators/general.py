"""Information between any two continuous vectors by one rule: the general-purpose choice."""

import numpy as np
from numpy.typing import ArrayLike

from ibsweep import checks, samples
from ibsweep.estimators import posterior
from ibsweep.estimators.entropic import contributions, estimate
from ibsweep.estimators.shared import canonical, tails
from ibsweep.estimators.shared.atoms import patterns
from ibsweep.estimators.shared.coordinates import Result, all_coordinates, few_coordinates
from ibsweep.estimators.shared.dimension import intrinsic
from ibsweep.estimators.shared.frequencies import class_contributions
from ibsweep.estimators.shared.margins import SURE
from ibsweep.estimators.shared.shuffling import Shuffling
from ibsweep.estimators.shared.whitening import white
from ibsweep.types import Estimate

FEW = 64  # samples, of which fewer do not tell what to do with them
NARROW, WIDE = 6, 10  # dimensions up to which neighbours see everything; beyond which, too little


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, neighbours: int = 5, shuffles: int = 2, seed: int = 0
) -> Estimate:
    r"""Estimate the information between two continuous vectors, whatever they are like.

    Neighbour entropies of shuffled pairs less those of pairs (`shared.shuffling`), in coordinates
    that the samples alone decide on:

    1. *Atoms.* Where a column holds a value again and again beside a density (zeros of a ReLU),
       let A and B say which columns of x and y are at an atom. Then
       I(X;Y) = I(A;B) + I(A;Y|B) + I(X;B|A) + I(X;Y|A,B): counts, `posterior.label_information`
       twice, and what follows for the samples of each a and b.
    2. *Tails.* Columns with tails heavier than a normal vector's are mapped by asinh of the
       distance from the median in interquartile ranges (`shared.tails`).
    3. *Dimension.* Distances to neighbours count as many times as the supports of X and of Y have
       dimensions together, not as they have columns (`shared.dimension`).
    4. *All coordinates*, if the supports have at most 10 dimensions: as they are, drawn in by
       radius where tails are heavy and the relation is linear, or as normal scores, where that
       surely tells more.
    5. *Few coordinates*: the canonical pairs of linear features, or of radial or quadratic ones
       where those surely tell more (`shared.canonical`). That is the estimate beyond 10
       dimensions; from 7 to 10, unless all coordinates surely tell more; up to 6, where it surely
       tells more than they do. Surely is by more than 3 standard errors.

    It assumes independent samples, and structure that neighbours or such features can resolve. It
    reads too little where more than 10 dimensions depend on each other in another way, and where
    information on a bent support exceeds what neighbours can tell apart (some ln n nats).

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.
        neighbours: k, ≥ 1.
        shuffles: Permutations of the samples, ≥ 1.
        seed: Of the permutations, ≥ 0. They also depend on x, so that rows have no order.

    Returns:
        Bits; exactly 0 if `x` or `y` is constant; ∞ if pairs span fewer directions than x and y
        do. The error holds the spread over samples and, from halves of the samples, the drift with
        their number. Diagnostics: `dimension_x`, `dimension_y` of the supports; `pairs`, the
        canonical pairs that the estimate is of, 0 if it is of all coordinates; `features` of
        those, 0 linear, 1 radial, 2 quadratic; `heavy`, the share of columns with heavy tails;
        `drift`, the mean of halves less the whole, bits; `atoms`, the classes of atoms of both;
        `skipped`, the share of samples in classes too small to be measured; those of
        `samples.Pair`; `negative`.

    Raises:
        ValueError: If `x` or `y` is malformed, or an option is out of range.

    References:
        Kozachenko & Leonenko, Sample estimate of the entropy of a random vector, 1987; Levina &
        Bickel, Maximum likelihood estimation of intrinsic dimension, 2004; Hotelling, Relations
        between two sets of variates, 1936; Gao, Kannan, Oh & Viswanath, Estimating mutual
        information for discrete-continuous mixtures, 2017, https://arxiv.org/abs/1709.06212, for
        why atoms are taken apart.

    Example:
        >>> x, noise = np.random.default_rng(0).standard_t(df=2, size=(2, 2000))
        >>> abs(mutual_information(x, noise).value) < 0.1
        True
    """
    checks.integer("neighbours", neighbours, minimum=1)
    checks.integer("shuffles", shuffles, minimum=1)
    checks.integer("seed", seed, minimum=0)
    pair, by = samples.pairs(x, y, unit=False), Shuffling(neighbours, shuffles, seed)
    first, second = samples.vectors("x", x), samples.vectors("y", y)
    a, b = patterns(first), patterns(second)
    if a.any() or b.any():
        result = _by_atoms(first, second, a, b, by)
    else:
        result = _continuous(pair, (first, second), by)
    terms = result.terms / np.log(2)
    diagnostics = {**result.diagnostics, **pair.diagnostics, "negative": float(terms.mean() < 0)}
    return Estimate(float(terms.mean()), float(result.error / np.log(2)), diagnostics, terms)


def _by_atoms(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, by: Shuffling) -> Result:
    """Sum the information of the classes a of x and b of y, and what there is within them."""
    terms, n = class_contributions(a, b), len(a)
    for vector, own, other in ((x, a, b), (y, b, a)):
        for one in np.unique(own):
            inside = own == one
            labelled = posterior.label_information(vector[inside], other[inside])
            terms[inside] += contributions(labelled) * np.log(2)
    variance, skipped = terms.var() / n, 0
    for one, other in np.unique(np.stack([a, b], axis=1), axis=0):
        inside = (a == one) & (b == other)
        if inside.sum() < FEW:
            skipped += int(inside.sum())
            continue
        columns = x[inside], y[inside]
        within = _continuous(samples.pairs(*columns, unit=False), columns, by)
        variance += (within.error * inside.mean()) ** 2
        terms[inside] += within.terms
    diagnostics = {"atoms": float(a.max() + b.max()), "skipped": skipped / n}
    return Result(terms, float(np.sqrt(variance)), diagnostics)


def _continuous(
    pair: samples.Pair, columns: tuple[np.ndarray, np.ndarray], by: Shuffling
) -> Result:
    """Estimate the information of two vectors, whatever the order of samples.

    Args:
        pair: The vectors on their supports.
        columns: The vectors as they are.
        by: Estimates the information of two sides.
    """
    x, y, _ = pair
    if not x.shape[1] or not y.shape[1]:
        return Result(np.zeros(len(x)), 0.0, {})
    order = np.argsort((white(x) ** 2).sum(axis=1), kind="stable")
    if len(x) < FEW:
        sides = (by.side(rows[order], rows.shape[1]) for rows in (x, y))
        result = Result(*by.information(*sides), {})
    else:
        first, second = (rows[order] for rows in columns)
        result = _chosen(x[order], y[order], (first, second), by)
    terms = np.empty(len(x))
    terms[order] = result.terms
    return result._replace(terms=terms)


def _chosen(
    x: np.ndarray, y: np.ndarray, columns: tuple[np.ndarray, np.ndarray], by: Shuffling
) -> Result:
    """Choose between all coordinates and few.

    Args:
        x: Shape `(n, d_x)`, on its support.
        y: Shape `(n, d_y)`, likewise.
        columns: The vectors as they are.
        by: Estimates the information of two sides.
    """
    tamed = tails.by_column(x), tails.by_column(y)
    dimensions = intrinsic(tamed[0]), intrinsic(tamed[1])
    diagnostics = {
        "heavy": float(np.concatenate([tails.heavy(x), tails.heavy(y)]).mean()),
        "dimension_x": float(dimensions[0]),
        "dimension_y": float(dimensions[1]),
    }
    wide = sum(dimensions) > WIDE
    if wide:
        result = _wide(tamed, columns, dimensions, by)
    else:
        result = all_coordinates((x, y), tamed, dimensions, by)
    if not wide and 2 < tamed[0].shape[1] + tamed[1].shape[1] <= canonical.SHARE * len(x):
        kinds = canonical.LINEAR, canonical.RADIAL
        few = few_coordinates(*tamed, by, kinds=kinds, most=min(dimensions))
        result = _more_telling(result, few, narrow=sum(dimensions) <= NARROW)
    return result._replace(diagnostics=diagnostics | result.diagnostics)


def _wide(
    tamed: tuple[np.ndarray, np.ndarray],
    columns: tuple[np.ndarray, np.ndarray],
    dimensions: tuple[int, int],
    by: Shuffling,
) -> Result:
    """Estimate from few coordinates; of columns that surely correlate, if there are too many."""
    n = len(tamed[0])
    if tamed[0].shape[1] + tamed[1].shape[1] > canonical.SHARE * n:
        tamed = canonical.screened(*(tails.by_column(rows) for rows in columns))
        if not all(rows.shape[1] for rows in tamed):
            limit = canonical.chance(columns[0].shape[1] * columns[1].shape[1], n)
            return Result.nothing(n, limit)
    kinds = canonical.LINEAR, canonical.RADIAL, canonical.QUADRATIC
    return few_coordinates(*tamed, by, kinds=kinds, most=min(dimensions))


def _more_telling(every: Result, few: Result, *, narrow: bool) -> Result:
    """Choose: few coordinates if they surely tell more, or, if not narrow, not surely less."""
    for one in (every, few):
        if np.isinf(one.terms).any():
            return one
    gain = estimate(few.terms - every.terms)
    few = few._replace(error=float(np.hypot(few.error, gain.value / 2)))  # two ways differ so
    if narrow:
        return few if gain.value > SURE * gain.error else every
    doubt = np.hypot(gain.error, every.diagnostics["drift"] * np.log(2))
    return few if gain.value > -SURE * doubt else every
