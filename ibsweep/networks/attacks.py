"""Small changes of patterns that a network answers wrongly, found by its gradient."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.networks.base import Network
from ibsweep.networks.weights import Layout

_NUMBERS_AT_ONCE = 2**22  # activities of the network at a time


@dataclass(frozen=True)
class Attack:
    """Steps of the sign of the loss's gradient, none of them farther than ε from the pattern.

    Attributes:
        epsilon: ε ≥ 0, the largest change of a number of a pattern.
        step: α ≥ 0, the change in one step.
        steps: Number of steps, ≥ 1.
        random_start: Whether they begin at a random place within ε.
        within_range: Whether changed patterns stay between the lowest and highest number of all.
    """

    epsilon: float
    step: float
    steps: int
    random_start: bool
    within_range: bool

    def __post_init__(self) -> None:
        checks.real("epsilon", self.epsilon, minimum=0)
        checks.real("step", self.step, minimum=0)
        checks.integer("steps", self.steps, minimum=1)
        checks.truth("random_start", self.random_start)
        checks.truth("within_range", self.within_range)


def fgsm(*, epsilon: float, within_range: bool) -> Attack:
    """One step: x + ε sign ∇ℓ(x).

    Args:
        epsilon: ε ≥ 0, the largest change of a number of a pattern.
        within_range: Whether changed patterns stay between the lowest and highest number of all.

    Raises:
        ValueError: If an option is out of its range.

    References:
        Goodfellow, Shlens & Szegedy, Explaining and harnessing adversarial examples, 2015.
        https://arxiv.org/abs/1412.6572
    """
    return Attack(epsilon, epsilon, 1, random_start=False, within_range=within_range)


def pgd(
    *, epsilon: float, step: float, steps: int, random_start: bool, within_range: bool
) -> Attack:
    """Many steps, each projected on what is within ε of the pattern (and on the range).

    Args:
        epsilon: ε ≥ 0, the largest change of a number of a pattern.
        step: α ≥ 0, the change in one step.
        steps: Number of steps, ≥ 1.
        random_start: Whether they begin at a random place within ε.
        within_range: Whether changed patterns stay between the lowest and highest number of all.

    Raises:
        ValueError: If an option is out of its range.

    References:
        Madry et al., Towards deep learning models resistant to adversarial attacks, 2018.
        https://arxiv.org/abs/1706.06083
    """
    return Attack(epsilon, step, steps, random_start=random_start, within_range=within_range)


def attacked(
    attack: Attack,
    network: Network,
    weights: Tensor,
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    limits: tuple[float, float],
    seed: int,
) -> np.ndarray:
    """Change patterns so that a network is wrong about them.

    Its gradient is that of the network without noise.

    Args:
        attack: How.
        network: The network's kind.
        weights: Its weights, shape `(width,)`.
        inputs: Patterns, shape `(samples, features)`.
        labels: Class of each, shape `(samples,)`.
        limits: Lowest and highest number of all patterns.
        seed: Of the random start.

    Returns:
        Patterns, shape `(samples, features)`, float64.
    """
    patterns = torch.from_numpy(inputs).to(torch.float64)
    low, high = patterns - attack.epsilon, patterns + attack.epsilon
    if attack.within_range:
        low, high = low.clamp_min(limits[0]), high.clamp_max(limits[1])
    start = patterns
    if attack.random_start:
        draws = np.random.default_rng(seed).uniform(-1, 1, size=inputs.shape)
        start = patterns + attack.epsilon * torch.from_numpy(draws)
    size = max(_NUMBERS_AT_ONCE // (inputs.shape[1] + sum(network.units)), 1)
    known = torch.from_numpy(labels).long()
    pieces = []
    for first in range(0, len(inputs), size):
        rows = slice(first, first + size)
        changed = start[rows].clamp(low[rows], high[rows])
        for _ in range(attack.steps):
            uphill = _gradient(network, weights, changed, known[rows]).sign()
            changed = (changed + attack.step * uphill).clamp(low[rows], high[rows])
        pieces.append(changed)
    return torch.cat(pieces).numpy()


def _gradient(network: Network, weights: Tensor, patterns: Tensor, labels: Tensor) -> Tensor:
    """Return a gradient of the sign of the cross-entropy's, shape `(samples, features)`.

    It is that of the log odds against the label, of which the cross-entropy is a rising function:
    it does not vanish in rounding where the network is sure.
    """
    columns = patterns.to(weights).T.contiguous().requires_grad_()
    parameters = Layout(network.parameters).views(weights[None])
    logits = network.forward(parameters, columns[None])[-1][0].T
    own = torch.nn.functional.one_hot(labels, logits.shape[1]).bool()
    against = logits.masked_fill(own, -torch.inf).logsumexp(dim=1) - logits[own]
    (gradient,) = torch.autograd.grad(against.sum(), [columns])
    return gradient.T.to(patterns)
