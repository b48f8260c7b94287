import numpy as np
import pytest
from scipy.special import gammaln

from ibsweep.estimators import kl, wkl


@pytest.mark.parametrize(
    ("dimensions", "largest", "support", "norm"),
    [
        (8, 5, "published", 33),
        (14, 5, "published", 1163),
        (8, 50, "full", 12),
        (14, 50, "full", 152),
    ],
)
def test_weights_have_the_stated_norms(dimensions, largest, support, norm):
    orders, found = wkl.weights(dimensions, largest=largest, support=support)
    assert np.abs(found).sum() == pytest.approx(norm, rel=0.03)
    assert found.sum() == pytest.approx(1, abs=1e-8)
    for power in range(1, dimensions // 4 + 1):
        terms = np.exp(gammaln(orders + 2 * power / dimensions) - gammaln(orders))
        assert found @ terms == pytest.approx(0, abs=1e-6 * np.abs(found * terms).sum())


def test_up_to_four_dimensions_it_is_the_plain_estimate(rng):
    x = rng.normal(size=(200, 4))
    assert wkl.entropy(x).value == kl.entropy(x).value


def test_entropy_of_gaussian_samples_in_eight_dimensions(rng):
    exact = 4 * np.log2(2 * np.pi * np.e)
    found = wkl.entropy(rng.normal(size=(4000, 8)))
    assert found.value == pytest.approx(exact, abs=4 * found.error)
    assert found.error < 0.1


def test_large_weights_are_warned_of(rng):
    with pytest.warns(RuntimeWarning, match="L1 norm of 11.. > 50"):
        found = wkl.entropy(rng.normal(size=(100, 14)), largest=5, support="published")
    assert found.diagnostics["weight_norm"] > 1000


def test_independent_vectors_and_separate_classes(rng):
    x, y = rng.normal(size=(2, 2000, 3))
    found = wkl.mutual_information(x, y)
    assert found.value == pytest.approx(0, abs=0.25)
    labels = np.arange(2000) % 2
    separate = wkl.label_information(x + 6 * labels[:, None], labels)
    assert separate.value == pytest.approx(1, abs=0.25)


def test_too_few_orders_are_an_error():
    with pytest.raises(ValueError, match="largest must be an integer ≥ 4, got 3"):
        wkl.weights(14, largest=3)
