"""Information bounded by networks that tell pairs from shuffled pairs, judged on other samples."""

import math
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Unpack

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ibsweep import checks, samples
from ibsweep.estimators.shared.critic_networks import (
    Parts,
    Training,
    checked,
    log_mean,
    trained,
    values,
)
from ibsweep.estimators.shared.whitening import whiten
from ibsweep.randomness import Draw
from ibsweep.types import Estimate

Bound = Literal["mine", "nwj", "infonce", "smile"]
Judged = Literal["held_out", "in_sample"]

TAU = 5.0  # nats that smile limits log ratios to


class Method(NamedTuple):
    """What scores are trained to make large, and what is reported of them."""

    trained: Callable[[Tensor], Tensor]
    reported: Callable[[Tensor], Tensor]


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
    options = checked(training)
    first, second, diagnostics = samples.pairs(x, y, dither=False)
    if not first.shape[1] or not second.shape[1]:
        return Estimate(0.0, np.nan, diagnostics)
    draw = Draw(checks.integer("seed", seed, minimum=0))
    train, stop, judge = _parts(first, second, judged, draw)
    critic, taken = trained(train, stop, BOUNDS[bound].trained, options, draw)
    bits = values(critic, judge, BOUNDS[bound].reported, options["batch"]) / math.log(2)
    error = float(bits.std() / len(bits) ** 0.5) if len(bits) > 1 else np.nan
    used = min(options["batch"], len(judge.x))
    diagnostics |= {
        "cap": math.log2(used) if bound == "infonce" else np.inf,
        "steps": float(taken),
    }
    return Estimate(float(bits.mean()), error, diagnostics)


def _mine(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - log_mean(scores)


def _nwj(scores: Tensor) -> Tensor:
    return 1 + scores.diagonal().mean() - log_mean(scores).exp()


def _infonce(scores: Tensor) -> Tensor:
    own = torch.arange(len(scores))
    return math.log(len(scores)) - nn.functional.cross_entropy(scores, own)


def _smile(scores: Tensor) -> Tensor:
    return scores.diagonal().mean() - log_mean(scores.clamp(-TAU, TAU))


BOUNDS: Mapping[str, Method] = {
    "mine": Method(_mine, _mine),
    "nwj": Method(_mine, _nwj),
    "infonce": Method(_infonce, _infonce),
    "smile": Method(_mine, _smile),
}


def _parts(
    x: np.ndarray, y: np.ndarray, judged: Judged, draw: Draw
) -> tuple[Parts, Parts | None, Parts]:
    """Return the samples that train, those that tell when to stop, and those estimated on."""
    if len(x) < 16:
        raise ValueError(f"x must have ≥ 16 rows, got {len(x)}")
    rows = draw.permutation(len(x))
    whole = Parts(*(torch.from_numpy(whiten(side).points).float()[rows] for side in (x, y)))
    if judged == "in_sample":
        return whole, None, whole
    cuts = [3 * len(x) // 8, len(x) // 2]
    train, stop, judge = (
        Parts(*both)
        for both in zip(whole.x.tensor_split(cuts), whole.y.tensor_split(cuts), strict=True)
    )
    return train, stop, judge
