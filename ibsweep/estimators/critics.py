"""Information bounded by networks that tell pairs from shuffled pairs, judged on other samples."""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypedDict, Unpack

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.estimators import samples
from ibsweep.estimators.whitening import whiten
from ibsweep.types import Estimate

Bound = Literal["mine", "nwj", "infonce", "smile"]
Judged = Literal["held_out", "in_sample"]

WIDTH, FEATURES = 128, 32  # of both networks
QUICK = 10.0  # times the others' is the learning rate of the scale of distances
TAIL = 10.0  # nats of a score beyond which it falls with the logarithm of the distance
CHECK_EVERY, PATIENCE = 50, 8  # steps between looks at the samples kept for stopping; looks
SLOWER = 0.3  # what the learning rate is multiplied by after half the patience
TAU = 5.0  # nats that smile limits log ratios to


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


class Method(NamedTuple):
    """What scores are trained to make large, and what is reported of them."""

    trained: Callable[[Tensor], Tensor]
    reported: Callable[[Tensor], Tensor]


class Critic(nn.Module):
    """Scores of all pairs, c − t ln(1 + |e^s g(x) − e^s h(y)|² / t): networks g and h, learnt s.

    A score falls as the squared distance of what the networks make of x and y, as the logarithm
    of a Gaussian does, but slowly for those far away: no outlier among pairs can rule their mean.
    """

    def __init__(self, d_x: int, d_y: int) -> None:
        super().__init__()
        self.towers = nn.ModuleList(
            nn.Sequential(
                *(nn.Linear(size, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU()),
                nn.Linear(WIDTH, FEATURES),
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


def mutual_information(
    x: ArrayLike,
    y: ArrayLike,
    *,
    bound: Bound,
    judged: Judged = "held_out",
    seed: int = 0,
    **training: Unpack[Training],
) -> Estimate:
    r"""Bound I(X;Y) from below by a critic f, two networks whose distance scores a pair.

    Half the samples train f (a quarter of those tells when to go on more slowly, and to stop), the
    other half is estimated on, in batches: mean over pairs J and over shuffled pairs P, in nats,
    of `mine` E_J f − ln E_P e^f; `nwj` E_J f − E_P e^(f − 1); `infonce` E_J[f − ln mean_j
    e^f(x_i, y_j)], at most ln batch; `smile` as mine with f clipped to ± 5 under e^f (no bound: it
    reads too much beyond 5 nats, and spreads less). `infonce` trains f by itself, `mine` for all
    others, where the constant in f is then what training pairs ask for: E_P e^f = 1, which is the
    best for `nwj` (that f being one more; a single shuffled pair that looks like a pair may rule
    its mean of e^f). x and y are in coordinates of unit covariance.

    Args:
        x: Shape `(n ≥ 16, d_x)`.
        y: Shape `(n, d_y)`.
        bound: Which; see above.
        judged: `held_out`, see above; `in_sample`, on the samples that trained f, all of them, for
            all steps: to show how far that reads too much, for nothing else.
        seed: Of weights, split and batches, ≥ 0.
        training: `steps`, most of Adam's, 2000 unless given; `batch`, samples of a step, ≥ 2
            (512); `learning_rate` of Adam, > 0 (1e-3), which falls as the bound does.

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
    checks.choice("judged", judged, ("held_out", "in_sample"))
    options = _checked(training)
    first, second, held = samples.pairs(x, y, dither=False)
    if not first.shape[1] or not second.shape[1]:
        return Estimate(0.0, np.nan, held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(checks.integer("seed", seed, minimum=0))
        train, stop, judge = _parts(first, second, judged)
        critic, taken = _trained(train, stop, BOUNDS[bound].trained, options)
    critic.level = -_values(critic, train, _log_mean, options["batch"]).mean()
    found = _values(critic, judge, BOUNDS[bound].reported, options["batch"]) / math.log(2)
    error = float(found.std() / len(found) ** 0.5) if len(found) > 1 else np.nan
    used = min(options["batch"], len(judge.x))
    held |= {"cap": math.log2(used) if bound == "infonce" else np.inf, "steps": float(taken)}
    return Estimate(float(found.mean()), error, held)


def _checked(training: Training) -> Training:
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


def _mine(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - _log_mean(scores)


def _nwj(scores: Tensor) -> Tensor:
    return 1 + scores.diagonal().mean() - _log_mean(scores).exp()


def _infonce(scores: Tensor) -> Tensor:
    own = torch.arange(len(scores))
    return math.log(len(scores)) - nn.functional.cross_entropy(scores, own)


def _smile(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - _log_mean(scores.clamp(-TAU, TAU))


def _log_mean(scores: Tensor) -> Tensor:
    """Return the logarithm of the mean of e^scores over shuffled pairs."""
    n = len(scores)
    others = scores.flatten()[1:].view(n - 1, n + 1)[:, :-1].flatten()  # all off the diagonal
    top = others.argmax()
    total = others[top] - others.log_softmax(dim=0)[top]  # logsumexp is slow where e^ underflows
    return total - math.log(len(others))


BOUNDS: Mapping[str, Method] = {
    "mine": Method(_mine, _mine),
    "nwj": Method(_mine, _nwj),
    "infonce": Method(_infonce, _infonce),
    "smile": Method(_mine, _smile),
}


def _parts(x: np.ndarray, y: np.ndarray, judged: Judged) -> tuple[Parts, Parts | None, Parts]:
    """Return the samples that train, those that tell when to stop, and those estimated on."""
    if len(x) < 16:
        raise ValueError(f"x must have ≥ 16 rows, got {len(x)}")
    rows = torch.randperm(len(x))
    whole = Parts(*(torch.from_numpy(whiten(side).points).float()[rows] for side in (x, y)))
    if judged == "in_sample":
        return whole, None, whole
    cuts = [3 * len(x) // 8, len(x) // 2]
    train, stop, judge = (
        Parts(*both)
        for both in zip(whole.x.tensor_split(cuts), whole.y.tensor_split(cuts), strict=True)
    )
    return train, stop, judge


def _trained(
    train: Parts,
    stop: Parts | None,
    objective: Callable[[Tensor], Tensor],
    pace: Training,
) -> tuple[Critic, int]:
    """Train until the objective on `stop` falls, if there is one.

    Returns:
        The critic, as it was when that was largest, and the steps taken.
    """
    critic = Critic(train.x.shape[1], train.y.shape[1])
    optimizer = torch.optim.Adam(critic.parameters(), lr=pace["learning_rate"], fused=True)
    best, value, waited, step = copy.deepcopy(critic.state_dict()), -math.inf, 0, 0
    if stop is not None:  # learning may be worse than knowing nothing
        value = float(_values(critic, stop, objective, pace["batch"]).mean())
    while step < pace["steps"] and waited < PATIENCE:
        for _ in range(min(CHECK_EVERY, pace["steps"] - step)):
            rows = torch.randperm(len(train.x))[: pace["batch"]]
            optimizer.zero_grad()
            (-objective(critic(Parts(train.x[rows], train.y[rows])))).backward()
            optimizer.step()
            step += 1
        if stop is not None:
            now = float(_values(critic, stop, objective, pace["batch"]).mean())
            waited = 0 if now > value else waited + 1
            if now > value:
                best, value = copy.deepcopy(critic.state_dict()), now
            elif waited == PATIENCE // 2:
                critic.load_state_dict(best)
                optimizer.param_groups[0]["lr"] *= SLOWER
    if stop is not None:
        critic.load_state_dict(best)
    return critic, step


def _values(
    critic: Critic, part: Parts, objective: Callable[[Tensor], Tensor], batch: int
) -> Tensor:
    """Return the objective of each whole batch of a part, or of all if it is smaller, nats."""
    size = min(batch, len(part.x))
    with torch.no_grad():
        found = [
            objective(critic(Parts(part.x[low : low + size], part.y[low : low + size])).double())
            for low in range(0, len(part.x) - size + 1, size)
        ]
    return torch.stack(found)
