"""What probes can use, where it is known."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy.special import expit, xlogy

from ibsweep.estimators.usable import usable_information

PROBES = ["linear", "mlp"]


def usable(layer, labels, *, inputs=None, **options):
    layer = np.asarray(layer, dtype=float)
    inputs = np.zeros((len(layer), 1)) if inputs is None else inputs
    return usable_information(layer, np.asarray(labels), inputs=inputs, **options)


def test_exclusive_or_is_of_use_to_a_network_alone(rng):
    layer = rng.integers(2, size=(1000, 2))
    labels = layer[:, 0] ^ layer[:, 1]
    assert usable(layer, labels, probe="linear").i_ty == pytest.approx(0, abs=0.02)
    assert usable(layer, labels, probe="mlp").i_ty == pytest.approx(1, abs=0.02)


def test_a_layer_can_make_usable_what_the_one_before_it_held(rng):
    first = rng.integers(2, size=(1000, 2)).astype(float)
    labels = (first[:, 0] != first[:, 1]).astype(int)
    second = np.abs(first[:, :1] - first[:, 1:])
    assert usable(second, labels).i_ty > usable(first, labels).i_ty + 0.9


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("classes", [2, 5])
def test_what_tells_nothing_is_of_no_use(rng, probe, classes):
    values = [
        usable(rng.normal(size=(800, 5)), rng.integers(classes, size=800), probe=probe).i_ty
        for _ in range(10)
    ]
    assert np.mean(values) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("probe", PROBES)
def test_classes_far_apart_are_of_all_use_and_no_more(rng, probe):
    labels = np.repeat(np.arange(4), [100, 200, 300, 400])
    layer = 9 * np.eye(4)[labels] + 0.1 * rng.normal(size=(1000, 4))
    entropy = -xlogy(*[np.array([0.1, 0.2, 0.3, 0.4])] * 2).sum() / math.log(2)
    assert entropy - 0.02 < usable(layer, labels, probe=probe).i_ty <= entropy + 1e-9


@pytest.mark.parametrize("probe", PROBES)
def test_a_logistic_law_is_of_use_to_both(rng, probe):
    layer = rng.normal(size=(4000, 3))
    p = expit(2 * layer[:, 0] - layer[:, 2])
    truth = 1 + np.mean(xlogy(p, p) + xlogy(1 - p, 1 - p)) / math.log(2)
    labels = (rng.random(4000) < p).astype(int)
    assert usable(layer, labels, probe=probe).i_ty == pytest.approx(truth, abs=0.05)


def test_inputs_of_normal_layers_in_closed_form(rng):
    """Each of three inputs is seen with a correlation of its own."""
    layer, noise = rng.normal(size=(2, 4000, 3))
    strength = np.array([2.0, 1.0, 0.0])
    truth = np.log2(1 + strength**2).sum() / 2
    used = usable(layer, np.arange(4000) % 2, inputs=strength * layer + noise)
    assert used.i_xt == pytest.approx(truth, abs=0.05)
    constant = np.column_stack([strength * layer + noise, np.ones(4000)])
    assert usable(layer, np.arange(4000) % 2, inputs=constant).i_xt == used.i_xt


def test_units_of_any_scale_are_as_good(rng):
    labels = np.arange(600) % 3
    layer = rng.normal(size=(600, 2)) + 2 * np.eye(3)[labels, :2]
    scaled = layer * [1e-6, 1e6] + [5.0, 0.0]
    assert usable(scaled, labels).i_ty == pytest.approx(usable(layer, labels).i_ty, abs=1e-4)


@pytest.mark.parametrize("probe", PROBES)
def test_the_same_numbers_every_time_and_others_for_another_seed(rng, probe):
    labels = np.arange(300) % 2
    layer = rng.normal(size=(300, 2)) + labels[:, None]
    estimate = partial(usable, layer, labels, inputs=layer, probe=probe)
    torch.manual_seed(1)
    first = estimate()
    torch.manual_seed(2)
    assert estimate() == first
    assert estimate(seed=1) != first


def test_judged_on_others_than_it_was_trained_on(rng):
    """As many units as samples: anything can be learnt by heart, and is of no use."""
    layer, labels = rng.normal(size=(100, 200)), rng.permutation(np.arange(100) % 2)
    assert usable(layer, labels).i_ty < 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probe": "forest"}, "probe must be one of linear, mlp, got 'forest'"),
        ({"steps": 0}, "steps must be an integer ≥ 1, got 0"),
        ({"seed": -1}, "seed must be an integer ≥ 0, got -1"),
    ],
)
def test_wrong_options_are_named(rng, options, message):
    with pytest.raises(ValueError, match=message):
        usable(rng.normal(size=(50, 2)), np.arange(50) % 2, **options)


def test_too_few_samples_are_an_error(rng):
    layer = rng.normal(size=(20, 2))
    with pytest.raises(ValueError, match="≥ 16 samples, ≥ 2 of a class, got 9, at most 5"):
        usable(layer[:9], np.arange(9) % 2)
    with pytest.raises(ValueError, match="≥ 16 samples, ≥ 2 of a class, got 20, at most 1"):
        usable(layer, np.arange(20))
