"""Matrix-based information with an aligned width against closed forms and the formula."""

import math

import numpy as np
import pytest

from ibsweep.estimators import renyi
from ibsweep.estimators.renyi_aligned import aligned_information

LABELS = np.arange(60) % 4


def aligned(layer, labels=LABELS, *, inputs=None, **options):
    layer = np.asarray(layer, dtype=float)
    return aligned_information(
        layer, labels, inputs=layer if inputs is None else inputs, **options
    )


def test_groups_far_apart_tell_the_entropy_of_their_sizes(rng):
    layer = 50 * np.eye(4)[LABELS] + 1e-4 * rng.normal(size=(60, 4))
    assert aligned(layer)[:2] == pytest.approx((2, 2), abs=1e-4)


def test_the_width_is_the_best_of_those_tried(rng):
    layer = rng.normal(size=(60, 3)) + np.eye(4)[LABELS, :3]
    distances = np.sqrt(((layer[:, None] - layer[None]) ** 2).sum(axis=2))
    alike = (LABELS[:, None] == LABELS[None]).astype(float)
    tried = np.linspace(0.3, 10 * distances[np.triu_indices(60, 1)].mean(), 300)
    kernels = [np.exp(-(distances**2) / width**2) for width in tried]
    alignments = [(one * alike).sum() / np.linalg.norm(one) for one in kernels]
    best = int(np.argmax(alignments))
    assert 0 < best < 299
    assert aligned(layer).details["kernel_width"] == pytest.approx(tried[best])


def test_is_the_formula(rng):
    x, layer = rng.normal(size=(2, 60, 3))
    told = aligned(layer, inputs=x, input_width=2.0)
    a = kernel(x, 2.0)
    b = kernel(layer, told.details["kernel_width"])
    y = (LABELS[:, None] == LABELS[None]).astype(float)
    assert told.i_xt == pytest.approx(entropy(a) + entropy(b) - entropy(a * b))
    assert told.i_ty == pytest.approx(entropy(b) + 2 - entropy(b * y))


def kernel(points, width):
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    return np.exp(-squares / width**2)


def entropy(matrix):
    spectrum = np.linalg.eigvalsh(matrix / len(matrix))
    kept = spectrum[spectrum > 1e-15]
    return -(kept * np.log2(kept)).sum()


def test_is_renyi_information_of_an_order_near_one(rng):
    """Of unit variance, and the width of the one written as that of the other."""
    layer = rng.normal(size=(60, 2))
    layer = (layer - layer.mean(axis=0)) / layer.std(axis=0)
    told = aligned(layer)
    width = told.details["kernel_width"] / math.sqrt(2) * 60 ** (1 / 6)
    near = renyi.label_information(layer, LABELS, alpha=1.0001, width=width).value
    assert told.i_ty == pytest.approx(near, abs=1e-3)


def test_never_more_than_the_samples_taken_allow(rng):
    layer, labels = 100 * rng.normal(size=(500, 5)), np.arange(500) % 4
    told = aligned(layer, labels, largest=32, input_width=0.1)
    assert told.i_xt <= 5 + 1e-9
    assert told.i_ty <= 2 + 1e-9
    every_fifth = aligned(layer[:496:5], labels[:496:5])
    assert aligned(layer[:496], labels[:496])[:2] == pytest.approx(every_fifth[:2])


def test_the_unit_of_the_activity_matters_little_where_the_width_follows(rng):
    layer = 30 * rng.normal(size=(60, 3)) + 30 * np.eye(4)[LABELS, :3]
    assert aligned(10 * layer).i_ty == pytest.approx(aligned(layer).i_ty, abs=0.05)


def test_a_constant_layer_has_no_width():
    told = aligned(np.ones((60, 2)))
    assert told[:2] == (0, 0) and math.isnan(told.details["kernel_width"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_width": 0.0}, "input_width must be > 0, got 0.0"),
        ({"largest": 1}, "largest must be an integer ≥ 2, got 1"),
        ({"inputs": np.zeros((59, 1))}, "inputs must have 60 rows, got 59"),
        ({"inputs": np.zeros(60)}, r"inputs must be of shape \(samples, features\), got \(60,\)"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        aligned(np.eye(60), **options)
