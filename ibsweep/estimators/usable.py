"""Information that a family of predictors can use: what a trained probe tells on other samples."""

import copy
import math
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep import checks
from ibsweep.estimators.shared.layers import Classes, measure_layers
from ibsweep.randomness import Draw
from ibsweep.types import Information

Probe = Literal["linear", "mlp"]

WIDTH = 64  # hidden units of the mlp
FEWEST = 16  # samples
RIDGE = 1.0  # penalty of the regression, as much as one sample of variance 1
STOPPING = 4  # one of so many known samples tells when to stop
TINY = 1e-300  # least deviation of a unit
LOOK_EVERY, PATIENCE = 5, 4  # steps between looks at the samples kept for stopping; looks


class Parts(NamedTuple):
    """Row numbers: `known`, those to train the probe and to tell it when to stop; to judge it."""

    known: np.ndarray
    train: np.ndarray
    stop: np.ndarray
    judge: np.ndarray


def usable_information(
    activity: Tensor,
    labels: Tensor,
    *,
    inputs: np.ndarray,
    probe: Probe = "linear",
    steps: int = 200,
    seed: int = 0,
) -> Information:
    r"""Information in a layer T that predictors of one family V can use.

    I_V(T→Y) = H_V(Y) − H_V(Y|T) in bits: mean log loss of the shares of the classes, less that of
    a probe q(y|t). Half of each class's samples train it (a quarter of those tells when to stop),
    the other half judges both. It starts at the shares, so that a layer that tells it nothing
    reads about 0; a probe that does worse than they reads less than 0. At most H(Y).

    I_V(T→X) = ½ Σ_i log2(1 / (1 − R_i²)), with R_i² that of the ridge regression from T to the
    input x_i on the judging half: what linear predictors with normal errors use. Inputs count one
    by one, at most some log2 N bits each: for independent inputs it is comparable with I(X;T).

    Neither is an information of T alone. A layer can make usable what the one before it held in
    another form, so both may rise from layer to layer: `violations/processing` is no error here.

    Args:
        activity: Activity, shape `(…, samples ≥ 16, units)`, fewer if it is constant.
        labels: Class of each sample, shape `(samples,)`, integer.
        inputs: Patterns X, shape `(samples, features)`; constant ones do not count.
        probe: V for the class: `linear`, a softmax regression; `mlp`, with 64 hidden units.
        steps: Most steps of L-BFGS, ≥ 1, rounded up to a multiple of 5.
        seed: Of halves and initial weights, ≥ 0, the same for all layers and epochs.

    Returns:
        Information in bits, of shape `(…)`: I_V(T→X), I_V(T→Y). 0 of a constant layer.

    Raises:
        ValueError: If an option is out of its range, or `activity` or `labels` is malformed.

    References:
        Xu et al., A theory of usable information under computational constraints, 2020,
        definition 2 and §4; https://arxiv.org/abs/2002.10689

    Example:
        >>> labels = np.arange(200) % 2
        >>> layer = labels[:, None] + 0.01 * np.random.default_rng(0).normal(size=(200, 3))
        >>> round(usable_information(layer, labels, inputs=np.zeros((200, 1))).i_ty, 2)
        1.0
    """
    checks.choice("probe", probe, ("linear", "mlp"))
    checks.integer("steps", steps, minimum=1)
    checks.integer("seed", seed, minimum=0)
    hidden = WIDTH if probe == "mlp" else 0
    measure = partial(_information, inputs=inputs, hidden=hidden, steps=steps, seed=seed)
    return measure_layers(measure, activity, labels)


def _information(
    layer: Tensor, classes: Classes, *, inputs: np.ndarray, hidden: int, steps: int, seed: int
) -> tuple[float, float]:
    h = layer.double().cpu().contiguous()
    if (h == h[0]).all():
        return 0.0, 0.0
    draw = Draw(seed)
    parts = _parts(classes, draw)
    rows = _standardised(h, parts.known)
    if not rows.shape[1]:
        return 0.0, 0.0
    x = torch.from_numpy(np.array(inputs, dtype=np.float64))
    of = torch.from_numpy(classes.of)
    shares = of[parts.known].bincount(minlength=classes.total).double() / len(parts.known)
    probe = _probe(rows.shape[1], shares, hidden, draw)
    _train(probe, rows, of, parts, steps)
    with torch.no_grad():
        left = _loss(probe, rows, of, parts.judge)
    without = -shares.log()[of[parts.judge]].mean()
    return _of_inputs(rows, x, parts), float(without - left) / math.log(2)


