"""Information bounded by networks that tell pairs from shuffled pairs, judged on other samples."""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.estimators import samples
from ibsweep.estimators.whitening import whiten
from ibsweep.types import Estimate

Bound = Literal["mine", "nwj", "infonce", "smile"]

WIDTH, FEATURES = 128, 32  # of both towers
CHECK_EVERY, PATIENCE = 50, 8  # steps between looks at the samples kept for stopping; looks
TAU = 5.0  # nats that smile limits log ratios to


class Parts(NamedTuple):
    """Samples of x and y for one purpose, shapes `(n, d_x)` and `(n, d_y)`."""

    x: Tensor
    y: Tensor


class Pace(NamedTuple):
    """How a critic is trained: the most steps, samples of a step, Adam's learning rate."""

    steps: int
    batch: int
    learning_rate: float


class Critic(nn.Module):
    """Scores of all pairs, the product of the features of x and of y."""

    def __init__(self, d_x: int, d_y: int) -> None:
        super().__init__()
        self.towers = nn.ModuleList(
            nn.Sequential(
                *(nn.Linear(size, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU()),
                nn.Linear(WIDTH, FEATURES),
            )
            for size in (d_x, d_y)
        )

    def forward(self, part: Parts) -> Tensor:
        """Return scores, shape `(n, n)`; the pairs are on the diagonal."""
        return self.towers[0](part.x) @ self.towers[1](part.y).T


def mutual_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    bound: Bound,
    steps: int = 2000,
    batch: int = 512,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> Estimate:
    r"""Bound I(X;Y) from below by a critic f, two networks whose product scores a pair.

    Half the samples train f (a quarter of those tells when to stop), the other half is estimated
    on, in batches: mean over pairs J and over shuffled pairs P, in nats, of
    `mine` E_J f − ln E_P e^f; `nwj` E_J f − E_P e^(f − 1); `infonce` E_J[f − ln mean_j e^f(x_i,
    y_j)], at most ln batch; `smile` as mine with f clipped to ± 5 under e^f, and trained to tell J
    from P (not a bound). x and y are in coordinates of unit covariance.

    Args:
        x: Shape `(n ≥ 16, d_x)`.
        y: Shape `(n, d_y)`.
        bound: Which; see above.
        steps: Most steps of Adam.
        batch: Samples of a step, ≥ 2.
        learning_rate: Of Adam, > 0.
        seed: Of weights, split and batches, ≥ 0.

    Returns:
        Bits, with the standard error over batches; 0 if `x` or `y` is constant. Diagnostics: those
        of `samples.Pair`; `cap`, the most that can be read (∞ but for infonce); `steps` taken.

    Raises:
        ValueError: If `x` or `y` is malformed or has too few rows, or an option is out of range.

    References:
        Belghazi et al., Mutual information neural estimation, 2018,
        https://arxiv.org/abs/1801.04062; Nguyen, Wainwright & Jordan, 2010,
        https://arxiv.org/abs/0809.0853; van den Oord, Li & Vinyals, 2018,
        https://arxiv.org/abs/1807.03748; Song & Ermon, 2020, https://arxiv.org/abs/1910.06222

    Example:
        >>> x = np.random.default_rng(0).normal(size=400)
        >>> mutual_information(x, np.zeros(400), bound="infonce").value
        0.0
    """
    checks.choice("bound", bound, BOUNDS)
    checks.integer("steps", steps, minimum=1)
    checks.integer("batch", batch, minimum=2)
    checks.real("learning_rate", learning_rate, above=0)
    first, second, held = samples.pairs(x, y, dither=False)
    if not first.shape[1] or not second.shape[1]:
        return Estimate(0.0, np.nan, held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(checks.integer("seed", seed, minimum=0))
        train, stop, judge = _parts(first, second)
        critic, taken = _trained(train, stop, BOUNDS[bound][0], Pace(steps, batch, learning_rate))
    found = _values(critic, judge, BOUNDS[bound][1], batch)
    error = float(found.std() / len(found) ** 0.5) if len(found) > 1 else np.nan
    used = min(batch, len(judge.x))
    held |= {"cap": math.log2(used) if bound == "infonce" else np.inf, "steps": float(taken)}
    return Estimate(float(found.mean()), error, held)


def _mine(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - _log_mean(scores)


def _nwj(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - (_log_mean(scores) - 1).exp()


def _infonce(scores: Tensor) -> Tensor:
    own = scores.diagonal() - scores.logsumexp(dim=1)
    return own.mean() + math.log(len(scores))


def _smile(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - _log_mean(scores.clamp(-TAU, TAU))


def _told_apart(scores: Tensor) -> Tensor:
    """Lower bound of the Jensen-Shannon divergence of pairs and shuffled pairs."""
    pairs, others = scores.diagonal(), _others(scores)
    return -nn.functional.softplus(-pairs).mean() - nn.functional.softplus(others).mean()


def _others(scores: Tensor) -> Tensor:
    return scores[~torch.eye(len(scores), dtype=torch.bool)]


def _log_mean(scores: Tensor) -> Tensor:
    others = _others(scores)
    return others.logsumexp(dim=0) - math.log(len(others))


BOUNDS: Mapping[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "mine": (_mine, _mine),  # what is trained, what is reported
    "nwj": (_nwj, _nwj),
    "infonce": (_infonce, _infonce),
    "smile": (_told_apart, _smile),
}


def _parts(x: np.ndarray, y: np.ndarray) -> list[Parts]:
    if len(x) < 16:
        raise ValueError(f"x must have ≥ 16 rows, got {len(x)}")
    rows = torch.randperm(len(x))
    whole = Parts(*(torch.from_numpy(whiten(side).points).float()[rows] for side in (x, y)))
    cuts = [0, 3 * len(x) // 8, len(x) // 2, len(x)]
    return [
        Parts(whole.x[low:high], whole.y[low:high])
        for low, high in zip(cuts[:-1], cuts[1:], strict=True)
    ]


def _trained(
    train: Parts,
    stop: Parts,
    objective: Callable[[Tensor], Tensor],
    pace: Pace,
) -> tuple[Critic, int]:
    """Train until the objective on `stop` falls; return the best critic and the steps taken."""
    critic = Critic(train.x.shape[1], train.y.shape[1])
    optimizer = torch.optim.Adam(critic.parameters(), lr=pace.learning_rate)
    best, value, waited, step = copy.deepcopy(critic), -math.inf, 0, 0
    while step < pace.steps and waited < PATIENCE:
        for _ in range(min(CHECK_EVERY, pace.steps - step)):
            rows = torch.randperm(len(train.x))[: pace.batch]
            optimizer.zero_grad()
            (-objective(critic(Parts(train.x[rows], train.y[rows])))).backward()
            optimizer.step()
            step += 1
        now = float(_values(critic, stop, objective, pace.batch).mean())
        waited = 0 if now > value else waited + 1
        if now > value:
            best, value = copy.deepcopy(critic), now
    return best, step


def _values(
    critic: Critic, part: Parts, objective: Callable[[Tensor], Tensor], batch: int
) -> Tensor:
    """Return the objective of each whole batch of a part, or of all if it is smaller, bits."""
    size = min(batch, len(part.x))
    with torch.no_grad():
        found = [
            objective(critic(Parts(part.x[low : low + size], part.y[low : low + size])).double())
            for low in range(0, len(part.x) - size + 1, size)
        ]
    return torch.stack(found) / math.log(2)
