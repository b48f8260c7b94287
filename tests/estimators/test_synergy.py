"""Synergy of bits, where it is known, and of anything, by the definition."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from ibsweep.estimators.ebab import ebab_information
from ibsweep.estimators.synergy import synergy_information

BITS = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
FIRST, SECOND, THIRD = BITS.T


def synergy(layer, labels, *, inputs=BITS, bins=2):
    layer = np.column_stack(layer).astype(float)
    return synergy_information(layer, np.asarray(labels).astype(int), inputs=inputs, bins=bins)


def entropy(*variables):
    rows = Counter(zip(*variables, strict=True))
    shares = np.array(list(rows.values())) / rows.total()
    return -(shares * np.log2(shares)).sum()


def test_units_whose_exclusive_or_is_the_label():
    assert synergy([FIRST, SECOND], FIRST != SECOND).details["prediction"] == 1


@pytest.mark.parametrize("copies", [2, 5])
def test_units_that_are_copies_of_the_label(copies):
    assert synergy([FIRST] * copies, FIRST).details["prediction"] == -1


def test_units_that_tell_independent_halves_of_the_label():
    details = synergy([FIRST, SECOND], 2 * FIRST + SECOND).details
    assert details["prediction"] == pytest.approx(0, abs=1e-12)
    assert details["complexity"] == pytest.approx(0, abs=1e-12)


def test_one_unit_and_a_unit_that_tells_nothing():
    assert synergy([FIRST], FIRST).details["prediction"] == 0
    mixed = synergy([FIRST, SECOND, np.ones(8)], FIRST != SECOND).details["prediction"]
    assert mixed == pytest.approx(2 / 3)


def test_a_layer_that_is_the_exclusive_or_of_two_inputs():
    two = BITS[:, :2]
    assert synergy([FIRST != SECOND], FIRST, inputs=two).details["complexity"] == 1
    three = synergy([FIRST != SECOND], FIRST).details["complexity"]
    assert three == pytest.approx(2 / 3)  # the third input says nothing


def test_a_layer_that_is_a_copied_input():
    copied = np.column_stack([FIRST, FIRST])
    assert synergy([FIRST], SECOND, inputs=copied).details["complexity"] == -1


def test_patterns_that_any_inputs_name_are_told_by_each(rng):
    inputs, layer = rng.normal(size=(2, 40, 3))
    told = synergy([*layer.T], np.arange(40) % 2, inputs=inputs)
    assert told.details["complexity"] == pytest.approx(-told.i_xt)


@pytest.mark.parametrize("bins", [2, 3, 5])
def test_is_the_definition_and_the_informations_are_those_of_ebab(rng, bins):
    """The entropies of tuples of bins, counted one by one."""
    inputs = rng.integers(3, size=(200, 3)).astype(float)
    layer = np.tanh(inputs @ rng.normal(size=(3, 4)))
    labels = rng.integers(3, size=200)
    told = synergy([*layer.T], labels, inputs=inputs, bins=bins)
    assert told[:2] == ebab_information(layer, labels, bins=bins)[:2]
    edges = np.sort(np.unique(layer))[np.arange(1, bins) * len(np.unique(layer)) // bins]
    t, x = list(np.digitize(layer, edges).T), list(inputs.T)
    prediction = [_interaction(t, j, [labels]) for j in range(4)]
    complexity = [_interaction(x, i, t) for i in range(3)]
    assert told.details["prediction"] == pytest.approx(np.mean(prediction))
    assert told.details["complexity"] == pytest.approx(np.mean(complexity))


def _interaction(parts, number, target):
    def told(some):
        return entropy(*some) + entropy(*target) - entropy(*some, *target)

    others = parts[:number] + parts[number + 1 :]
    return told(parts) - told([parts[number]]) - told(others)


def test_wide_layers_and_inputs_are_counted_exactly(rng):
    """More bins than one word holds: all units are needed to tell the samples apart."""
    wide = np.repeat(rng.integers(2, size=(64, 1)), 300, axis=1).astype(float)
    wide[np.arange(64), np.arange(64)] = 5.0
    told = synergy([*wide.T], np.arange(64) % 2, inputs=wide, bins=3)
    assert told.i_xt == math.log2(64)
    assert told.details["complexity"] < 0


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="bins must be an integer ≥ 2, got 1"):
        synergy([FIRST], FIRST, bins=1)
    with pytest.raises(ValueError, match="inputs must have 8 rows, got 7"):
        synergy([FIRST], FIRST, inputs=BITS[:7])
    with pytest.raises(ValueError, match=r"inputs must be of shape \(samples, features\), got"):
        synergy([FIRST], FIRST, inputs=FIRST)
