"""What is trained together: networks that differ only in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.learning import optimizers, rates
from ibsweep.learning.optimizers import Optimizer
from ibsweep.learning.regularizers import Regularizer
from ibsweep.learning.schemes.base import Scheme
from ibsweep.networks.base import Network, Parameter
from ibsweep.networks.initialization import INITIALIZATIONS
from ibsweep.networks.noise import Noise
from ibsweep.networks.weights import Weights
from ibsweep.types import Dataset, Split

ENGINES = ("auto", "compiled", "torch")
LOSSES = ("auto", "cross_entropy", "squared_error")


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; the same for all members but for the numbers in `OF_A_MEMBER`.

    Attributes:
        epochs: Passes over the training part, ≥ 1.
        batch_size: Samples in a batch, ≥ 1; the last batch of an epoch may be smaller.
        optimizer: `adam`, `adamw` or `sgd`.
        learning_rate: > 0.
        adam_betas: Decay of Adam's two moments, in [0, 1).
        adam_epsilon: Added to the root of Adam's second moment, > 0.
        sgd_momentum: In [0, 1).
        initialization: Of the weights: `glorot` or `released` (see `ibsweep.networks.mlp`).
        engine: What trains: `torch`, `compiled` loops, or `auto`: these where they can.
        weight_decay: λ of adamw, which moves all weight matrices but no biases, ≥ 0.
        label_smoothing: α of the targets (1 − α)y + α/K, in [0, 1).
        schedule: Of the learning rate: `constant`, `cosine`, `step` or `warmup_cosine`.
        step_at: Shares of the training after which `step` multiplies the learning rate, in (0, 1).
        step_factor: What it multiplies by, > 0.
        warmup_fraction: Share of the training in which `warmup_cosine` rises, in [0, 1).
        loss: `cross_entropy`, `squared_error`, or `auto`: what goes with the data.

    Raises:
        ValueError: If an option is out of its range, or does not go with another.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    adam_betas: Sequence[float]
    adam_epsilon: float
    sgd_momentum: float
    initialization: str
    engine: str = "torch"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    schedule: str = "constant"
    step_at: Sequence[float] = (0.5, 0.75)
    step_factor: float = 0.1
    warmup_fraction: float = 0.05
    loss: str = "auto"

    def __post_init__(self) -> None:
        checks.integer("epochs", self.epochs, minimum=1)
        checks.integer("batch_size", self.batch_size, minimum=1)
        checks.real("learning_rate", self.learning_rate, above=0)
        checks.real("label_smoothing", self.label_smoothing, minimum=0, below=1)
        checks.choice("initialization", self.initialization, INITIALIZATIONS)
        checks.choice("engine", self.engine, ENGINES)
        checks.choice("loss", self.loss, LOSSES)
        optimizers.check(
            optimizer=self.optimizer,
            betas=self.adam_betas,
            epsilon=self.adam_epsilon,
            momentum=self.sgd_momentum,
            weight_decay=self.weight_decay,
        )
        rates.check(
            schedule=self.schedule,
            at=self.step_at,
            factor=self.step_factor,
            fraction=self.warmup_fraction,
        )

    def check_data(self, dataset: Dataset) -> None:
        """Check that the options go with labels, or with continuous targets.

        Raises:
            ValueError: If they do not.
        """
        continuous = dataset.continuous
        loss = "squared_error" if continuous else "cross_entropy"
        if self.loss not in ("auto", loss):
            kind = "continuous targets" if continuous else "labels"
            raise ValueError(f"loss must be auto or {loss} on a task of {kind}, got {self.loss}")
        if continuous and self.label_smoothing:
            rule = "label_smoothing must be 0 on a task of continuous targets"
            raise ValueError(f"{rule}, got {self.label_smoothing}")

    def rate_factor(self, steps: int) -> rates.Factor:
        """Build what the learning rate is multiplied by, given the steps of the training."""
        return rates.make(vars(self), steps=steps)


OF_A_MEMBER = ("learning_rate", "weight_decay", "label_smoothing")  # may differ in an ensemble
_DEFAULTS = {one.name: one.default for one in fields(TrainingOptions) if one.default != MISSING}


def in_effect(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of training without those that change nothing.

    These are the options of optimisers and schedules that are not chosen, and those that came
    after version 0.1.0 where they have the values by which older configurations act, which lack
    them.

    Example:
        >>> in_effect({"optimizer": "adam", "epochs": 9, "sgd_momentum": 0.9, "engine": "torch"})
        {'optimizer': 'adam', 'epochs': 9}
    """
    idle = optimizers.idle(options["optimizer"]) | rates.idle(options.get("schedule", "constant"))
    return {
        key: value
        for key, value in options.items()
        if key not in idle and (key not in _DEFAULTS or value != _DEFAULTS[key])
    }


class Member(NamedTuple):
    """The numbers in which one network of an ensemble may differ from the others.

    Attributes:
        seeds: Seed of each stream: `init`, `batches`, `split`, `noise`.
        split: Rows to train on.
        learning_rate: Step size.
        weight_decay: λ of adamw.
        label_smoothing: α of its targets.
    """

    seeds: dict[str, int]
    split: Split
    learning_rate: float
    weight_decay: float = 0.0
    label_smoothing: float = 0.0


@dataclass(frozen=True)
class Ensemble:
    """Networks to be trained together.

    Attributes:
        network: Their kind.
        members: One entry a network.
        regularizers: With one number a member.
        dataset: What they learn.
        options: How.
        snapshots: Epochs after which weights are kept, ascending.
        device: Where to train.
        dtype: Floating-point type.
        noises: What makes the networks stochastic.
        scheme: Which layers are trained when, and by which losses.
    """

    network: Network
    members: Sequence[Member]
    regularizers: Sequence[Regularizer]
    dataset: Dataset
    options: TrainingOptions
    snapshots: np.ndarray
    device: torch.device
    dtype: torch.dtype
    noises: Sequence[Noise] = ()
    scheme: Scheme = Scheme()

    @property
    def parameters(self) -> Sequence[Parameter]:
        """All numbers of a network and its heads, the network's first."""
        return self.scheme.parameters(self.network, self.options.initialization)

    def make_optimizer(self, weights: Weights) -> Optimizer:
        """Build the optimiser of the members' weights."""
        decay = torch.tensor([m.weight_decay for m in self.members], dtype=torch.float64)
        return optimizers.make(
            vars(self.options),
            weights.flat,
            [m.learning_rate for m in self.members],
            (decay[:, None] * weights.layout.matrices).to(weights.flat),
        )


class Trained(NamedTuple):
    """What training leaves.

    Attributes:
        weights: Weights of every member at every snapshot, shape `(snapshots, members, width)`, on
            the CPU.
        failed: Member to the first epoch after which its weights were not finite.
    """

    weights: Tensor
    failed: dict[int, int]
