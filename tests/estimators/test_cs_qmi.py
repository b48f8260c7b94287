"""Quadratic information by the Cauchy-Schwarz divergence: closed forms of kernels."""

import math

import numpy as np
import pytest

from ibsweep.estimators.cs_qmi import label_information, mutual_information, of_kernels


def blocks(*sizes):
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    return (numbers[:, None] == numbers).astype(float)


@pytest.mark.parametrize("width", [0.1, 1.0, "median"])
def test_all_pairs_of_two_sets_carry_nothing(rng, width):
    one, other = rng.normal(size=(7, 2)), rng.normal(size=(9, 3))
    rows = [(a, b) for a in range(7) for b in range(9)]
    first, second = (list(index) for index in zip(*rows, strict=True))
    x, y = one[first], other[second]
    assert mutual_information(x, y, width=width).value == pytest.approx(0, abs=1e-9)


def test_what_is_constant_carries_nothing(rng):
    x = rng.normal(size=(20, 2))
    assert mutual_information(x, np.full((20, 3), 0.3)).value == 0
    assert label_information(np.zeros((20, 1)), np.arange(20) % 2).value == 0
    assert label_information(x, np.zeros(20, dtype=int)).value == 0


@pytest.mark.parametrize("sizes", [(8, 8, 8, 8), (3, 5, 8), (1, 30)])
def test_classes_by_themselves(sizes):
    p = np.array(sizes) / sum(sizes)
    expected = 3 * math.log2((p**2).sum()) - 2 * math.log2((p**3).sum())
    assert of_kernels(blocks(*sizes), blocks(*sizes)) == pytest.approx(expected)


def test_equal_classes_and_single_samples():
    assert of_kernels(blocks(8, 8, 8, 8), blocks(8, 8, 8, 8)) == pytest.approx(2)
    assert of_kernels(np.eye(64), np.eye(64)) == pytest.approx(6)


def test_classes_far_apart_are_what_the_labels_are():
    labels = np.repeat(np.arange(4), 16)
    far = 100.0 * np.eye(4)[labels]
    assert label_information(far, labels, width=0.05).value == pytest.approx(2)
    assert mutual_information(far, labels, width=0.05).value == pytest.approx(2)


def test_it_is_the_formula_written_out(rng):
    x, y = rng.normal(size=(2, 12))
    z = [(v - v.mean()) / v.std() for v in (x, y)]
    k, other = (np.exp(-((v[:, None] - v) ** 2) / (2 * 0.7**2)) for v in z)
    n = 12
    joint = sum(k[i, j] * other[i, j] for i in range(n) for j in range(n)) / n**2
    apart = k.sum() * other.sum() / n**4
    mixed = sum(k[:, j].sum() * other[:, j].sum() for j in range(n)) / n**3
    expected = math.log2(joint) + math.log2(apart) - 2 * math.log2(mixed)
    assert mutual_information(x, y, width=0.7).value == pytest.approx(expected)


def test_scale_and_place_do_not_matter_and_dependence_shows(rng):
    x, noise = rng.normal(size=(2, 400))
    first = mutual_information(x, x + 0.1 * noise).value
    assert mutual_information(5 - 3 * x, x + 0.1 * noise).value == pytest.approx(first)
    assert first > 10 * mutual_information(x, noise).value > 0


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"width": 0}, "width .* must be > 0, got 0"),
        ({"width": "wide"}, "width .* must be"),
        ({"largest": 1}, "largest must be an integer ≥ 2, got 1"),
    ],
)
def test_options_out_of_range(options, rule):
    with pytest.raises(ValueError, match=rule):
        mutual_information(np.arange(4), np.arange(4), **options)


def test_samples_must_be_as_many():
    with pytest.raises(ValueError, match="y must have 4 rows as x, got 3"):
        mutual_information(np.arange(4), np.arange(3))
