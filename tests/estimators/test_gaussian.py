import numpy as np
import pytest
from scipy.stats import multivariate_normal

from ibsweep.estimators import gaussian


def test_entropy_of_gaussian_samples(rng):
    covariance = np.array([[4.0, 1.0], [1.0, 0.5]])
    rows = rng.multivariate_normal([9.0, -3.0], covariance, size=20_000)
    exact = multivariate_normal(cov=covariance).entropy() / np.log(2)
    found = gaussian.entropy(rows)
    assert found.value == pytest.approx(exact, abs=4 * found.error)
    assert found.error < 0.02


def test_few_samples_give_no_bias(rng):
    found = [gaussian.entropy(rng.normal(size=(8, 3))).value for _ in range(2000)]
    spread = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(1.5 * np.log2(2 * np.pi * np.e), abs=4 * spread)


@pytest.mark.parametrize("bits", [0.0, 1.5, 12.0])
def test_information_of_correlated_gaussians(rng, bits):
    rho = np.sqrt(1 - 4.0**-bits)
    x, noise = rng.normal(size=(2, 10_000, 1))
    found = gaussian.mutual_information(x, rho * x + np.sqrt(1 - rho**2) * noise)
    assert found.value == pytest.approx(bits, abs=4 * found.error + 1e-3)


def test_no_linear_map_of_either_vector_matters(rng):
    x = rng.normal(size=(500, 3))
    y = x[:, :2] + rng.normal(size=(500, 2))
    mapped = 1e3 * x @ rng.normal(size=(3, 3)) - 7
    expected = gaussian.mutual_information(x, y).value
    assert gaussian.mutual_information(mapped, 1e-4 * y).value == pytest.approx(expected)


def test_directions_without_variance_do_not_matter(rng):
    x = rng.normal(size=(500, 2))
    y = x + rng.normal(size=(500, 2))
    padded = np.column_stack([x, x.sum(axis=1), np.full(500, 3.0)])
    found = gaussian.mutual_information(padded, y)
    assert found.value == pytest.approx(gaussian.mutual_information(x, y).value)
    assert found.diagnostics["rank_x"] == 2
    assert gaussian.mutual_information(np.full(500, 3.0), y).value == 0.0


def test_classes_of_one_gaussian_each(rng):
    labels = np.arange(20_000) % 2
    x = rng.normal(size=20_000) * np.where(labels, 4.0, 0.25)
    spread = np.sqrt((16 + 1 / 16) / 2)  # of the Gaussian with the variance of all
    assert gaussian.label_information(x, labels).value == pytest.approx(np.log2(spread), abs=0.05)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([0.0, np.nan]), "x must be finite, got nan"),
        (np.zeros((2, 0)), r"x must be of shape \(n ≥ 1, d ≥ 1\), got \(2, 0\)"),
        (np.array(["a", "b"]), "x must hold real numbers, got <U1"),
        (np.zeros(3), "y must have 3 rows as x, got 2"),
    ],
)
def test_malformed_samples_are_errors(x, message):
    with pytest.raises(ValueError, match=message):
        gaussian.mutual_information(x, np.zeros(2))
