"""Synergy in bins: what parts tell together, beyond what one tells and what the others tell."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.ebab import equal_edges
from ibsweep.estimators.shared.discrete import bin_information, count_edges
from ibsweep.estimators.shared.layers import Classes, columns, measure_layers, patterns_of
from ibsweep.types import Information


class Parts(NamedTuple):
    """A discrete vector, each of whose samples is a number; equal values have equal numbers.

    Attributes:
        each: Its components, shape `(components, samples)`.
        others: The vector without each component, of that shape.
        whole: The vector, shape `(samples,)`.
    """

    each: np.ndarray
    others: np.ndarray
    whole: np.ndarray


def synergy_information(
    activity: Tensor, labels: Tensor, *, inputs: np.ndarray, bins: int
) -> Information:
    r"""Information in a layer T in bins, and its synergy about the label and about the input.

    T and both informations are those of `ebab_information`, X the patterns as they are. Beside:

    * `prediction`: mean over units j of I(T;Y) − I(T_j;Y) − I(T_−j;Y), T_−j all units but j;
    * `complexity`: mean over inputs i of I(X;T) − I(X_i;T) − I(X_−i;T).

    A term is positive if two parts tell together what neither tells (the exclusive or of two bits:
    +1), negative if they tell the same (copies of a bit: −1), 0 if they tell independent things.
    Bins are counted in the samples as they are. So `complexity` needs patterns that differ in
    single inputs, as 12 bits do: where all inputs but any one name the pattern, as in images, it
    is the mean of −I(X_i;T). Where all units but any one name the sample, `prediction` is that of
    −I(T_j;Y).

    Args:
        activity: Activity, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Patterns X, shape `(samples, features)`; equal values are one value.
        bins: Number of bins of a unit, ≥ 2.

    Returns:
        Information in bits, of shape `(…)`, with `prediction` and `complexity` in bits as details.

    Raises:
        ValueError: If `bins` is out of its range, or an argument is malformed.

    References:
        Westphal, Hailes & Musolesi, A generalized information bottleneck theory of deep learning,
        2025, https://arxiv.org/abs/2509.26327, for the means of interaction informations, here
        without weights.

    Example:
        The exclusive or of two units, which are the inputs:

        >>> layer = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> synergy_information(layer, np.array([0, 1, 1, 0]), inputs=layer, bins=2)
        Information(i_xt=2.0, i_ty=1.0, details={'prediction': 1.0, 'complexity': 0.0})
    """
    checks.integer("bins", bins, minimum=2)
    patterns = patterns_of(inputs, activity)
    x = _parts([np.unique(column, return_inverse=True)[1] for column in patterns.T])

    def measure(layer: Tensor, classes: Classes) -> Information:
        values = columns(layer)
        edges = np.unique(equal_edges(values, bins=bins))
        t = _parts([*count_edges(values, edges).astype(np.int64)])
        i_xt, i_ty = bin_information(t.whole[None], int(t.whole.max()) + 1, classes)
        prediction = _mean_synergy(t, lambda part: _information(part, classes))
        complexity = _mean_synergy(x, lambda part: _information(t.whole, _classes(part)))
        return Information(i_xt, i_ty, {"prediction": prediction, "complexity": complexity})

    return measure_layers(measure, activity, labels)


def _mean_synergy(parts: Parts, information: Callable[[np.ndarray], float]) -> float:
    """Return the mean of what the whole tells, less what a component and the others tell."""
    each, others = (np.mean([information(one) for one in some]) for some in parts[:2])
    return float(information(parts.whole) - each - others)


def _information(numbers: np.ndarray, classes: Classes) -> float:
    """Return the information between a discrete variable and classes, bits."""
    return bin_information(numbers[None], int(numbers.max()) + 1, classes)[1]


def _classes(numbers: np.ndarray) -> Classes:
    return Classes(numbers, int(numbers.max()) + 1)


def _parts(components: Sequence[np.ndarray]) -> Parts:
    """Number the vector, and the vector without each of its components."""
    nothing = np.zeros_like(components[0])
    before = list(itertools.accumulate(components, _joined, initial=nothing))
    after = list(itertools.accumulate(components[::-1], _joined, initial=nothing))[::-1]
    others = [_joined(*ends) for ends in zip(before[:-1], after[1:], strict=True)]
    return Parts(np.stack(components), np.stack(others), before[-1])


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number the pairs of two numbers, each less than the samples or bins that there are."""
    return np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
