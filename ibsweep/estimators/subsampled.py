"""Honest errors for any estimator: what smaller parts of the samples say of spread and bias.

The error that an estimator states by itself is that of a mean of independent terms: it does not
know that samples share neighbours, nor that an estimate of few samples is biased. Both show where
the same is estimated of fewer samples.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ibsweep import checks, samples
from ibsweep.types import Estimate

SPLITS = 4  # into halves: one alone would make the drift as uncertain as the estimate
LEAST = 4  # samples of a part; few samples are split into fewer parts


def mutual_information(
    x: ArrayLike, y: ArrayLike, *, of: Callable[..., Estimate], parts: int = 10, seed: int = 0
) -> Estimate:
    r"""Information of two vectors, its error measured on parts of the samples.

    The value is that of the estimator `of`, Î. Its error is √(s² + b²):

    - s, of sampling. The samples are split into m = 2 … `parts` parts that do not overlap. If an
      estimate of n samples has the variance B/n, that among the parts is mB/n, whence B; every
      split counts by its m − 1 degrees of freedom.
    - b, of bias. Î is compared with its mean over halves, D = Î(n) − mean Î(n/2), of four splits.
      Estimates by neighbours in d dimensions, those of x and y together, are biased by c n^{−2/d}
      where the density is smooth and n large, so that D = b (1 − 2^{2/d}), whence b. Mostly that
      overstates the bias, so the value is left as it is.

    Args:
        x: Shape `(n, d_x)`, or `(n,)`.
        y: Shape `(n, d_y)`, or `(n,)`.
        of: Gives bits, of x and y.
        parts: The largest m, ≥ 2; less for n < 4 m.
        seed: Of the splits, ≥ 0. They also depend on the samples, so that rows have no order.

    Returns:
        Bits, in some 13 times the time of `of`. Diagnostics: those of `of`; `sampling_error`, s;
        `drift`, D; `stated_error`, what `of` says. The error is NaN if Î is
        infinite, or n < 8.

    Raises:
        ValueError: If `of` cannot measure the samples or a part of them, or an option is out of
            range.

    References:
        Holmes & Nemenman, Estimation of mutual information for real-valued data with error bars
        and controlled bias, 2019, https://arxiv.org/abs/1903.09280, for s; Berrett, Samworth &
        Yuan, 2019, https://arxiv.org/abs/1606.00304, for the rate of b.

    Example:
        >>> from ibsweep.estimators import ksg
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 500))
        >>> estimate = mutual_information(x, x + noise, of=ksg.mutual_information)
        >>> estimate.value == ksg.mutual_information(x, x + noise).value
        True
        >>> bool(abs(estimate.value - 0.5) < 2 * estimate.error)
        True
    """
    first, second = samples.vectors("x", x), samples.vectors("y", y)
    whole = of(first, second)
    rank = sum(samples.on_support("x", side).shape[1] for side in (first, second))
    order = np.lexsort(np.hstack([first, second]).T)
    estimates = _split(lambda rows: of(first[rows], second[rows]), order, parts, seed)
    return _judged(whole, estimates, rank)


def label_information(
    x: ArrayLike, labels: ArrayLike, *, of: Callable[..., Estimate], parts: int = 10, seed: int = 0
) -> Estimate:
    """Information of a vector and a class, its error measured on parts of the samples.

    Args:
        x: Shape `(n, d)`, or `(n,)`; d alone decides the rate of the bias.
        labels: Shape `(n,)`, integer; every part must hold enough of each class for `of`.
        of: Gives bits, of x and labels.
        parts: As for `mutual_information`.
        seed: As for `mutual_information`.

    Returns:
        Bits; see `mutual_information`.

    Raises:
        ValueError: As for `mutual_information`.

    References:
        As for `mutual_information`.
    """
    points = samples.vectors("x", x)
    numbers, _ = samples.classes(labels, samples=len(points))
    whole = of(points, numbers)
    order = np.lexsort(np.hstack([points, numbers[:, None]]).T)
    estimates = _split(lambda rows: of(points[rows], numbers[rows]), order, parts, seed)
    return _judged(whole, estimates, samples.on_support("x", points).shape[1])


def _split(
    measure: Callable[[np.ndarray], Estimate], order: np.ndarray, parts: int, seed: int
) -> list[list[float]]:
    """Return the estimates of the parts of every split, halves first."""
    checks.integer("parts", parts, minimum=2)
    generator = np.random.default_rng(checks.integer("seed", seed, minimum=0))
    most = min(parts, len(order) // LEAST)
    if most < 2:
        return []

    def estimates(count: int) -> Iterator[float]:
        for rows in np.array_split(order[generator.permutation(len(order))], count):
            yield measure(rows).value

    return [list(estimates(count)) for count in (*[2] * SPLITS, *range(3, most + 1))]


def _judged(whole: Estimate, estimates: Sequence[Sequence[float]], dimensions: int) -> Estimate:
    """Give an estimate the error that its parts tell of."""
    if not estimates:
        return whole._replace(error=np.nan)
    freedom = sum(len(split) - 1 for split in estimates)
    with np.errstate(invalid="ignore"):  # infinite estimates have no spread
        squares = sum(float(np.var(split)) for split in estimates)
        drift = whole.value - float(np.mean(estimates[:SPLITS]))
    sampling = float(np.sqrt(squares / freedom))
    bias = drift / (2 ** (2 / max(1, dimensions)) - 1)
    errors = {"sampling_error": sampling, "drift": drift, "stated_error": whole.error}
    diagnostics = {**whole.diagnostics, **errors}
    return whole._replace(error=float(np.hypot(sampling, bias)), diagnostics=diagnostics)