def _parts(classes: Classes, draw: Draw) -> Parts:
    """Split each class's samples into halves, the larger one to train; draw what tells to stop."""
    n, sizes = len(classes.of), np.bincount(classes.of)
    if n < FEWEST or sizes.max() < 2:
        got = f"{n}, at most {sizes.max()} of a class"
        raise ValueError(f"activity must have ≥ {FEWEST} samples, ≥ 2 of a class, got {got}")
    drawn = draw.permutation(n).numpy()
    by_class = drawn[np.argsort(classes.of[drawn], kind="stable")]
    place = np.empty(n, dtype=np.int64)
    place[by_class] = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    known = drawn[place[drawn] % 2 == 0]
    stop = np.arange(len(known)) % STOPPING == 0
    return Parts(known, known[~stop], known[stop], np.flatnonzero(place % 2 == 1))


def _standardised(h: Tensor, known: np.ndarray) -> Tensor:
    """Return the columns that vary on known rows, of mean 0 and variance 1 there."""
    kept = h[:, (h[known] != h[known[0]]).any(dim=0)]
    deviation = kept[known].std(dim=0, correction=0)
    return (kept - kept[known].mean(dim=0)) / deviation.clamp(min=TINY)


def _of_inputs(rows: Tensor, x: Tensor, parts: Parts) -> float:
    """Return ½ Σ log2 of the inputs' squared errors about their means over those given T."""
    varying = [(x[part] != x[part[0]]).any(dim=0) for part in (parts.known, parts.judge)]
    x = x[:, varying[0] & varying[1]]
    centred, z = x - x[parts.known].mean(dim=0), rows[parts.known]
    normal = z.T @ z + RIDGE * torch.eye(z.shape[1], dtype=z.dtype)
    weights = torch.linalg.solve(normal, z.T @ centred[parts.known])
    judged = centred[parts.judge]
    left = (judged - rows[parts.judge] @ weights).square().sum(dim=0)
    return float((judged.square().sum(dim=0) / left).log2().sum()) / 2


def _probe(units: int, shares: Tensor, hidden: int, draw: Draw) -> nn.Sequential:
    """Return a network that says the shares of the classes, whatever the layer."""
    below = [draw.layer(nn.Linear, units, hidden), nn.SiLU()] if hidden else []
    last = draw.layer(nn.Linear, hidden or units, len(shares))
    probe = nn.Sequential(*below, last).double()
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(shares.log())
    return probe


def _loss(probe: nn.Module, rows: Tensor, of: Tensor, part: np.ndarray) -> Tensor:
    return nn.functional.cross_entropy(probe(rows[part]), of[part])


def _train(probe: nn.Module, rows: Tensor, of: Tensor, parts: Parts, steps: int) -> None:
    """Train by L-BFGS, and leave the probe as it was best on the samples kept for that."""
    optimizer = torch.optim.LBFGS(
        probe.parameters(), max_iter=LOOK_EVERY, line_search_fn="strong_wolfe"
    )

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = _loss(probe, rows, of, parts.train)
        loss.backward()
        return loss

    def look() -> float:
        with torch.no_grad():
            return float(_loss(probe, rows, of, parts.stop))

    best, lowest, waited = copy.deepcopy(probe.state_dict()), look(), 0
    for _ in range(0, steps, LOOK_EVERY):
        optimizer.step(step)
        loss = look()
        waited = 0 if loss < lowest else waited + 1
        if loss < lowest:
            best, lowest = copy.deepcopy(probe.state_dict()), loss
        if waited == PATIENCE:
            break
    probe.load_state_dict(best)
