"""Tasks of continuous targets: Friedman's function, a linear Gaussian one, the diabetes data."""

import numpy as np
from sklearn.datasets import load_diabetes

from ibsweep import checks
from ibsweep.types import Dataset

_USED = 5  # features that Friedman's function is of


def friedman(*, samples: int, features: int, noise_std: float, seed: int) -> Dataset:
    r"""Friedman's first function of five uniform features, with Gaussian noise.

    y = 10 sin(π x₁x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅ + noise, of features that are uniform in
    [0, 1]; further ones tell nothing. The targets are y less its mean, divided by its standard
    deviation.

    Args:
        samples: ≥ 2.
        features: ≥ 5.
        noise_std: Standard deviation of the noise in units of y, ≥ 0; that of the function is
            about 4.9.
        seed: Of features and noise.

    Raises:
        ValueError: If a number is out of its range.

    References:
        Friedman, Multivariate adaptive regression splines, 1991, §4.3.
        https://doi.org/10.1214/aos/1176347963

    Example:
        >>> friedman(samples=100, features=10, noise_std=1.0, seed=0).targets.shape
        (100, 1)
    """
    _check(samples, noise_std, seed)
    checks.integer("features", features, minimum=_USED)
    generator = np.random.default_rng(seed)
    x = generator.random((samples, features))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    y += 10 * x[:, 3] + 5 * x[:, 4] + noise_std * generator.standard_normal(samples)
    return Dataset.regression(x, _standardised(y))


def linear_gaussian(*, samples: int, features: int, noise_std: float, seed: int) -> Dataset:
    r"""A target that is a sum of normal features and normal noise: its information is known.

    y = a·x + σ·noise, with equal weights of |a| = 1. I(X;Y) = ½ log2(1 + 1/σ²) bits, and so much
    is I(T;Y) of every layer from which a·x can be told.

    Args:
        samples: ≥ 2.
        features: ≥ 1.
        noise_std: σ > 0.
        seed: Of features and noise.

    Raises:
        ValueError: If a number is out of its range.

    References:
        Cover & Thomas, Elements of information theory, 2nd ed. 2006, example 8.5.1.

    Example:
        >>> linear_gaussian(samples=100, features=3, noise_std=0.5, seed=0).inputs.shape
        (100, 3)
    """
    _check(samples, noise_std, seed)
    checks.real("noise_std", noise_std, above=0)
    checks.integer("features", features, minimum=1)
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((samples, features))
    y = x.sum(axis=1) / np.sqrt(features) + noise_std * generator.standard_normal(samples)
    return Dataset.regression(x, y[:, None])


def diabetes() -> Dataset:
    """Scikit-learn's diabetes data: how 442 patients' disease went on, from ten measurements.

    Features and target are brought to mean 0 and standard deviation 1.

    References:
        Efron, Hastie, Johnstone & Tibshirani, Least angle regression, 2004.
        https://doi.org/10.1214/009053604000000067

    Example:
        >>> diabetes().inputs.shape
        (442, 10)
    """
    bundled = load_diabetes()
    x = (bundled.data - bundled.data.mean(axis=0)) / bundled.data.std(axis=0)
    return Dataset.regression(x, _standardised(bundled.target))


def _check(samples: int, noise_std: float, seed: int) -> None:
    checks.integer("samples", samples, minimum=2)
    checks.real("noise_std", noise_std, minimum=0)
    checks.seed("seed", seed)


def _standardised(y: np.ndarray) -> np.ndarray:
    return ((y - y.mean()) / y.std())[:, None]
