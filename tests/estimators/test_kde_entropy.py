import numpy as np
import pytest
from scipy.stats import gaussian_kde

from ibsweep.estimators import kde_entropy


def test_entropy_of_gaussian_samples(rng):
    x = rng.normal(size=(3000, 2)) @ [[2.0, 1.0], [0.0, 0.1]]
    exact = np.log2(2 * np.pi * np.e * 0.2)
    assert kde_entropy.entropy(x).value == pytest.approx(exact, abs=0.1)


def test_is_a_kernel_density_without_the_sample_itself(rng):
    x = rng.normal(size=60)
    found = kde_entropy.entropy(x)
    width = found.diagnostics["bandwidth"]
    white = (x - x.mean()) / x.std()
    densities = []
    for i in range(60):
        others = np.delete(white, i)
        density = gaussian_kde(others, bw_method=width / others.std(ddof=1))
        densities.append(density(white[i])[0] / x.std())
    assert found.value == pytest.approx(-np.mean(np.log2(densities)))


def test_correlated_gaussians_and_classes(rng):
    x, noise = rng.normal(size=(2, 2000))
    assert kde_entropy.mutual_information(x, x + noise).value == pytest.approx(0.5, abs=0.1)
    labels = np.arange(2000) % 2
    assert kde_entropy.label_information(x + 20 * labels, labels).value == pytest.approx(
        1, abs=0.1
    )


def test_one_sample_has_no_density():
    with pytest.raises(ValueError, match="x must have ≥ 2 rows, got 1"):
        kde_entropy.entropy(np.zeros((1, 2)))
