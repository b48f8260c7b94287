"""Exact information in a layer whose activity is rounded to a few bits."""

from typing import Literal

from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.binning import equal_bins_information
from ibsweep.types import Information


def quantized_information(
    activity: Tensor,
    labels: Tensor,
    *,
    activity_range: tuple[float, float],
    bits: int = 8,
    range_over: Literal["network", "layer"] = "layer",
) -> Information:
    """Information in a layer whose units take 2^bits values, evenly spaced over a range.

    T is discrete then, and I(X;T) = H(T), I(T;Y) = H(T) − H(T|Y) of the samples are exact: this is
    the information of a network that computes in so many bits, not an estimate of another's.

    Args:
        activity: Activity, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        activity_range: Lowest and highest activity.
        bits: Bits a unit, 1 … 24.
        range_over: What `activity_range` is taken over, see `information.measure`.

    Returns:
        Information in bits, of shape `(…)`.

    Raises:
        ValueError: If an option is out of its range, or `activity` or `labels` is malformed.

    References:
        Lorenzen, Igel & Nielsen, Information bottleneck: exact analysis of (quantized) neural
        networks, 2022. https://arxiv.org/abs/2106.12912

    Example:
        >>> from torch import tensor
        >>> layer, labels = tensor([[0.0], [0.1], [0.9], [1.0]]), tensor([0, 1, 0, 1])
        >>> quantized_information(layer, labels, activity_range=(0.0, 1.0), bits=1)
        Information(i_xt=1.0, i_ty=0.0)
    """
    if checks.integer("bits", bits, minimum=1) > 24:
        raise ValueError(f"bits must be ≤ 24, got {bits}")
    return equal_bins_information(
        activity, labels, activity_range=activity_range, bins=2**bits, range_over=range_over
    )
