"""Log determinants against closed forms and against the noise that they stand for."""

import numpy as np
import pytest
import torch

from ibsweep.estimators.logdet import logdet_information
from ibsweep.estimators.sp import sp_information

LABELS = torch.arange(400) % 2


def corners(d, variance):
    """Samples of mean 0 and covariance `variance` times the identity, exactly."""
    offsets = np.sqrt(variance * d) * np.eye(d)
    return torch.from_numpy(np.concatenate([offsets, -offsets]))


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("d", [1, 3, 10])
@pytest.mark.parametrize("beta", [0.5, 1.0, 100.0])
def test_independent_units_of_equal_variance(d, beta):
    variance, labels = 0.3, torch.arange(2 * d) % d  # h and -h: a class has the mean 0
    bits = logdet_information(corners(d, variance), labels, beta=beta)
    assert bits.i_xt == pytest.approx(d / 2 * np.log2(1 + beta * variance))
    one_direction = np.log2(1 + beta * variance * d) / 2
    assert bits.i_ty == pytest.approx(bits.i_xt - one_direction, abs=1e-12)


def test_classes_that_are_points_tell_what_the_layer_holds():
    layer = torch.tensor([[0.0, 1.0], [4.0, 1.0]])[LABELS]
    bits = logdet_information(layer, LABELS)
    assert bits[:2] == pytest.approx([np.log2(1 + 2**2) / 2] * 2)


def test_is_the_determinant_written_out():
    layer, labels = normal(60, 4) @ normal(4, 4, seed=1), np.arange(60) % 3
    rows = layer.numpy()

    def entropy(part):
        sigma = np.cov(part.T, bias=True)
        return np.log2(np.linalg.det(np.eye(4) + 2 * sigma)) / 2

    whole = entropy(rows)
    classwise = np.mean([entropy(rows[labels == one]) for one in range(3)])
    bits = logdet_information(layer, torch.from_numpy(labels), beta=2.0)
    assert bits[:2] == pytest.approx((whole, whole - classwise))


def test_more_units_than_samples():
    layer = normal(10, 7)
    turned = layer @ torch.linalg.qr(normal(50, 50, seed=1))[0][:7]
    expected = logdet_information(layer, LABELS[:10])
    assert logdet_information(turned, LABELS[:10])[:2] == pytest.approx(expected[:2])


@pytest.mark.parametrize("noise_variance", [0.01, 0.3, 4.0])
def test_no_layer_with_such_noise_tells_more(noise_variance):
    layer = normal(400, 3).tanh()
    noisy = sp_information(layer, LABELS, noise_variance=noise_variance).i_xt
    assert logdet_information(layer, LABELS, beta=1 / noise_variance).i_xt > noisy


def test_normal_activity_with_such_noise_tells_as_much():
    layer, labels = normal(2000, 2), torch.zeros(2000, dtype=torch.int64)
    noisy = sp_information(layer, labels, noise_variance=1.0, draws=50)
    error = noisy.details["i_xt_error"]
    bits = logdet_information(layer, labels)
    assert bits.i_xt == pytest.approx(noisy.i_xt, abs=0.02 + 3 * error)
    assert bits.i_xt == pytest.approx(1.0, abs=0.05)  # 2 units of ½ log2(1 + 1)


def test_scaled_noise_does_not_mind_rescaling():
    layer = normal(400, 3).tanh()
    first, second = (
        logdet_information(factor * layer, LABELS, scale="variance") for factor in (1, 1000)
    )
    assert first[:2] == pytest.approx(second[:2])
    assert logdet_information(corners(3, 7.0), LABELS[:6], scale="variance").i_xt == (
        pytest.approx(1.5)
    )


@pytest.mark.parametrize("scale", ["fixed", "variance"])
def test_what_is_too_small_to_have_a_variance_tells_nothing(scale):
    assert logdet_information(1e-200 * normal(400, 2), LABELS, scale=scale)[:2] == (0, 0)


def test_more_noise_tells_less_and_classes_never_less_than_nothing():
    layer = normal(400, 5)
    bits = [logdet_information(layer, LABELS, beta=beta) for beta in (0.1, 1.0, 10.0)]
    assert [one.i_xt for one in bits] == sorted(one.i_xt for one in bits)
    assert all(one.i_ty >= 0 for one in bits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 0.0}, "beta must be > 0, got 0.0"),
        ({"scale": "max"}, "scale must be one of fixed, variance, got 'max'"),
        ({"beta": 1e308}, "beta must not make squared activity overflow, got 1e[+]308"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        logdet_information(100 * normal(400, 2), LABELS, **options)
