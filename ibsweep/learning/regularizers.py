"""Regularisers: what each adds to the loss, does to the activity, or asks of the weights.

Every number is a list with one value for each network of the ensemble, so that networks of one
sweep over, say, a penalty train together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.learning.growth import Growth
from ibsweep.learning.growth import growth as grow
from ibsweep.learning.placed import Placed
from ibsweep.randomness import Generators

Objective = Callable[[Tensor, Mapping[str, Tensor], Tensor, Tensor], Tensor]
PENULTIMATE = "penultimate"  # the last hidden layer, whatever its name


@dataclass(frozen=True)
class Regularizer:
    """What a regulariser does in training; what it leaves alone is None.

    Attributes:
        penalty: Hidden weights, shape `(members, weights)`, to what it adds to each loss, shape
            `(members,)`.
        perturb: Activity of a hidden layer, shape `(members, units, samples)`, and the noise
            stream, to the activity passed on.
        constrain: Changes a hidden weight matrix, shape `(members, units, inputs)`, in place after
            each step.
        activity_penalty: Activity of the hidden layers by name, input side first, each of shape
            `(members, units, samples)`, and the share of each sample in the mean over the batch,
            0 for one that only fills it up, shape `(members, samples)`, to what is added to each
            loss, shape `(members,)`.
        growth: Number of epochs done to what each member's `activity_penalty` is multiplied by,
            shape `(members,)`.
        objective: Takes the place of the squared error of a regression: inputs, shape `(members,
            features, samples)`, activity of the hidden layers by name, predictions, and
            targets, see `losses.squared_errors`, to each loss, shape `(members,)`.
        layers: The hidden layers that it names, of which there may be `penultimate`.
        numbers: The same as numbers, for the compiled engine: each member's penalty (`l1`, `l2`)
            or greatest norm (`norm`), by name; empty if that engine has no such regulariser.
    """

    penalty: Callable[[Tensor], Tensor] | None = None
    perturb: Callable[[Tensor, Generators], Tensor] | None = None
    constrain: Callable[[Tensor], None] | None = None
    activity_penalty: Callable[[Mapping[str, Tensor], Tensor], Tensor] | None = None
    growth: Growth | None = None
    objective: Objective | None = None
    layers: Sequence[str] = ()
    numbers: Mapping[str, Sequence[float]] = field(default_factory=dict)


def l1(*, penalty: Sequence[float]) -> Regularizer:
    """Add λ·Σ|w| over the hidden weights to the loss.

    Args:
        penalty: λ ≥ 0 of each member.

    Raises:
        ValueError: If a penalty is negative.
    """
    scale = Placed(_column("penalty", penalty, minimum=0))
    return Regularizer(
        penalty=lambda weights: scale.like(weights)[:, 0] * weights.abs().sum(dim=1),
        numbers={"l1": penalty},
    )


def l2(*, penalty: Sequence[float]) -> Regularizer:
    """Add λ·½·Σw² over the hidden weights (no biases, not the output layer) to the mean loss.

    Args:
        penalty: λ ≥ 0 of each member.

    Raises:
        ValueError: If a penalty is negative.

    References:
        Chelombiev et al. (2019), §3.1, arXiv:1902.09037; the form is that of their released code.
    """
    scale = Placed(_column("penalty", penalty, minimum=0) / 2)
    return Regularizer(
        penalty=lambda weights: scale.like(weights)[:, 0] * weights.square().sum(dim=1),
        numbers={"l2": penalty},
    )


def dropout(*, rate: Sequence[float]) -> Regularizer:
    """Set each hidden activity to zero with probability p, and divide the others by 1 − p.

    Args:
        rate: Probability p of each member, in [0, 1).

    Raises:
        ValueError: If a rate is not in [0, 1).

    References:
        Srivastava et al., Dropout, 2014. https://jmlr.org/papers/v15/srivastava14a.html
    """
    rates = _column("rate", rate, minimum=0, below=1).unsqueeze(-1)

    def drop(activity: Tensor, noise: Generators) -> Tensor:
        dropped = rates.to(activity)
        return activity * (noise.uniform(activity) >= dropped) / (1 - dropped)

    return Regularizer(perturb=drop)


def activity_noise(*, noise_std: Sequence[float]) -> Regularizer:
    """Add Gaussian noise to each hidden activity in training, not when measuring.

    Args:
        noise_std: Standard deviation of each member, in units of the activity.

    Raises:
        ValueError: If a standard deviation is negative.
    """
    stds = _column("noise_std", noise_std, minimum=0).unsqueeze(-1)
    return Regularizer(
        perturb=lambda activity, noise: activity + stds.to(activity) * noise.normal(activity)
    )


def max_norm(*, norm: Sequence[float]) -> Regularizer:
    """Shrink the incoming weights of each hidden unit to at most a given Euclidean norm.

    Args:
        norm: Greatest norm of each member.

    Raises:
        ValueError: If a norm is not positive.

    References:
        Srebro & Shraibman, Rank, trace-norm and max-norm, 2005; used with dropout by Srivastava et
        al. (2014).
    """
    norms = Placed(_column("norm", norm, above=0).unsqueeze(-1))

    def shrink(weights: Tensor) -> None:
        lengths = torch.linalg.vector_norm(weights, dim=2, keepdim=True)
        most = norms.like(weights)
        weights.mul_(torch.where(lengths > most, most / lengths, 1.0))

    return Regularizer(constrain=shrink, numbers={"norm": norm})


def activity_l2(
    *,
    penalty: Sequence[float],
    layers: Sequence[Sequence[str]],
    growth: Sequence[Mapping[str, Any] | None] = (None,),
) -> Regularizer:
    """Add λ times the mean of h² over samples and units to the loss, summed over chosen layers.

    Args:
        penalty: λ ≥ 0 of each member, per squared unit of the activity.
        layers: Of each member the hidden layers, by name or `penultimate` for the last of them;
            the same for all.
        growth: Of each member how λ grows, see `ibsweep.learning.growth`, or None; the same for
            all.

    Raises:
        ValueError: If a penalty is negative, or the layers are no list, or they or the growth
            differ.

    References:
        Sbailò & Ghiringhelli (2023), who penalise the penultimate layer.
        https://arxiv.org/abs/2310.08224
    """
    scale = Placed(_column("penalty", penalty, minimum=0))
    asked = [checks.sequence("layers", own, "a list of layers", least=1) for own in layers]
    if any(own != asked[0] for own in asked):
        raise ValueError(f"layers must be the same for all members, got {layers}")

    def mean_squares(hidden: Mapping[str, Tensor], shares: Tensor) -> Tensor:
        last = list(hidden)[-1]
        chosen = dict.fromkeys(last if name == PENULTIMATE else name for name in asked[0])
        means = [(hidden[name].square().mean(dim=1) * shares).sum(dim=1) for name in chosen]
        return scale.like(shares)[:, 0] * torch.stack(means).sum(dim=0)

    return Regularizer(
        activity_penalty=mean_squares, growth=grow(growth, penalty), layers=asked[0]
    )


def _column(name: str, values: Sequence[float], **rules: float) -> Tensor:
    """Check every member's value; float64, shape `(members, 1)`."""
    return torch.tensor(
        [[checks.real(name, value, **rules)] for value in values], dtype=torch.float64
    )
