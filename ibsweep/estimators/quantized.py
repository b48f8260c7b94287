"""Exact information in a layer whose units take few values."""

from functools import partial
from typing import Literal

from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.binning import distinct_information, equal_bins_information
from ibsweep.estimators.shared.layers import measure_layers
from ibsweep.types import Information


def quantized_information(
    activity: Tensor,
    labels: Tensor,
    *,
    activity_range: tuple[float, float],
    bits: int = 8,
    range_over: Literal["network", "layer"] = "layer",
    discrete: bool | None = None,
    population: bool | None = None,
) -> Information:
    """Information in a layer whose units take few values: by counting, exact of the samples.

    T is discrete, and I(X;T) = H(T), I(T;Y) = H(T) − H(T|Y). Of a network that computes in few
    bits (`quantization`) the activity itself is counted. Of another it is first rounded to 2^bits
    values, evenly spaced over a range: exact for the rounded layer, which the next one never got.

    Args:
        activity: Activity, shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        activity_range: Lowest and highest activity.
        bits: Bits a unit, 1 … 24; without effect where the activity is discrete already.
        range_over: What `activity_range` is taken over, see `information.measure`.
        discrete: Whether the activity takes few values already, so that it is counted as it is;
            None: no. `information.measure` says so.
        population: Whether the samples are all that there are, not drawn from more; None: not
            known. `information.measure` says so.

    Returns:
        Information in bits, of shape `(…)`. Detail, where `population` is false: `undersampled`,
        see `discrete.counted_information`.

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
    if discrete:
        measure = partial(distinct_information, population=population)
        return measure_layers(measure, activity, labels)
    return equal_bins_information(
        activity,
        labels,
        activity_range=activity_range,
        bins=2**bits,
        range_over=range_over,
        population=population,
    )
