"""Kernel dependences against closed forms and the published formulas, written out."""

import math

import numpy as np
import pytest

import ibsweep
from ibsweep.estimators.hsic import hsic, nhsic

LABELS = np.arange(64) % 4
BOTH = pytest.mark.parametrize("measure", [hsic, nhsic])


def dependences(measure, layer, labels=LABELS, *, inputs=None, **options):
    layer = np.asarray(layer, dtype=float)
    told = measure(layer, labels, inputs=layer if inputs is None else inputs, **options)
    assert math.isnan(told.i_xt) and math.isnan(told.i_ty)
    return told.details["dependence_xt"], told.details["dependence_ty"]


def kernel(points, sigma=5.0):
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    return np.exp(-squares / (2 * sigma**2 * points.shape[1]))


def centring(m):
    return np.eye(m) - 1 / m


def test_equal_kernels_are_aligned(rng):
    layer = rng.normal(size=(64, 3))
    assert dependences(hsic, layer)[0] == pytest.approx(1)
    assert dependences(hsic, np.eye(4)[LABELS])[1] == pytest.approx(1)
    turned = layer @ np.linalg.qr(rng.normal(size=(3, 3)))[0] + 7
    assert dependences(hsic, turned, inputs=layer)[0] == pytest.approx(1)


def test_alignment_written_out(rng):
    x, layer = rng.normal(size=(64, 5)), rng.normal(size=(64, 3))
    h = centring(64)
    a, b, c = (h @ kernel(one) @ h for one in (x, layer, np.eye(4)[LABELS]))
    xt, ty = dependences(hsic, layer, inputs=x)
    assert xt == pytest.approx(np.trace(a @ b) / np.sqrt(np.trace(a @ a) * np.trace(b @ b)))
    assert ty == pytest.approx(np.trace(b @ c) / np.sqrt(np.trace(b @ b) * np.trace(c @ c)))


def test_operator_written_out_with_one_side_centred_as_published(rng):
    x, layer = rng.normal(size=(64, 5)), rng.normal(size=(64, 3))
    h, ridge = centring(64), 1e-3 * 64 * np.eye(64)
    a, b, c = (kernel(one) @ h for one in (x, layer, np.eye(4)[LABELS]))
    a, b, c = (one @ np.linalg.inv(one + ridge) for one in (a, b, c))
    told = dependences(nhsic, layer, inputs=x, epsilon=1e-3)
    assert told == pytest.approx((np.trace(a @ b), np.trace(b @ c)))


def test_operator_of_equal_kernels_is_the_sum_over_the_spectrum(rng):
    layer = rng.normal(size=(64, 3))
    h = centring(64)
    spectrum = np.linalg.eigvalsh(h @ kernel(layer) @ h)
    expected = ((spectrum / (spectrum + 1e-5 * 64)) ** 2).sum()
    assert dependences(nhsic, layer)[0] == pytest.approx(expected, rel=1e-6)


def test_operator_of_four_classes_in_closed_form():
    """Three equal eigenvalues, of sixteen samples a class."""
    eigenvalue = 16 * (1 - math.exp(-2 / (2 * 25 * 4)))
    expected = 3 * (eigenvalue / (eigenvalue + 1e-5 * 64)) ** 2
    told = dependences(nhsic, np.eye(4)[LABELS])[1]
    assert told == pytest.approx(expected)
    assert told == pytest.approx(2.97, abs=0.01)


def test_with_the_label_at_most_one_less_than_the_classes(rng):
    layer = 100 * rng.normal(size=(64, 30))
    assert 0 <= dependences(nhsic, layer, epsilon=1e-9)[1] <= 3


@BOTH
def test_dependence_is_more_than_none(rng, measure):
    labels = np.arange(400) % 2
    dependent = rng.normal(size=(400, 3)) + 3 * labels[:, None]
    shuffled = rng.permutation(dependent)
    (xt, ty), (no_xt, no_ty) = (
        dependences(measure, layer, labels, inputs=dependent) for layer in (dependent, shuffled)
    )
    assert xt > 5 * no_xt and ty > 5 * no_ty


def test_a_constant_layer():
    inputs = np.arange(64.0)[:, None]
    told = dependences(hsic, np.full((64, 2), 0.3), inputs=inputs)
    assert all(math.isnan(value) for value in told)
    assert dependences(nhsic, np.full((64, 2), 0.3), inputs=inputs) == (0, 0)


@BOTH
def test_of_many_samples_evenly_spaced_ones_are_taken(rng, measure):
    layer, labels = rng.normal(size=(63, 3)), np.arange(63) % 3
    every_other = dependences(measure, layer[::2], labels[::2])
    assert dependences(measure, layer, labels, largest=32) == pytest.approx(every_other)


def test_the_smallest_activity_is_still_seen(rng):
    layer = rng.normal(size=(64, 3))
    small = dependences(hsic, 1e-9 * layer, inputs=0.01 * layer)[0]
    assert small == pytest.approx(1, abs=1e-4)


@BOTH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma": 0.0}, "sigma must be > 0, got 0.0"),
        ({"largest": 1}, "largest must be an integer ≥ 2, got 1"),
        ({"inputs": np.zeros((63, 1))}, "inputs must have 64 rows, got 63"),
        ({"inputs": np.zeros(64)}, r"inputs must be of shape \(samples, features\), got \(64,\)"),
    ],
)
def test_wrong_arguments_are_named(measure, options, message):
    with pytest.raises(ValueError, match=message):
        dependences(measure, np.eye(64), **options)


def test_the_regularisation_is_checked():
    with pytest.raises(ValueError, match="epsilon must be > 0, got 0.0"):
        dependences(nhsic, np.eye(64), epsilon=0.0)


def test_a_sweep_stores_them_beside_every_network(typed):
    estimators = "estimator=[ebab,hsic,nhsic]"
    ended = typed(estimators, "training=quick", "training.epochs=3", "floor_snapshots=0")
    assert ended.status == 0, ended.stderr
    curves = ibsweep.curves(ibsweep.runs()).set_index("estimator")
    for name in ("hsic", "nhsic"):
        assert curves.loc[name, ["dependence_xt", "dependence_ty"]].notna().all(axis=None)
        assert curves.loc[name, ["i_xt", "i_ty"]].isna().all(axis=None)
    assert curves.loc["hsic", "dependence_xt"].between(0, 1).all()
