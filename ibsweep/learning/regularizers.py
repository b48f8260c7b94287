"""Regularisers: what each adds to the loss, does to the activity, or asks of the weights.

Every number is a list with one value for each network of the ensemble, so that networks of one
sweep over, say, a penalty train together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ibsweep import checks, promises
from ibsweep.learning.placed import Placed
from ibsweep.randomness import Generators


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
        numbers: The same as numbers, for the compiled engine: each member's penalty (`l1`, `l2`)
            or greatest norm (`norm`), by name; empty if that engine has no such regulariser.
    """

    penalty: Callable[[Tensor], Tensor] | None = None
    perturb: Callable[[Tensor, Generators], Tensor] | None = None
    constrain: Callable[[Tensor], None] | None = None
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


def try_regularizer(regularizer: Regularizer) -> None:
    """Try what was made for `promises.MEMBERS` networks: no member may matter to another.

    Raises:
        ValueError: If it mixes members, draws random numbers of its own, or returns what does not
            fit.
    """
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(promises.MEMBERS, 12, generator=generator)
    if regularizer.penalty is not None:
        rule = "penalty must be one number a member, of its own weights alone"
        rule += f", got {promises.shown(regularizer.penalty)}"
        added = promises.tried(rule, regularizer.penalty, weights)
        if added.shape != weights.shape[:1] or not added.isfinite().all():
            raise ValueError(f"{rule}, which gives {added.tolist()}")
        promises.check_apart(rule, regularizer.penalty, weights, axes=[0])
    if regularizer.perturb is not None:
        try_perturbation("perturb", regularizer.perturb)
    if regularizer.constrain is not None:
        rule = "constrain must change each member's weights by themselves, in place"
        rule += f", got {promises.shown(regularizer.constrain)}"
        change = regularizer.constrain

        def changed(weights: Tensor) -> Tensor:
            own = weights.clone()
            change(own)
            return own

        matrices = weights.reshape(promises.MEMBERS, 4, 3)
        promises.tried(rule, changed, matrices)
        promises.check_apart(rule, changed, matrices, axes=[0])


def try_perturbation(name: str, perturb: Callable[[Tensor, Generators], Tensor]) -> None:
    """Try what acts on the activity of an ensemble: no member may matter to another.

    Args:
        name: What it is, for the message.
        perturb: Activity of shape `(members, units, samples)` and a stream to other activity.

    Raises:
        ValueError: If it mixes members, changes its input, draws from other random numbers than
            the stream's, or returns another shape or type.
    """
    rule = f"{name} must draw from its stream alone, for each member by itself"
    rule += f", got {promises.shown(perturb)}"
    activity = torch.linspace(-1, 1, 24).reshape(promises.MEMBERS, 4, 2)

    def apply(activity: Tensor) -> Tensor:
        return perturb(activity, Generators("noise", range(promises.MEMBERS)))

    noisy = promises.tried(rule, apply, activity)
    if noisy.shape != activity.shape or noisy.dtype != activity.dtype:
        raise ValueError(f"{rule}, which returns {tuple(noisy.shape)} of {noisy.dtype}")
    promises.check_apart(rule, apply, activity, axes=[0])


def _column(name: str, values: Sequence[float], **rules: float) -> Tensor:
    """Check every member's value; float64, shape `(members, 1)`."""
    return torch.tensor(
        [[checks.real(name, value, **rules)] for value in values], dtype=torch.float64
    )
