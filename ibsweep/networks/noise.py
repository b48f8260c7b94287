"""Noise that makes a network stochastic, in training and, unlike a regulariser's, when measured.

In a deterministic network I(X;T) is infinite or constant; with noise it is a finite quantity.
Layers are recorded after their activation and before the noise at the input of the next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.networks.base import Inject
from ibsweep.randomness import Generators, stream_seed


@dataclass(frozen=True)
class Noise:
    """One kind of noise.

    Attributes:
        apply: Input of a layer, shape `(members, units, samples)`, and the noise stream, to what
            the layer gets.
        sites: Layers at whose input it is; None: all.
        when_measuring: Whether it is there when activity is measured, too.
        variance: Of additive noise; None for other kinds.
    """

    apply: Callable[[Tensor, Generators], Tensor]
    sites: Sequence[str] | None
    when_measuring: bool = True
    variance: float | None = None

    def is_at(self, layer: str) -> bool:
        """Say whether it is at the input of a layer."""
        return self.sites is None or layer in self.sites


def relative(*, noise_std: float, sites: Sequence[str] | str) -> Noise:
    """Multiply each value by 1 + σ·ε, with ε standard normal.

    Args:
        noise_std: σ > 0, as a part of the value.
        sites: Layers at whose input it is, or `all`.

    Raises:
        ValueError: If σ is not positive, or the sites are not names.

    References:
        Released code of Butakov et al. (2024), arXiv:2305.08013. It bounds no capacity.
    """
    std = checks.real("noise_std", noise_std, above=0)

    def vary(activity: Tensor, stream: Generators) -> Tensor:
        return activity * _once(stream.normal(activity)).mul(std).add_(1)

    return Noise(vary, _sites(sites))


def additive(*, noise_std: float, sites: Sequence[str] | str) -> Noise:
    """Add isotropic Gaussian noise.

    Args:
        noise_std: Standard deviation σ > 0, in units of the layer's input.
        sites: Layers at whose input it is, or `all`.

    Raises:
        ValueError: If σ is not positive, or the sites are not names.

    References:
        Goldfeld et al., Estimating information flow in deep neural networks, 2019.
        https://arxiv.org/abs/1810.05728
    """
    std = checks.real("noise_std", noise_std, above=0)
    where = _sites(sites)
    return Noise(
        lambda activity, stream: activity + std * stream.normal(activity), where, variance=std**2
    )


def dropout(*, rate: float, sites: Sequence[str] | str, when_measuring: bool) -> Noise:
    """Set each value to zero with probability p, and divide the others by 1 − p.

    Args:
        rate: Probability p, in [0, 1).
        sites: Layers at whose input it is, or `all`.
        when_measuring: Whether to do so when activity is measured, too.

    Raises:
        ValueError: If the rate is not in [0, 1), or the sites are not names.

    References:
        Srivastava et al., Dropout, 2014. https://jmlr.org/papers/v15/srivastava14a.html
    """
    p = checks.real("rate", rate, minimum=0, below=1)
    checks.truth("when_measuring", when_measuring)

    def drop(activity: Tensor, stream: Generators) -> Tensor:
        kept = _once(stream.uniform(activity)) >= p
        return activity * kept.to(activity.dtype).div_(1 - p)

    return Noise(drop, _sites(sites), when_measuring)


def _once(drawn: Tensor) -> Tensor:
    """Return what members that share it have drawn but once, shape `(1, …)`."""
    return drawn[:1] if drawn.stride(0) == 0 else drawn


def injection(noises: Sequence[Noise], stream: Generators) -> Inject | None:
    """Return what noises do to the input of each layer, drawn from a stream; None if nothing."""
    if not noises:
        return None

    def inject(layer: str, activity: Tensor) -> Tensor:
        for noise in noises:
            if noise.is_at(layer):
                activity = noise.apply(activity, stream)
        return activity

    return inject


class MeasuringNoise(NamedTuple):
    """The noise of a network that is measured: the same whenever an epoch is measured.

    Attributes:
        noises: All of the network's noises.
        seed: Of the network's stream `noise`.
        epochs: Epoch of each snapshot.
    """

    noises: Sequence[Noise]
    seed: int
    epochs: Sequence[int]

    def inject(self, snapshots: int) -> Inject | None:
        """Return what the noises do, drawn for each epoch from a stream of its own.

        Args:
            snapshots: Number of snapshots; beyond those of `epochs` they repeat the last.
        """
        seeds = [stream_seed("measuring", self.seed, int(epoch)) for epoch in self.epochs]
        seeds += seeds[-1:] * (snapshots - len(seeds))
        active = [noise for noise in self.noises if noise.when_measuring]
        return injection(active, Generators("measuring", seeds))


def capacity(power: Tensor, *, units: int, variance: float) -> Tensor:
    r"""Most bits that a layer can pass through additive noise: (d/2)·log2(1 + P/σ²).

    Args:
        power: Mean square P of the layer's activity.
        units: Number d of its units.
        variance: σ² of the noise, > 0.

    References:
        Shannon, Communication in the presence of noise, 1949.
        https://doi.org/10.1109/JRPROC.1949.232969

    Example:
        >>> capacity(torch.tensor(3.0), units=4, variance=1.0)
        tensor(4.)
    """
    return units / 2 * torch.log2(1 + power / variance)


def _sites(sites: Sequence[str] | str) -> Sequence[str] | None:
    """Return the layers' names; None for all.

    Raises:
        ValueError: If they are neither `all` nor a list of names.
    """
    if sites == "all":
        return None
    return checks.sequence("sites", sites, "all or a list of layers", least=1)
