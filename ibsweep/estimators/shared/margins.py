"""Normal margins: smooth maps of one coordinate at a time, which keep the information."""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtr, ndtri

from ibsweep.estimators.entropic import contributions, estimate
from ibsweep.types import Estimate

COARSE = np.linspace(0, 1, 9)  # octiles: for margins without tails
FINE = np.concatenate([[0], ndtr(np.linspace(-3, 3, 13)), [1]])  # every half standard deviation
END = 0.01  # share of the samples that says how far a margin reaches beyond the last of them
SURE = 3.0  # standard errors by which scores must tell more to be taken


def normal_scores(x: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Give every value the normal quantile of a smooth distribution function of its column.

    That is a monotone cubic through some quantiles and the ends of the margin: it bends nowhere
    quickly, as the empirical distribution function would, whose jumps hide or feign structure as
    fine as they are. Where it fits, the column becomes normal.

    Args:
        x: Shape `(n, d)`, the values of a column all unlike.
        levels: Of the quantiles, from 0 to 1, ascending, shape `(knots,)`.

    References:
        Fritsch & Carlson, Monotone piecewise cubic interpolation, 1980, for the interpolation.
        https://doi.org/10.1137/0717021

    Example:
        >>> normal_scores(np.array([[1.0], [2.0], [3.0]]), COARSE).ravel().round(1).tolist()
        [-1.4, 0.0, 1.4]
    """
    return np.stack([_scores(column, levels) for column in x.T], axis=1)


def most_informative(readings: Sequence[Estimate]) -> int:
    """Return the place of the largest estimate, or 0 if none surely exceeds the first.

    Sure is a difference of more than 3 standard errors, those of the samples' differences.

    Args:
        readings: Of the same samples in different coordinates, at first those given.
    """
    taken = 0
    for place, one in enumerate(readings[1:], start=1):
        gain = estimate(contributions(one) - contributions(readings[0]))
        better = gain.value > SURE * gain.error and one.value > readings[taken].value
        taken = place if better else taken
    return taken


def _scores(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    ordered, few = np.sort(values), max(1, int(END * len(values)))
    knots = np.quantile(ordered, levels)
    knots[0] -= (ordered[few] - ordered[0]) / few  # as far as those samples lie apart
    knots[-1] += (ordered[-1] - ordered[-1 - few]) / few
    return ndtri(PchipInterpolator(knots, levels)(values))
