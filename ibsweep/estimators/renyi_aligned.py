"""Matrix-based information with the kernel that agrees best with the labels."""

import math

import numpy as np
from scipy.linalg import eigvalsh
from scipy.spatial.distance import pdist, squareform
from scipy.special import entr
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.layers import Classes, evenly_spaced, measure_layers, patterns_of
from ibsweep.types import Information

NARROWEST, WIDEST = 0.3, 10.0  # kernel widths tried: an activity; times the mean distance
TRIED = 300


def aligned_information(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    input_width: float = 8.0,
    largest: int = 100,
) -> Information:
    r"""Information of a layer from spectra of kernel matrices, the width chosen by the labels.

    I(X;T) = S(A_x) + S(A_t) − S(A_x∘A_t / tr), I(T;Y) likewise, with S(A) = −Σ_i λ_i log2 λ_i of
    the eigenvalues of A, which is A_ij = (1/r) exp(−‖h_i − h_j‖² / s²) of r samples. Of labels the
    kernel is 1 within a class and 0 between classes. Of 300 widths s from .3 to 10 times the mean
    distance of two samples, that of the layer is the one of the largest ⟨A_t, A_y⟩ / ‖A_t‖, at
    each epoch by itself (the paper averages it over iterations). Activity is not rescaled.

    Both depend on r and on `input_width`, do not tend to Shannon's information, and are at most
    log2 r: compare values of equal r. As the width depends on the labels, I(T;Y) of permuted
    labels is not 0.

    Args:
        activity: Activity h, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Patterns X, shape `(samples, features)`.
        input_width: s of the inputs, > 0, in their units; theirs, 8, is for MNIST.
        largest: r: of more samples, as many evenly spaced ones are taken; ≥ 2. Theirs are batches
            of 100.

    Returns:
        Information in bits, of shape `(…)`, 0 of a constant layer; the detail `kernel_width` is
        the s of the layer, in units of `activity`, NaN of a constant layer.

    Raises:
        ValueError: If an option is out of its range, or an argument is malformed.

    References:
        Wickstrøm et al., Analysis of deep convolutional neural networks using tensor kernels and
        matrix-based entropy, 2023, https://doi.org/10.3390/e25060899 (2019,
        https://arxiv.org/abs/1909.11396). With one width for all channels its tensor kernel is
        that of the flattened layer.

    Example:
        >>> layer, labels = 100 * np.eye(4)[[0, 0, 1, 1]], np.array([0, 0, 1, 1])
        >>> bits = aligned_information(layer, labels, inputs=layer)
        >>> round(bits.i_xt, 6), round(bits.i_ty, 6)
        (1.0, 1.0)
    """
    checks.real("input_width", input_width, above=0)
    patterns = patterns_of(inputs, activity).astype(np.float64)
    rows = evenly_spaced(len(patterns), largest)
    x = _kernel(pdist(patterns[rows], "sqeuclidean"), input_width)

    def measure(layer: Tensor, classes: Classes) -> Information:
        squares = pdist(layer.double().cpu().numpy()[rows], "sqeuclidean")
        if not squares.any():
            return Information(0.0, 0.0, {"kernel_width": math.nan})
        of = classes.of[rows]
        same = of[:, None] == of
        width = _aligned_width(squares, squareform(same, checks=False))
        t, y = _kernel(squares, width), same.astype(float)
        return Information(_information(x, t), _information(t, y), {"kernel_width": width})

    return measure_layers(measure, activity, labels)


def _aligned_width(squares: np.ndarray, same: np.ndarray) -> float:
    """Return the width of the kernel that is most like that of the labels.

    Args:
        squares: Squared distances of all pairs of samples.
        same: Whether they are of one class, of that shape.
    """
    n = (1 + math.isqrt(1 + 8 * len(squares))) // 2
    widths = np.linspace(NARROWEST, WIDEST * np.sqrt(squares).mean(), TRIED)

    def alignment(width: float) -> float:
        kernel = np.exp(-squares / width**2)
        return float((n + 2 * kernel[same].sum()) / math.sqrt(n + 2 * (kernel @ kernel)))

    return float(widths[np.argmax([alignment(width) for width in widths])])


def _kernel(squares: np.ndarray, width: float) -> np.ndarray:
    kernel = squareform(np.exp(-squares / width**2))
    np.fill_diagonal(kernel, 1)
    return kernel


def _information(a: np.ndarray, b: np.ndarray) -> float:
    return _entropy(a) + _entropy(b) - _entropy(a * b)


def _entropy(kernel: np.ndarray) -> float:
    spectrum = np.abs(eigvalsh(kernel / len(kernel)))  # negative by rounding alone
    return float(entr(spectrum).sum()) / math.log(2)
