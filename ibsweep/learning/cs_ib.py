"""The information bottleneck for regression by Cauchy-Schwarz divergences: an objective."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.learning.placed import Placed
from ibsweep.learning.regularizers import Regularizer

TINY = 1e-12  # least variance of a unit, and least divergence that is divided by


def cs_ib(*, beta: Sequence[float], width: Sequence[float]) -> Regularizer:
    r"""Minimise D(p(y|x); q(ŷ|x)) + β·I(x;t) / √(I(x;x)·I(t;t)) in the place of the squared error.

    t is the last hidden layer, I the quadratic information of `estimators.cs_qmi` (in nats), D the
    divergence of conditional densities, both of kernels exp(−‖·‖²/(2 w² d)) of a batch. Inputs and
    activity are standardised in the batch, targets are taken as they are: let them have a standard
    deviation of about 1. With A(L) = Σ_j Σ_i K_ji L_ji / (Σ_i K_ji)² and K of the inputs,
    D = ln A(L_yy) + ln A(L_ŷŷ) − ln A(L_yŷ) − ln A(L_ŷy): the paper has twice one of the last two,
    which differ. The scale √d of widths is ours; without it, kernels of 128 units are 0
    between any two samples. Time and memory grow as the square of the batch.

    Args:
        beta: β ≥ 0 of each member.
        width: w > 0 of each member.

    Raises:
        ValueError: If a number is out of its range.

    References:
        Yu et al., Cauchy-Schwarz divergence information bottleneck for regression, 2024.
        https://arxiv.org/abs/2404.17951
    """
    betas = torch.tensor([checks.real("beta", one, minimum=0) for one in beta])
    widths = torch.tensor([checks.real("width", one, above=0) for one in width])
    scale, squared = Placed(betas), Placed(widths.double()[:, None, None] ** 2)

    def objective(
        inputs: Tensor, hidden: Mapping[str, Tensor], outputs: Tensor, targets: Tensor
    ) -> Tensor:
        y, shares = targets[:, :-1], targets[:, -1]
        w = squared.like(outputs)
        x, t = (standardised(h, shares) for h in (inputs, hidden[list(hidden)[-1]]))
        k, of_t = kernel(x, x, w), kernel(t, t, w)
        cross = quadratic(k, of_t, shares)
        own = quadratic(k, k, shares) * quadratic(of_t, of_t, shares)
        relative = cross / own.clamp_min(TINY).sqrt()
        return divergence(k, y, outputs, w, shares) + scale.like(outputs) * relative

    return Regularizer(objective=objective)


def standardised(rows: Tensor, shares: Tensor) -> Tensor:
    """Bring units to mean 0 and variance 1 over a batch.

    Args:
        rows: Shape `(members, d, samples)`.
        shares: Of each sample in a mean, shape `(members, samples)`.
    """
    weights = shares.unsqueeze(1)
    centred = rows - (rows * weights).sum(dim=2, keepdim=True)
    variance = (centred.square() * weights).sum(dim=2, keepdim=True)
    return centred * (variance + TINY).rsqrt()


def kernel(one: Tensor, other: Tensor, squared: Tensor) -> Tensor:
    """Return exp(−‖one_j − other_i‖²/(2 w² d)), shape `(members, samples, samples)`.

    Args:
        one: Shape `(members, d, samples)`.
        other: Likewise.
        squared: w², shape `(members, 1, 1)`.
    """
    products = torch.bmm(one.mT, other)
    squares = one.square().sum(dim=1).unsqueeze(2) + other.square().sum(dim=1).unsqueeze(1)
    distances = (squares - 2 * products).clamp_min(0)
    return (-distances / (2 * one.shape[1] * squared)).exp()


def quadratic(k: Tensor, other: Tensor, shares: Tensor) -> Tensor:
    """Return the quadratic information of two kernels, nats, shape `(members,)`.

    Args:
        k: Shape `(members, samples, samples)`, symmetric.
        other: Likewise.
        shares: Of each sample in a mean, shape `(members, samples)`.
    """
    weights = shares.unsqueeze(1)
    of_k, of_other = ((one * weights).sum(dim=2) for one in (k, other))
    joint = ((k * other * weights).sum(dim=2) * shares).sum(dim=1)
    apart = (of_k * shares).sum(dim=1) * (of_other * shares).sum(dim=1)
    mixed = (of_k * of_other * shares).sum(dim=1)
    return joint.log() + apart.log() - 2 * mixed.log()


def divergence(
    k: Tensor, y: Tensor, predictions: Tensor, squared: Tensor, shares: Tensor
) -> Tensor:
    """Return the divergence of predictions from the targets, given the inputs, in nats.

    Args:
        k: Kernel of the inputs, shape `(members, samples, samples)`.
        y: Targets, shape `(members, k, samples)`.
        predictions: Likewise.
        squared: w², shape `(members, 1, 1)`.
        shares: Of each sample in a mean, shape `(members, samples)`.
    """
    weights = k * shares.unsqueeze(1)
    sums = torch.where(shares > 0, weights.sum(dim=2), 1.0)  # fillers may be near no sample

    def log_mean(one: Tensor, other: Tensor) -> Tensor:
        near = (weights * kernel(one, other, squared)).sum(dim=2)
        return (near / sums.square() * shares).sum(dim=1).log()

    own = log_mean(y, y) + log_mean(predictions, predictions)
    return own - log_mean(y, predictions) - log_mean(predictions, y)
