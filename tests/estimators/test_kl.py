import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import differential_entropy, gamma

from ibsweep.estimators import kl


def test_entropy_of_a_gamma_distribution(rng):
    found = kl.entropy(rng.gamma(2.0, 3.0, size=20_000))
    exact = gamma(2.0, scale=3.0).entropy() / np.log(2)
    assert found.value == pytest.approx(exact, abs=4 * found.error)


def test_agrees_with_another_estimator_in_one_dimension(rng):
    x = rng.normal(size=5000)
    expected = differential_entropy(x, base=2)
    assert kl.entropy(x).value == pytest.approx(expected, abs=0.05)


def test_is_the_published_formula(rng):
    x = rng.normal(size=(40, 3))
    distances = np.linalg.norm(x[:, None] - x, axis=2)
    rho = np.sort(distances, axis=1)[:, 2]
    ball = 1.5 * np.log(np.pi) - gammaln(2.5)
    psi = 1 - np.euler_gamma  # ψ(2)
    nats = np.mean(np.log(39) + ball + 3 * np.log(rho) - psi)
    found = kl.entropy(x, neighbours=2, whiten=False)
    assert found.value == pytest.approx(nats / np.log(2))


def test_a_linear_map_adds_its_volume(rng):
    x, matrix = rng.normal(size=(300, 3)), rng.normal(size=(3, 3))
    volume = np.log2(abs(np.linalg.det(matrix)))
    assert kl.entropy(x @ matrix).value == pytest.approx(kl.entropy(x).value + volume)


def test_equal_rows_are_counted_and_change_little(rng):
    x = rng.normal(size=(10_000, 2))
    y = x + rng.normal(size=(10_000, 2))
    clean = kl.mutual_information(x, y)
    x[:50], y[:50] = x[50:100], y[50:100]
    found = kl.mutual_information(x, y)
    assert found.diagnostics["ties"] == 100
    assert found.value == pytest.approx(clean.value, abs=0.05)


def test_a_linear_function_tells_everything(rng):
    x = rng.normal(size=(100, 2))
    assert kl.mutual_information(x, x @ [[1.0], [2.0]]).value == np.inf


def test_separate_classes(rng):
    labels = np.arange(4000) % 2
    x = rng.normal(size=(4000, 2)) + 100 * labels[:, None]
    assert kl.label_information(x, labels).value == pytest.approx(1.0, abs=0.06)


def test_neighbours_are_at_least_one():
    with pytest.raises(ValueError, match="neighbours must be an integer ≥ 1, got 0"):
        kl.entropy(np.eye(3), neighbours=0)
