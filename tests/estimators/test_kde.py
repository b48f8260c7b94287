import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ibsweep.estimators.kde import akde_information, kde_information
from ibsweep.estimators.shared.pairwise import merge
from tests.estimators import naive

C = {"upper": 1, "lower": 4}
LAYERS = arrays(
    np.float64,
    st.tuples(st.integers(1, 300), st.integers(1, 4)),
    elements=st.one_of(st.sampled_from([0.0, -0.0, 1.0]), st.floats(-2, 2)),
)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pair(a, labels):
    return kde_information(a, labels, noise_variance=1.0)


@pytest.mark.parametrize("bound", C)
def test_two_points_by_hand(bound):
    layer = torch.tensor([[0.0, 0.0], [0.3, 0.4]])
    kernel = math.exp(-0.25 / (2 * C[bound] * 0.1))
    expected = -math.log2((1 + kernel) / 2)
    found = kde_information(layer, torch.tensor([0, 1]), noise_variance=0.1, bound=bound)
    assert found[:2] == pytest.approx((expected, expected), abs=1e-7)  # the layer is float32
    same = kde_information(layer, torch.tensor([5, 5]), noise_variance=0.1, bound=bound)
    assert same[:2] == pytest.approx((expected, 0), abs=1e-7)


@pytest.mark.parametrize("distance", [0.1, 1.0, 2.0, 5.0])
def test_the_information_of_two_points_lies_between_the_bounds(distance):
    layer, labels = torch.tensor([[0.0], [distance]]), torch.tensor([0, 1])
    noise, step = np.linspace(-10, 10, 4001, retstep=True)
    density = np.exp(-(noise**2) / 2) / math.sqrt(2 * math.pi)
    ratio = np.exp(-distance * noise - distance**2 / 2)
    truth = -step * np.sum(density * np.log2((1 + ratio) / 2))
    lower, upper = (
        kde_information(layer, labels, noise_variance=1.0, bound=bound).i_xt
        for bound in ("lower", "upper")
    )
    assert lower < truth < upper


@pytest.mark.parametrize("bound", C)
@pytest.mark.parametrize("units", [1, 2])
def test_matches_the_closed_form_on_gaussian_activity(bound, units):
    """E_x log E_y exp(−(x − y)² / 2v) has a closed form if x and y are standard normal."""
    variance = 0.5 * C[bound]
    per_unit = 0.5 * math.log(1 + 1 / variance) + 0.5 / (1 + variance)
    found = kde_information(
        normal(4096, units), torch.zeros(4096).long(), noise_variance=0.5, bound=bound
    )
    assert found.i_xt == pytest.approx(units * per_unit / math.log(2), rel=0.05)


@settings(max_examples=50, deadline=None)
@given(LAYERS, st.sampled_from(sorted(C)), st.sampled_from([1e-3, 0.1, 10.0]))
def test_agrees_with_the_naive_transcription(layer, bound, noise_variance):
    labels = np.arange(len(layer)) % 3
    expected = naive.kde(layer, labels, noise_variance=noise_variance, c=C[bound])
    found = kde_information(layer, labels, noise_variance=noise_variance, bound=bound)
    assert found[:2] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("bound", C)
@pytest.mark.parametrize("units", [2, 5, 10])
@pytest.mark.parametrize("kind", ["tanh", "relu", "clusters", "wide"])
def test_agrees_with_the_naive_transcription_on_many_samples(kind, units, bound):
    z = normal(1500, 4) @ normal(4, units, seed=1)
    layer = {
        "tanh": (2 * z).tanh(),
        "relu": z.relu(),
        "clusters": z.sign() + 0.02 * normal(1500, units, seed=2),
        "wide": 1e4 + 300 * z.round(decimals=3),
    }[kind]
    labels = (z.sum(dim=1) > 0).long()
    expected = naive.kde(layer, labels, noise_variance=1e-3, c=C[bound])
    found = kde_information(layer, labels, noise_variance=1e-3, bound=bound)
    assert found[:2] == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(LAYERS)
def test_the_lower_bound_lies_below_the_upper(layer):
    labels = np.zeros(len(layer), int)
    lower, upper = (
        kde_information(layer, labels, noise_variance=0.1, bound=bound).i_xt
        for bound in ("lower", "upper")
    )
    assert lower <= upper + 1e-9


@pytest.mark.parametrize("scale", ["max_squared", "variance"])
@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_two_scales_do_not_mind_rescaling(scale, factor):
    layer, labels = normal(200, 3), torch.arange(200) % 2
    before, after = (
        akde_information(one, labels, reference_variance=1e-3, scale=scale)
        for one in (layer, factor * layer)
    )
    assert after[:2] == pytest.approx(before[:2], abs=1e-9)


def test_the_papers_scale_minds_rescaling():
    layer, labels = normal(200, 3), torch.arange(200) % 2
    found = [
        akde_information(factor * layer, labels, reference_variance=1e-2).i_xt
        for factor in (0.1, 1, 10)
    ]
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize(
    ("scale", "size"), [("max", 4.0), ("max_squared", 16.0), ("variance", 3.125)]
)
def test_noise_is_in_proportion_to_the_scale(scale, size):
    layer = torch.tensor([[0.0, 3.0], [-4.0, 0.0]])  # variances 4 and 2.25
    labels = torch.tensor([0, 1])
    expected = kde_information(layer, labels, noise_variance=0.1 * size)
    found = akde_information(layer, labels, reference_variance=0.1, scale=scale)
    assert found[:2] == pytest.approx(expected[:2], abs=1e-12)


def test_noise_adapts_to_each_snapshot():
    layer, labels = normal(50, 2), torch.arange(50) % 2
    stack = torch.stack([layer, 0 * layer, 9 * layer])
    found = akde_information(stack, labels, reference_variance=0.01, scale="max_squared")
    assert found.i_xt[1] == 0
    assert found.i_xt[2] == pytest.approx(float(found.i_xt[0]))


@given(arrays(np.float64, (30, 2), elements=st.sampled_from([0.0, -0.0, 1.0, 2.0])))
def test_merging_keeps_every_weight(points):
    kept, weights = merge(torch.from_numpy(points), torch.ones(30, 1, dtype=torch.float64))
    expected, counts = np.unique(points, axis=0, return_counts=True)
    found = {tuple(p): w for p, (w,) in zip(kept.tolist(), weights.tolist(), strict=True)}
    assert found == {tuple(p): n for p, n in zip(expected.tolist(), counts, strict=True)}


@pytest.mark.parametrize(
    ("estimator", "options", "message"),
    [
        (kde_information, {"noise_variance": -1}, "noise_variance must be > 0, got -1"),
        (
            kde_information,
            {"noise_variance": 1, "bound": "x"},
            "bound must be one of upper, lower, got 'x'",
        ),
        (akde_information, {"reference_variance": 0}, "reference_variance must be > 0, got 0"),
        (
            akde_information,
            {"reference_variance": 1, "scale": "std"},
            "scale must be one of max, max_squared, variance, got 'std'",
        ),
        (kde_information, {"noise_variance": 1e-320}, "must not make activity overflow"),
    ],
)
def test_wrong_options_are_errors(estimator, options, message):
    with pytest.raises(ValueError, match=message):
        estimator(torch.full((2, 2), 1e200, dtype=torch.float64), torch.arange(2), **options)
