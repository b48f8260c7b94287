"""Parts as users write them, each of which breaks one promise."""

import numpy as np
import torch

from ibsweep.learning.regularizers import Regularizer
from ibsweep.learning.schemes.base import Phase, Scheme
from ibsweep.networks.base import Network, Parameter
from ibsweep.networks.noise import Noise
from ibsweep.types import Dataset, Information, Split


def of_all_members(*, rate):
    return Regularizer(penalty=lambda weights: weights.square().mean() * torch.ones(len(weights)))


def without_members(*, rate):
    return Regularizer(penalty=lambda weights: weights.square().sum())


def centred(*, rate):
    return Regularizer(perturb=lambda activity, noise: activity - activity.mean(0))


def of_its_own_chance(*, rate):
    return Regularizer(perturb=lambda activity, noise: activity + torch.randn_like(activity))


def in_place(*, rate):
    return Regularizer(perturb=lambda activity, noise: activity.mul_(2))


def shared_norm(*, rate):
    return Regularizer(constrain=lambda weights: weights.div_(weights.norm()))


def of_all_activity(*, rate):
    return Regularizer(
        activity_penalty=lambda hidden, shares: hidden["layer_1"].mean() * torch.ones(len(shares))
    )


def mixing_noise():
    return Noise(lambda held, stream: held + held.mean(), None)


def drawing(activity, labels):
    chance = torch.rand(len(activity))
    return Information(chance, chance)


def spoiling(activity, labels):
    labels[:] = 0
    return Information(activity.sum((1, 2)), activity.sum((1, 2)))


def seeding(activity, labels):
    np.random.seed(0)
    return Information(activity.sum((1, 2)), activity.sum((1, 2)))


def failing(activity, labels):
    return {}["unheard of"]


def task_of_chance():
    return Dataset(np.random.default_rng().normal(size=(64, 2)), np.arange(64) % 2, 2)


def task_with_gaps():
    return Dataset(np.full((64, 2), np.nan), np.arange(64) % 2, 2)


def overlapping(labels, seed):
    return Split(np.arange(40), np.arange(30, 64))


def split_of_chance(labels, seed):
    order = np.random.default_rng().permutation(len(labels))
    return Split(np.sort(order[:40]), np.sort(order[40:]))


def beyond(epochs):
    return np.array([0, epochs + 1])


def of_all_losses():
    def local(layers, step):
        return [step.activity[layer].mean() + step.targets.sum(dim=(1, 2)) for layer in layers]

    return Scheme(local=local)


def of_an_unknown_layer():
    return Scheme(phases=lambda hidden: [Phase(1, ["layer_9"])])


class Mixing(Network):
    """A layer whose activity is centred over members, or over samples."""

    parameters = [Parameter("output", "weight", (2, 12), 1.0)]  # noqa: RUF012
    layers = ("output",)
    units = (2,)
    least_members = 1
    one_thread = False

    def __init__(self, axis, **_):
        self.axis = axis

    def preactivation(self, layer, below, own):
        z = own["weight"] @ below
        return z - z.mean(self.axis, keepdim=True)
