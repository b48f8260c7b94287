import numpy as np
import pytest
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression

from ibsweep.estimators import ksg


@pytest.mark.parametrize("variant", [1, 2])
@pytest.mark.parametrize("bits", [0.0, 1.0, 3.0])
def test_correlated_gaussians(rng, variant, bits):
    rho = np.sqrt(1 - 4.0**-bits)
    x, noise = rng.normal(size=(2, 4000))
    found = ksg.mutual_information(x, rho * x + np.sqrt(1 - rho**2) * noise, variant=variant)
    assert found.value == pytest.approx(bits, abs=4 * found.error + 0.02)


def test_agrees_with_scikit_learn_in_one_dimension(rng):
    x, noise = rng.normal(size=(2, 1000))
    y = np.sin(3 * x) + 0.3 * noise
    nats = mutual_info_regression(x[:, None], y, n_neighbors=3, random_state=0)[0]
    assert ksg.mutual_information(x, y).value == pytest.approx(nats / np.log(2), abs=1e-3)


def test_second_variant_is_the_published_formula(rng):
    x, y = rng.normal(size=(2, 60))
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    a, b = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    near = np.argsort(np.maximum(a, b), axis=1)[:, 1:4]
    n_x = (a <= np.take_along_axis(a, near, 1).max(1, keepdims=True) * (1 + 1e-9)).sum(1) - 1
    n_y = (b <= np.take_along_axis(b, near, 1).max(1, keepdims=True) * (1 + 1e-9)).sum(1) - 1
    nats = digamma(3) - 1 / 3 + digamma(60) - np.mean(digamma(n_x) + digamma(n_y))
    found = ksg.mutual_information(x, y, variant=2)
    assert found.value == pytest.approx(nats / np.log(2))


def test_scale_and_place_do_not_matter(rng):
    x, y = rng.normal(size=(2, 500, 2))
    y += x
    expected = ksg.mutual_information(x, y).value
    assert ksg.mutual_information(1e-9 * x, 1e6 + 1e3 * y).value == pytest.approx(expected)


def test_coarse_values_keep_their_information(rng):
    x = rng.integers(4, size=4000)
    found = ksg.mutual_information(x, x + rng.uniform(-0.5, 0.5, size=4000))
    assert found.value == pytest.approx(2.0, abs=0.1)


def test_variants_are_two():
    with pytest.raises(ValueError, match="variant must be 1 or 2, got 3"):
        ksg.mutual_information(np.eye(3), np.eye(3), variant=3)
