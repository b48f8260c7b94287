"""Information as a difference of entropies, by any estimator of entropy."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ibsweep import samples
from ibsweep.types import Estimate

Entropy = Callable[[np.ndarray], Estimate]


def estimate(pointwise: np.ndarray, **diagnostics: float) -> Estimate:
    """Make an estimate of the samples' contributions.

    Args:
        pointwise: Shape `(n,)`, bits.
        diagnostics: What tells whether to trust it.

    Returns:
        Their mean; its error is what the jackknife gives for a mean, standard deviation / √n.

    Example:
        >>> estimate(np.array([0.0, 1.0, 2.0, 1.0])).value
        1.0
    """
    n = len(pointwise)
    with np.errstate(invalid="ignore"):  # infinite contributions have no spread
        error = float(pointwise.std(ddof=1)) / n**0.5 if n > 1 else np.nan
    return Estimate(float(pointwise.mean()), error, diagnostics, pointwise)


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, entropy: Entropy, dither: bool = True
) -> Estimate:
    """Estimate I(X;Y) = h(X) + h(Y) − h(X,Y).

    The error is that of the samples' combined contributions: the three entropies err together.

    Args:
        x: Shape `(n, d_x)`; constant and linearly dependent columns are left out.
        y: Shape `(n, d_y)`; likewise.
        entropy: Gives bits, with the samples' contributions.
        dither: Whether to spread equal values, see `samples.dithered`.

    Returns:
        Bits; exactly 0 if `x` or `y` is constant. Diagnostics: those of `samples.Pair`;
        `negative`, 1 for an estimate below 0; and those of h(X,Y).

    Raises:
        ValueError: If `x` or `y` is malformed.

    Example:
        >>> from ibsweep.estimators.gaussian import entropy
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 9999))
        >>> round(mutual_information(x, x + noise, entropy=entropy).value, 1)
        0.5
    """
    first, second, diagnostics = samples.pairs(x, y, dither=dither)
    if not first.shape[1] or not second.shape[1]:
        return estimate(np.zeros(len(first)), **diagnostics, negative=0.0)
    joint = entropy(np.hstack([first, second]))
    terms = contributions(entropy(first)) + contributions(entropy(second)) - contributions(joint)
    return estimate(
        terms, **{**joint.diagnostics, **diagnostics}, negative=float(terms.mean() < 0)
    )


def label_information(x: ArrayLike, labels: ArrayLike, *, entropy: Entropy) -> Estimate:
    """Estimate I(X;Y) = h(X) − Σ_y p(y) h(X|y) for a class Y.

    Args:
        x: Shape `(n, d)`; constant and linearly dependent columns are left out.
        labels: Shape `(n,)`, integer.
        entropy: Gives bits, with the samples' contributions.

    Returns:
        Bits; exactly 0 if `x` is constant. Diagnostics: those of `samples.described`;
        `negative` and `above_entropy`, 1 for an estimate below 0 or above H(Y).

    Raises:
        ValueError: If `x` or `labels` is malformed.

    Example:
        >>> from ibsweep.estimators.gaussian import entropy
        >>> rows = np.random.default_rng(0).normal(size=(9999, 1))
        >>> label_information(rows, np.zeros(9999, dtype=int), entropy=entropy).value
        0.0
    """
    points = samples.on_support("x", x)
    numbers, sizes = samples.classes(labels, samples=len(points))
    terms = np.zeros(len(points))
    if points.shape[1]:
        terms = contributions(entropy(points)).copy()
        for number in range(len(sizes)):
            members = numbers == number
            terms[members] -= contributions(entropy(points[members]))
    return label_estimate(terms, sizes, **samples.described("x", x, points))


def label_estimate(terms: np.ndarray, sizes: np.ndarray, **diagnostics: float) -> Estimate:
    """Make an estimate of I(X;Y) that says whether it lies outside 0 … H(Y).

    Args:
        terms: Contribution of each sample, shape `(n,)`, bits.
        sizes: Samples of each class, shape `(classes,)`, ≥ 1.
        diagnostics: Further ones.
    """
    shares = sizes / sizes.sum()
    limit = -(shares * np.log2(shares)).sum()
    above = float(terms.mean() > limit + 1e-9)
    return estimate(terms, **diagnostics, negative=float(terms.mean() < 0), above_entropy=above)


def contributions(result: Estimate) -> np.ndarray:
    """Return the samples' contributions to an estimate.

    Raises:
        ValueError: If the method has none.
    """
    if result.pointwise is None:
        raise ValueError("entropy must give the samples' contributions, got None")
    return result.pointwise
