"""Tries what acts in training and may be the user's own: no member may matter to another."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from ibsweep import checks, promises
from ibsweep.learning.losses import cross_entropies
from ibsweep.learning.regularizers import PENULTIMATE, Objective, Regularizer
from ibsweep.learning.schemes.base import Phase, Scheme, Step
from ibsweep.networks.base import Network
from ibsweep.randomness import Generators


def try_regularizer(regularizer: Regularizer, hidden: Sequence[str]) -> None:
    """Try what was made for `promises.MEMBERS` networks: no member may matter to another.

    Args:
        regularizer: What was made.
        hidden: Names of the hidden layers, input side first.

    Raises:
        ValueError: If it mixes members, draws random numbers of its own, returns what does not
            fit, or names a layer that there is not.
    """
    for layer in regularizer.layers:
        checks.choice("layers", layer, [*hidden, PENULTIMATE])
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(promises.MEMBERS, 12, generator=generator)
    if regularizer.activity_penalty is not None:
        _try_activity_penalty(regularizer.activity_penalty, hidden)
    if regularizer.objective is not None:
        _try_objective(regularizer.objective, hidden)
    if regularizer.penalty is not None:
        rule = "penalty must be one number a member, of its own weights alone"
        rule += f", got {promises.shown(regularizer.penalty)}"
        _try_penalty(rule, regularizer.penalty, weights)
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


def try_scheme(scheme: Scheme, network: Network) -> None:
    """Try how a scheme gives losses to layers: no member may matter to another.

    Args:
        scheme: What was made.
        network: The kind of networks that it is to train.

    Raises:
        ValueError: If a phase names a layer that there is not, or has no share or layer; or if a
            loss of a layer is not one finite number a member, of the member alone.
    """
    phases = scheme.phases(network.layers[:-1])
    for phase in phases:
        checks.real("phases.share", phase.share, above=0)
        for layer in checks.sequence("phases.layers", phase.layers, "a list of layers", least=1):
            checks.choice("phases.layers", layer, network.layers)
        if scheme.local is not None and not promises.is_ours(scheme.local):
            _try_losses(scheme, phase, network)


def _try_losses(scheme: Scheme, phase: Phase, network: Network) -> None:
    rule = "local must give one number a member, of its own batch alone"
    rule += f", got {promises.shown(scheme.local)}"
    classes, samples = network.units[-1], 4
    targets = torch.eye(classes)[torch.arange(samples) % classes].T / samples
    targets = targets.expand(promises.MEMBERS, -1, -1)
    values = torch.linspace(-1, 1, promises.MEMBERS * samples).reshape(-1, 1, samples)

    def losses(values: Tensor) -> Tensor:
        activity = {
            name: values * torch.linspace(0.5, 1, units)[:, None]
            for name, units in zip(network.layers[:-1], network.units, strict=False)
        }
        heads = {
            one.name: torch.full((promises.MEMBERS, *one.shape), 0.1)
            for one in scheme.parameters(network, "glorot")
        }
        loss = partial(cross_entropies, targets=targets)
        own = scheme.losses(phase, Step(values, activity, heads, targets, loss))
        return torch.stack(own).sum(dim=0) if own else values.new_zeros(promises.MEMBERS)

    _try_penalty(rule, losses, values)


def _try_activity_penalty(
    penalty: Callable[[Mapping[str, Tensor], Tensor], Tensor], hidden: Sequence[str]
) -> None:
    """Try what is added to each loss for the activity of hidden layers."""
    rule = "activity_penalty must be one number a member, of its own activity alone"
    rule += f", got {promises.shown(penalty)}"
    activity = torch.linspace(0.1, 0.9, 24).reshape(promises.MEMBERS, 4, 2)  # as of any function

    def added(activity: Tensor) -> Tensor:
        layers = {name: activity / (1 + place) for place, name in enumerate(hidden)}
        return penalty(layers, torch.full((promises.MEMBERS, 2), 0.5))

    _try_penalty(rule, added, activity)


def _try_objective(objective: Objective, hidden: Sequence[str]) -> None:
    """Try what takes the place of the loss."""
    rule = "objective must be one number a member, of its own batch alone"
    rule += f", got {promises.shown(objective)}"
    predictions = torch.linspace(-1, 1, 24).reshape(promises.MEMBERS, 4, 2)

    def loss(predictions: Tensor) -> Tensor:
        layers = {name: predictions * (1 + place) for place, name in enumerate(hidden)}
        targets = torch.cat([predictions.flip(1), torch.full_like(predictions[:, :1], 0.5)], dim=1)
        return objective(predictions, layers, predictions, targets)

    _try_penalty(rule, loss, predictions)


def _try_penalty(rule: str, penalty: Callable[[Tensor], Tensor], values: Tensor) -> None:
    """Try what makes one finite number a member of values that have a leading axis for them.

    Raises:
        ValueError: If it does not, or mixes members.
    """
    added = promises.tried(rule, penalty, values)
    if added.shape != values.shape[:1] or not added.isfinite().all():
        raise ValueError(f"{rule}, which gives {added.tolist()}")
    promises.check_apart(rule, penalty, values, axes=[0])
