import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ibsweep.estimators.binning import (
    epoch_bins_information,
    equal_bins_information,
    width_bins_information,
)
from ibsweep.estimators.shared.discrete import bin_information, count_edges
from ibsweep.estimators.shared.layers import Classes
from tests.estimators import naive

LAYERS = arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 4)),
    elements=st.floats(-8, 8, width=32),
)


def halves(samples):
    return np.arange(samples) % 2


@given(LAYERS, st.floats(0.01, 3))
def test_width_agrees_with_the_definition(layer, bin_width):
    words = [tuple(math.floor(float(v) / bin_width) for v in sample) for sample in layer]
    expected = naive.information(words, list(halves(len(layer))))
    found = width_bins_information(layer, halves(len(layer)), bin_width=bin_width)
    assert found[:2] == pytest.approx(expected, abs=1e-12)


@given(LAYERS, st.integers(2, 80), st.sampled_from([(-8.0, 8.0), (0.0, 1.0), (2.0, 2.0)]))
def test_equal_bins_agree_with_the_definition(layer, bins, ends):
    low, high = ends
    edges = [low + (high - low) * (k / bins) for k in range(1, bins)]
    words = [tuple(sum(edge <= float(v) for edge in edges) for v in row) for row in layer]
    expected = naive.information(words, list(halves(len(layer))))
    found = equal_bins_information(layer, halves(len(layer)), bins=bins, activity_range=ends)
    assert found[:2] == pytest.approx(expected, abs=1e-12)


@given(LAYERS)
def test_i_ty_exceeds_neither_h_y_nor_i_xt(layer):
    labels = halves(len(layer))
    i_xt, i_ty, _ = epoch_bins_information(layer, labels, bins=5)
    assert -1e-12 <= i_ty <= min(naive.entropy(list(labels)), i_xt) + 1e-12


def test_values_outside_the_range_fall_into_the_outer_bins():
    labels = torch.arange(6)
    layer = torch.tensor([-9.0, 0.1, 0.2, 0.8, 0.9, 9.0])[:, None]
    inside = layer.clamp(0, 1)
    for bins in (2, 4):
        found, expected = (
            equal_bins_information(one, labels, bins=bins, activity_range=(0.0, 1.0))
            for one in (layer, inside)
        )
        assert found == expected


def test_the_highest_value_shares_the_top_bin():
    layer = torch.tensor([[0.0], [0.6], [1.0]])
    found = epoch_bins_information(layer, torch.arange(3), bins=2)
    assert found.i_xt == pytest.approx(naive.entropy([0, 1, 1]))


def test_each_layer_of_a_stack_can_have_its_own_range():
    layer = torch.tensor([[0.1], [0.4], [0.6], [0.9]])
    high = torch.tensor([1.0, 100.0])
    found = equal_bins_information(
        torch.stack([layer, layer]), torch.arange(4), bins=2, activity_range=(0.0, high)
    )
    assert found.i_xt.tolist() == [1.0, 0.0]


def test_wide_layers_are_told_apart_exactly():
    """2^200 possible vectors, of which two differ in one unit only."""
    bins = np.zeros((200, 3), np.uint8)
    bins[199, 1] = bins[0, 2] = 1
    assert bin_information(bins, 2, Classes(np.zeros(3, np.int64), 1))[0] == math.log2(3)


@given(st.integers(2, 2**31), st.integers(1, 30))
def test_any_number_of_bins_and_units_is_exact(radix, units):
    bins = np.random.default_rng(0).integers(0, min(radix, 3), (units, 50)) * (radix // 3)
    words = [tuple(sample) for sample in bins.T.tolist()]
    classes = Classes(np.arange(50) % 7, 7)
    expected = naive.information(words, classes.of.tolist())
    assert bin_information(bins, radix, classes) == pytest.approx(expected, abs=1e-12)


def test_bins_of_tiny_width_are_exact_however_many():
    layer = torch.tensor([[1e30], [1e30], [-1e30], [3.0]], dtype=torch.float64)
    found = width_bins_information(layer, torch.arange(4), bin_width=1e-9)
    assert found.i_xt == pytest.approx(1.5)
    with pytest.raises(ValueError, match="bin_width must not make activity / bin_width overflow"):
        width_bins_information(layer, torch.arange(4), bin_width=1e-300)


@given(
    arrays(np.float32, 20, elements=st.floats(-2, 2, width=32)),
    arrays(np.float64, st.integers(0, 60), elements=st.floats(-2, 2)),
)
def test_edges_are_compared_exactly_across_precisions(values, edges):
    edges = np.sort(edges)
    expected = [sum(float(edge) <= float(value) for edge in edges) for value in values]
    assert count_edges(values, edges).tolist() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda h, y: width_bins_information(h, y, bin_width=0), "bin_width must be > 0, got 0"),
        (lambda h, y: epoch_bins_information(h, y, bins=1), "bins must be an integer ≥ 2, got 1"),
        (
            lambda h, y: equal_bins_information(h, y, bins=2.5, activity_range=(0, 1)),
            "bins must be an integer ≥ 2, got 2.5",
        ),
        (
            lambda h, y: equal_bins_information(h, y, bins=2, activity_range=(1, 0)),
            "activity_range must be finite and ascending, got",
        ),
        (
            lambda h, y: equal_bins_information(
                h, y, bins=2, activity_range=(0, 1), range_over="x"
            ),
            "range_over must be one of network, layer, got 'x'",
        ),
    ],
)
def test_wrong_options_are_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(torch.zeros(4, 2), torch.arange(4))
