"""Networks that score pairs of samples, and how they learn to."""

import copy
import math
from collections.abc import Callable
from typing import NamedTuple, TypedDict

import torch
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.randomness import Draw

WIDTH, FEATURES = 128, 32  # of both networks
QUICK = 10.0  # times the others' is the learning rate of the scale of distances
TAIL = 10.0  # nats of a score beyond which it falls with the logarithm of the distance
CHECK_EVERY, PATIENCE = 50, 8  # steps between looks at the samples kept for stopping; looks
SLOWER = 0.3  # what the learning rate is multiplied by after half the patience


class Parts(NamedTuple):
    """Samples of x and y for one purpose, shapes `(n, d_x)` and `(n, d_y)`."""

    x: Tensor
    y: Tensor


class Training(TypedDict, total=False):
    """How a critic is trained: the most steps, samples of a step, Adam's learning rate."""

    steps: int
    batch: int
    learning_rate: float


DEFAULTS: Training = {"steps": 2000, "batch": 512, "learning_rate": 1e-3}


class Critic(nn.Module):
    """Scores of all pairs, c − t ln(1 + |e^s g(x) − e^s h(y)|² / t): networks g and h, learnt s.

    A score falls as the squared distance of what the networks make of x and y, as the logarithm
    of a Gaussian does, but slowly for those far away: no outlier among pairs can rule their mean.
    """

    def __init__(self, d_x: int, d_y: int, draw: Draw) -> None:
        super().__init__()
        self.towers = nn.ModuleList(
            nn.Sequential(
                *(draw.layer(nn.Linear, size, WIDTH), nn.SiLU()),
                *(draw.layer(nn.Linear, WIDTH, WIDTH), nn.SiLU()),
                draw.layer(nn.Linear, WIDTH, FEATURES),
            )
            for size in (d_x, d_y)
        )
        self.scale, self.level = nn.Parameter(torch.zeros(())), torch.zeros(())

    def forward(self, part: Parts) -> Tensor:
        """Return scores, shape `(n, n)`; the pairs are on the diagonal."""
        scale = (QUICK * self.scale).exp()
        g, h = (scale * tower(side) for tower, side in zip(self.towers, part, strict=True))
        sizes = g.square().sum(dim=1, keepdim=True) + h.square().sum(dim=1)
        squared = torch.addmm(sizes, g, h.T, alpha=-2).clamp(min=0)  # rounding may be below
        return self.level - TAIL * (squared / TAIL).log1p()


def checked(training: Training) -> Training:
    """Return all options of a training.

    Raises:
        ValueError: If one is unknown or out of range.
    """
    for name in training:
        checks.choice("option", name, DEFAULTS)
    options: Training = {**DEFAULTS, **training}
    checks.integer("steps", options["steps"], minimum=1)
    checks.integer("batch", options["batch"], minimum=2)
    checks.real("learning_rate", options["learning_rate"], above=0)
    return options


def trained(
    train: Parts,
    stop: Parts | None,
    objective: Callable[[Tensor], Tensor],
    pace: Training,
    draw: Draw,
) -> tuple[Critic, int]:
    """Train until the objective on `stop` falls, if there is one.

    Args:
        train: Samples to learn from.
        stop: Others; None: all steps are taken.
        objective: Of scores, to be made large.
        pace: All options of a training.
        draw: Of initial weights and batches.

    Returns:
        The critic, as it was when that was largest, at the level where e^score is 1 in the mean
        over shuffled pairs of `train`; and the steps taken.
    """
    critic = Critic(train.x.shape[1], train.y.shape[1], draw)
    optimizer = torch.optim.Adam(critic.parameters(), lr=pace["learning_rate"], fused=True)
    best, value, waited, step = copy.deepcopy(critic.state_dict()), -math.inf, 0, 0
    if stop is not None:  # learning may be worse than knowing nothing
        value = float(values(critic, stop, objective, pace["batch"]).mean())
    while step < pace["steps"] and waited < PATIENCE:
        for _ in range(min(CHECK_EVERY, pace["steps"] - step)):
            rows = draw.permutation(len(train.x))[: pace["batch"]]
            optimizer.zero_grad()
            (-objective(critic(Parts(train.x[rows], train.y[rows])))).backward()
            optimizer.step()
            step += 1
        if stop is not None:
            now = float(values(critic, stop, objective, pace["batch"]).mean())
            waited = 0 if now > value else waited + 1
            if now > value:
                best, value = copy.deepcopy(critic.state_dict()), now
            elif waited == PATIENCE // 2:
                critic.load_state_dict(best)
                optimizer.param_groups[0]["lr"] *= SLOWER
    if stop is not None:
        critic.load_state_dict(best)
    critic.level = -values(critic, train, log_mean, pace["batch"]).mean()
    return critic, step


def values(
    critic: Critic, part: Parts, objective: Callable[[Tensor], Tensor], batch: int
) -> Tensor:
    """Return the objective of each whole batch of a part, or of all if it is smaller.

    Args:
        critic: Gives the scores.
        part: Samples.
        objective: Of scores, a number.
        batch: Samples of a batch.

    Returns:
        Shape `(batches,)`, float64, in the objective's units.
    """
    size = min(batch, len(part.x))
    with torch.no_grad():
        bounds = [
            objective(critic(Parts(part.x[low : low + size], part.y[low : low + size])).double())
            for low in range(0, len(part.x) - size + 1, size)
        ]
    return torch.stack(bounds)


def log_mean(scores: Tensor) -> Tensor:
    """Return the logarithm of the mean of e^scores over shuffled pairs."""
    n = len(scores)
    others = scores.flatten()[1:].view(n - 1, n + 1)[:, :-1].flatten()  # all off the diagonal
    top = others.argmax()
    total = others[top] - others.log_softmax(dim=0)[top]  # logsumexp is slow where e^ underflows
    return total - math.log(len(others))
