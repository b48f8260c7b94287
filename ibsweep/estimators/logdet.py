"""Information of a layer with Gaussian noise, as if it were Gaussian: a log determinant."""

import math
from functools import partial
from typing import Literal

from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.layers import Classes, measure_layers
from ibsweep.types import Information

Scale = Literal["fixed", "variance"]


def logdet_information(
    activity: Tensor, labels: Tensor, *, beta: float = 1.0, scale: Scale = "fixed"
) -> Information:
    r"""Information in a layer as if its activity were Gaussian and had Gaussian noise.

    Ĥ(Σ) = ½ log2 det(I + β Σ), with Σ the covariance of the activity h (divided by N);
    I(X;T) = Ĥ(Σ), I(T;Y) = Ĥ(Σ) − Σ_y p(y) Ĥ(Σ_y), with Σ_y that of a class.

    Ĥ is the information of a Gaussian h with its sum T = h + N(0, I / β). As no h of that
    covariance tells more, it is an upper bound of I(X;T) for noise of variance 1 / β, exact for
    Gaussian h. It is not limited by log2 N. I(T;Y) is a difference of two such bounds: it is never
    negative, but may be more than H(Y).

    Args:
        activity: Activity h, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        beta: β, > 0, in inverse squared units of `activity`; with `scale="variance"` a number.
        scale: `fixed`: β is `beta`; `variance`: β is `beta` over the mean variance of the layer's
            units, so that rescaling a layer changes nothing.

    Returns:
        Information in bits, of shape `(…)`; 0 of a constant layer.

    Raises:
        ValueError: If an option is out of its range, or `activity` or `labels` is malformed.

    References:
        Zhouyin & Liu, Understanding neural networks with logarithm determinant entropy estimator,
        2021, https://arxiv.org/abs/2105.03705

    Example:
        Variance 3 within noise of variance 1 is ½ log2(1 + 3) bits:

        >>> from torch import tensor
        >>> layer = 3**0.5 * tensor([[1.0], [1.0], [-1.0], [-1.0]]).double()
        >>> bits = logdet_information(layer, tensor([0, 0, 1, 1]))
        >>> round(bits.i_xt, 9), round(bits.i_ty, 9)
        (1.0, 1.0)
    """
    checks.real("beta", beta, above=0)
    checks.choice("scale", scale, ("fixed", "variance"))
    return measure_layers(partial(_information, beta=beta, scale=scale), activity, labels)


def _information(
    layer: Tensor, classes: Classes, *, beta: float, scale: Scale
) -> tuple[float, float]:
    h = layer.double().cpu().contiguous()
    h = h - h[0]  # so that a constant layer is exactly 0
    variance = float(h.var(dim=0, correction=0).mean())
    if variance == 0:
        return 0.0, 0.0
    if scale == "variance":
        beta = beta / variance
    whole, classwise = _entropy(h, beta), 0.0
    for one in range(classes.total):
        rows = h[classes.of == one]
        classwise += len(rows) / len(h) * _entropy(rows, beta)
    return whole, whole - classwise


def _entropy(rows: Tensor, beta: float) -> float:
    """Return Ĥ of the rows' covariance, from the smaller of the two Gram matrices."""
    centred = rows - rows.mean(dim=0)
    n, d = rows.shape
    gram = centred.T @ centred if d <= n else centred @ centred.T
    gram.mul_(beta / n).diagonal().add_(1)
    if not gram.isfinite().all():
        raise ValueError(f"beta must not make squared activity overflow, got {beta}")
    return float(gram.logdet()) / (2 * math.log(2))
