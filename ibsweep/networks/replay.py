"""What a network holds and how well it does at every snapshot, from its weights."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ibsweep.names import OUTPUT
from ibsweep.networks.base import Inject, Network
from ibsweep.networks.noise import MeasuringNoise
from ibsweep.networks.weights import ALIGNMENT, Layout, padded

_ANSWERS = "answers"
_NUMBERS_AT_ONCE = 2**22  # activities of the least ensemble at a time: as many as caches hold


@torch.no_grad()
def replay(
    network: Network,
    weights: Tensor,
    inputs: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    noise: MeasuringNoise | None = None,
    softmax: bool = True,
) -> tuple[dict[str, Tensor], Tensor]:
    """Run one network at some of its snapshots at once, without what is in training alone.

    Args:
        network: Its kind.
        weights: Its weights, shape `(snapshots, width)`; they stand in the place of an ensemble's
            members, so that the numbers are those of the training's own forward pass.
        inputs: Patterns, shape `(samples, features)`.
        rows: Rows whose activity is wanted, ascending; None: all.
        noise: That of a stochastic network, the same at an epoch whatever the others are.
        softmax: Whether the output layer predicts classes, not numbers.

    Returns:
        Activity of each layer, the output's after softmax if there is one, shape `(snapshots,
        rows, units)`; and the output layer's log-probabilities, or else its predictions, shape
        `(snapshots, samples, classes or targets)`, which are not quantised: a level may be 0.
    """
    kept = len(weights)
    least = max(kept, network.least_members)
    repeated = weights[torch.arange(least).clamp_max(kept - 1)]
    inject = None if noise is None else noise.inject(least)
    size = _samples_at_once(network, inputs.shape[1])
    wanted = np.arange(len(inputs)) if rows is None else rows
    pieces: list[dict[str, Tensor]] = []
    for start in range(0, len(inputs), size):
        piece = inputs[start : start + size]
        activity = _run(network, repeated, piece, inject, softmax=softmax)
        inside = wanted[(wanted >= start) & (wanted < start + size)] - start
        chosen = {name: _rows(values[:kept], inside) for name, values in activity.items()}
        pieces.append({**chosen, _ANSWERS: activity[_ANSWERS][:kept]})
    joined = {name: _join([piece[name] for piece in pieces]) for name in pieces[0]}
    answers = joined.pop(_ANSWERS)
    return joined, answers


def _samples_at_once(network: Network, features: int) -> int:
    """Return how many samples to run at once; it decides how noise is drawn."""
    numbers = network.least_members * (features + sum(network.units))
    return padded(max(_NUMBERS_AT_ONCE // numbers, ALIGNMENT))


def _run(
    network: Network,
    weights: Tensor,
    inputs: np.ndarray,
    inject: Inject | None,
    *,
    softmax: bool,
) -> dict[str, Tensor]:
    """Return activity and log-probabilities or predictions, shape `(members, samples, units)`."""
    samples = len(inputs)
    columns = torch.from_numpy(inputs.T).to(weights)
    columns = functional.pad(columns, (0, padded(samples) - samples)).expand(len(weights), -1, -1)
    views = Layout(network.parameters).views(weights)
    activity = network.forward(views, columns, inject=inject)
    answers = last = activity[-1]
    if softmax:
        answers = functional.log_softmax(last, dim=1)
        output = {p.kind: views[p.name] for p in network.parameters if p.layer == OUTPUT}
        last = network.softmax(answers.exp(), output)
    layers = dict(zip(network.layers, [*activity[:-1], last], strict=True))
    layers[_ANSWERS] = answers
    return {name: values[:, :, :samples].mT for name, values in layers.items()}


def _rows(values: Tensor, rows: np.ndarray) -> Tensor:
    """Take rows, without a copy where all are taken."""
    return values if len(rows) == values.shape[1] else values[:, torch.from_numpy(rows)]


def _join(pieces: list[Tensor]) -> Tensor:
    """Join samples, without a copy where there is one piece."""
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=1)
