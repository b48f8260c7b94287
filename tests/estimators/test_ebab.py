import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ibsweep.estimators.ebab import ebab_information, equal_edges
from tests.estimators import naive

LAYERS = arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 4)),
    elements=st.one_of(st.sampled_from([0.0, -0.0, 1.0]), st.floats(-3, 3, width=32)),
)
BINS = st.integers(2, 70)


def thirds(samples):
    return np.arange(samples) % 3


def trained_like(units, kind):
    """Activity of saturated tanh or half silent relu units, many of them correlated."""
    rng = np.random.default_rng(units)
    patterns = (np.arange(512)[:, None] >> np.arange(9)) & 1
    z = (patterns - 0.5) @ rng.normal(size=(9, units)) * 2
    return (np.tanh(z) if kind == "tanh" else np.maximum(z, 0)).astype(np.float32)


@given(LAYERS, BINS)
def test_agrees_with_the_definition(layer, bins):
    expected = naive.ebab_equal(layer, thirds(len(layer)), bins=bins)
    found = ebab_information(layer, thirds(len(layer)), bins=bins)
    assert found[:2] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("units", [2, 10])
@pytest.mark.parametrize(("kind", "low"), [("tanh", -1.000001), ("relu", 0.0)])
def test_agrees_with_the_released_code(units, kind, low):
    layer, labels = trained_like(units, kind), np.arange(512) % 2
    expected = naive.ebab_released(layer, labels, bins=30, low=low)
    for given_low in (low, "auto"):
        found = ebab_information(layer, labels, bins=30, edge_rule="released", low=given_low)
        assert found[:2] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("kind", "low"), [("tanh", -1.000001), ("relu", 0.0)])
def test_the_released_rule_has_two_edges_more(kind, low):
    layer, labels = trained_like(3, kind), np.arange(512) % 2
    released = ebab_information(layer, labels, bins=4, edge_rule="released", low=low)
    assert released.i_xt > ebab_information(layer, labels, bins=4).i_xt


def test_values_below_low_belong_in_the_lowest_bin():
    layer = np.array([[-5.0], [-4.0], [0.0], [1.0], [2.0], [3.0]], np.float32)
    expected = ebab_information(np.maximum(layer, -1), np.arange(6), bins=2)
    found = ebab_information(layer, np.arange(6), bins=2, edge_rule="released", low=-1.0)
    words = [0, 0, 0, 1, 1, 3]  # u = −5, −4, 0, 1, 2, 3: edges −1, (−5), 1, 3
    assert found.i_xt == pytest.approx(naive.entropy(words))
    assert found.i_xt != expected.i_xt


@given(LAYERS, BINS)
def test_bins_hold_equally_many_unique_values(layer, bins):
    unique = np.unique(layer)
    edges = equal_edges(layer, bins=bins)
    held = np.bincount(np.searchsorted(edges, unique, side="right"), minlength=bins)
    if len(unique) >= bins:
        assert set(held) <= {len(unique) // bins, -(-len(unique) // bins)}
    else:
        assert held.max() == 1


@given(LAYERS, BINS, st.sampled_from([0.25, 2.0, 1024.0]))
def test_only_the_order_of_values_counts(layer, bins, factor):
    labels = thirds(len(layer))
    stretched = (layer.astype(np.float64) * factor) ** 3
    before = ebab_information(layer.astype(np.float64), labels, bins=bins)
    assert ebab_information(stretched, labels, bins=bins) == before


def test_precision_is_that_of_the_activity():
    close = torch.tensor([[1.0], [1.0 + 1e-12]], dtype=torch.float64)
    assert ebab_information(close, torch.arange(2), bins=2).i_xt == 1
    assert ebab_information(close.float(), torch.arange(2), bins=2).i_xt == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 1}, "bins must be an integer ≥ 2, got 1"),
        ({"bins": 2, "edge_rule": "x"}, "edge_rule must be one of equal, released, got 'x'"),
        ({"bins": 2, "low": "zero"}, r"low \(or 'auto'\) must be a number .*, got 'zero'"),
    ],
)
def test_wrong_options_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        ebab_information(torch.zeros(4, 2), torch.arange(4), **options)
