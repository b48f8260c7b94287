"""Dependence of a layer on input and label by kernels (HSIC), normalised. No information."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import pdist, squareform
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.layers import Classes, evenly_spaced, measure_layers, patterns_of
from ibsweep.types import Information

Normalise = Callable[[np.ndarray], np.ndarray]


def hsic(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    sigma: float = 5.0,
    largest: int = 512,
) -> Information:
    r"""Measure dependence by the cosine of two kernel matrices, centred kernel alignment.

    With K_ij = exp(−‖h_i − h_j‖² / (2 σ² d)) of a vector of d numbers, likewise of one-hot labels,
    and K̃ its centred form, a dependence is ⟨K̃_a, K̃_b⟩ / (‖K̃_a‖ ‖K̃_b‖): 0 to 1, 1 of equal
    kernels. Of few samples it is more than 0 without any dependence: compare equal numbers.

    Args:
        activity: Activity h, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Patterns X, shape `(samples, features)`.
        sigma: σ, > 0: a kernel is σ √d wide, in the units of its vectors.
        largest: Of more samples, as many evenly spaced ones are taken; ≥ 2.

    Returns:
        NaN, NaN and the details `dependence_xt` (X and T) and `dependence_ty` (T and Y), without a
        unit, of shape `(…)`; NaN of what is constant.

    Raises:
        ValueError: If an option is out of its range, or an argument is malformed.

    References:
        Kornblith et al., Similarity of neural network representations revisited, 2019,
        https://arxiv.org/abs/1905.00414; Cortes, Mohri & Rostamizadeh, Algorithms for learning
        kernels based on centered alignment, 2012, https://arxiv.org/abs/1203.0550

    Example:
        >>> layer, labels = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 0, 1, 1])
        >>> details = hsic(layer, labels, inputs=layer).details
        >>> {name: round(value, 6) for name, value in details.items()}
        {'dependence_xt': 1.0, 'dependence_ty': 1.0}
    """
    x = patterns_of(inputs, activity)
    measure = _dependences(x, _to_unit_length, sigma=sigma, largest=largest)
    return measure_layers(measure, activity, labels)


def nhsic(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    sigma: float = 5.0,
    epsilon: float = 1e-5,
    largest: int = 512,
) -> Information:
    r"""Measure dependence by the normalised cross-covariance operator of two kernels.

    With K̃ as for `hsic`, of m samples, and S = K̃ (K̃ + ε m I)⁻¹, a dependence is Tr(S_a S_b) ≥ 0:
    Σ (λ / (λ + ε m))² for equal kernels of eigenvalues λ, and with the label less than C − 1 of C
    classes. Takes time in proportion to m³.

    Args:
        activity: As for `hsic`.
        labels: As for `hsic`.
        inputs: As for `hsic`.
        sigma: As for `hsic`.
        epsilon: ε, > 0.
        largest: As for `hsic`; m, and so the values, depend on it.

    Returns:
        As `hsic`, but that a dependence of what is constant is 0.

    Raises:
        ValueError: As `hsic`.

    References:
        Ma, Lewis & Kleijn, The HSIC bottleneck: deep learning without back-propagation, 2020, §3,
        https://arxiv.org/abs/1908.01580; Sakamoto & Sato, 2024, https://arxiv.org/abs/2402.09050;
        Fukumizu et al., Kernel measures of conditional dependence, 2007, for the operator.

    Example:
        >>> layer, labels = np.eye(4), np.arange(4)
        >>> nhsic(layer, labels, inputs=np.zeros((4, 1))).details["dependence_xt"]
        0.0
    """
    checks.real("epsilon", epsilon, above=0)
    normalise = partial(_regularised, epsilon=epsilon)
    x = patterns_of(inputs, activity)
    measure = _dependences(x, normalise, sigma=sigma, largest=largest)
    return measure_layers(measure, activity, labels)


def _dependences(
    patterns: np.ndarray, normalise: Normalise, *, sigma: float, largest: int
) -> Callable[[Tensor, Classes], Information]:
    """Return what measures a layer."""
    checks.real("sigma", sigma, above=0)
    rows = evenly_spaced(len(patterns), largest)
    x = normalise(_kernel(patterns[rows].astype(np.float64), sigma))

    def measure(layer: Tensor, classes: Classes) -> Information:
        t = normalise(_kernel(layer.double().cpu().numpy()[rows], sigma))
        y = normalise(_kernel(np.eye(classes.total)[classes.of[rows]], sigma))
        details = {"dependence_xt": float((x * t).sum()), "dependence_ty": float((t * y).sum())}
        return Information(math.nan, math.nan, details)

    return measure


def _kernel(points: np.ndarray, sigma: float) -> np.ndarray:
    """Return the centred kernel matrix; that of the kernel less 1, which loses no small distance.

    Args:
        points: Shape `(m, d)`.
        sigma: Width.
    """
    squares = squareform(pdist(points, "sqeuclidean"))
    kernel = np.expm1(-squares / (2 * sigma**2 * points.shape[1]))
    means = kernel.mean(axis=0)
    return kernel - means - means[:, None] + means.mean()


def _to_unit_length(kernel: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(kernel)
    return kernel / length if length > 0 else np.full_like(kernel, math.nan)


def _regularised(kernel: np.ndarray, *, epsilon: float) -> np.ndarray:
    """Return S."""
    m = len(kernel)
    return cho_solve(cho_factor(kernel + epsilon * m * np.eye(m)), kernel)
