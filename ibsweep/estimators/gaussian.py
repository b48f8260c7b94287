"""Entropy and information of the Gaussian with the samples' covariance: the baseline."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma

from ibsweep import samples
from ibsweep.estimators import entropic
from ibsweep.estimators.shared.whitening import whiten
from ibsweep.types import Estimate


def entropy(x: ArrayLike) -> Estimate:
    r"""Entropy that a Gaussian of the samples' covariance S would have.

    ĥ = ½ ln((2πe)^d det S) − b in nats, where b = ½ Σ_{i=1..d} ψ((n − i)/2) − ½ d ln(n/2) is the
    mean of ½ ln det S for Gaussian samples of covariance 1, so that ĥ has no bias for Gaussian
    samples.

    Args:
        x: Shape `(n, d)`.

    Returns:
        Bits; −∞ if the covariance is singular.

    Raises:
        ValueError: If `x` is malformed.

    References:
        Cover & Thomas, Elements of information theory, 2nd ed. 2006, theorem 8.4.1; Misra, Singh &
        Demchuk, Estimation of the entropy of a multivariate normal distribution, 2005, for b.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(9999, 1))
        >>> round(entropy(rows).value, 1)  # ½ log2 2πe = 2.047
        2.0
    """
    points, volume = whiten(samples.vectors("x", x))
    n, d = points.shape
    degrees = np.arange(n - d, n) / 2
    bias = (digamma(degrees).sum() - d * np.log(n / 2)) / 2 if n > d else 0.0
    terms = (d * np.log(2 * np.pi) + (points**2).sum(axis=1)) / 2 + volume - bias
    return entropic.estimate(terms / np.log(2))


def mutual_information(x: ArrayLike, y: ArrayLike) -> Estimate:
    """Information between two vectors if they were jointly Gaussian.

    ĥ(x) + ĥ(y) − ĥ(x, y), each as in `entropy`. For others than Gaussian vectors it is neither an
    upper nor a lower bound.

    Args:
        x: Shape `(n, d_x)`.
        y: Shape `(n, d_y)`.

    Returns:
        Bits.

    Raises:
        ValueError: If `x` or `y` is malformed.

    References:
        Cover & Thomas, Elements of information theory, 2nd ed. 2006, example 8.5.1.

    Example:
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 9999, 1))
        >>> round(mutual_information(x, x + noise).value, 1)  # ½ log2 2
        0.5
    """
    return entropic.mutual_information(x, y, entropy=entropy, dither=False)


def label_information(x: ArrayLike, labels: ArrayLike) -> Estimate:
    """Information between a vector and its class if each class, and the whole, were Gaussian.

    Args:
        x: Shape `(n, d)`.
        labels: Shape `(n,)`, integer.

    Returns:
        Bits.

    Raises:
        ValueError: If `x` or `labels` is malformed.

    References:
        Cover & Thomas, Elements of information theory, 2nd ed. 2006, theorem 8.4.1.
    """
    return entropic.label_information(x, labels, entropy=entropy)
