"""From a composed configuration to checked and built parts: what one job asks for."""

import copy
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from omegaconf import DictConfig, read_write

from ibsweep import checks, promises
from ibsweep.config import continuous, keys, task_data
from ibsweep.config.data_files import Source
from ibsweep.config.instantiation import ConfigError, blame, build
from ibsweep.config.options import Options
from ibsweep.information import Floor, try_out
from ibsweep.learning.ensemble import OF_A_MEMBER, Member, TrainingOptions
from ibsweep.learning.regularizers import Regularizer
from ibsweep.learning.schedule import check_snapshots, spread
from ibsweep.learning.schemes.base import Scheme, Timetable
from ibsweep.learning.trials import try_perturbation, try_regularizer, try_scheme
from ibsweep.networks.activations import activation
from ibsweep.networks.attacks import Attack
from ibsweep.networks.base import Network, Parameter, try_network
from ibsweep.networks.noise import MeasuringNoise, Noise
from ibsweep.networks.normalization import uses_batches
from ibsweep.networks.quantization import Quantization
from ibsweep.networks.quantized import QuantizedNetwork
from ibsweep.randomness import STREAMS, stream_seed
from ibsweep.tasks.split import checked
from ibsweep.types import Dataset, Information, Split

DTYPES = {"float32": torch.float32, "float64": torch.float64}
PARTS = ("all", "train", "test")


@dataclass(frozen=True)
class Settings(Options):
    """What one job asks for; every part is built, and so checked, on first use.

    Attributes:
        values: The resolved configuration without Hydra's part, plain.
        seeding: The group `seeding` before `${seed}` is filled in.
    """

    values: Mapping[str, Any]
    seeding: Mapping[str, Any]

    @classmethod
    def of(cls, config: DictConfig) -> "Settings":
        """Read a composed configuration.

        Raises:
            ConfigError: If a key is unknown or missing, or the seed is not an integer ≥ 0.
        """
        values = keys.values(config)
        with blame(""):
            checks.seed("seed", values["seed"])
        seeding = keys.plain(config, "seeding", resolve=False)
        return cls(values, {str(stream): seed for stream, seed in seeding.items()})

    def with_seeds(self, config: DictConfig, seeds: Sequence[int | None]) -> Iterator["Settings"]:
        """Yield these settings with other seeds.

        Resolving a whole configuration takes 7 ms, and what refers to the seed 2 ms.

        Args:
            config: What they were read from.
            seeds: The seeds; None is the configuration's own.
        """
        raw = {key: keys.plain(config, key, resolve=False) for key in keys.referring(config)}
        moving = [key for key, node in raw.items() if "${" in str(keys.with_seed(node, 0))]
        view = copy.deepcopy(config) if any(seed is not None for seed in seeds) else config
        for seed in seeds:
            if seed is None:
                yield self
                continue
            values = {key: keys.with_seed(node, seed) for key, node in raw.items()}
            if moving:
                with read_write(view):
                    view.seed = seed
                values |= {key: keys.plain(view, key) for key in moving}
            yield replace(self, values={**self.values, "seed": seed, **values})

    def check(self) -> None:
        """Build every part; settings that differ in seeds alone are built once.

        Raises:
            ConfigError: At the first option that is wrong.
        """
        _check(*self.but_for_seeds, self._task)

    @cached_property
    def but_for_seeds(self) -> tuple[str, str]:
        """Values and seeding as JSON, equal for settings that differ in seeds alone."""
        alike = {**self.values, "seed": 0, "seeding": dict.fromkeys(self.seeds, 0)}
        return json.dumps(alike), json.dumps(self.seeding)

    @cached_property
    def dataset(self) -> Dataset:
        """The task's patterns and labels; the patterns are the targets of what rebuilds them."""
        given = self.given_data
        return replace(given, targets=given.inputs) if self.rebuilds else given

    @property
    def given_data(self) -> Dataset:
        """The patterns and labels as the task gives them, whatever the network."""
        return task_data.dataset(self._task, self.trusted)

    @cached_property
    def rebuilds(self) -> bool:
        """Whether the network rebuilds its input, as an autoencoder does."""
        make = self._function("network", "a Network")
        return bool(getattr(getattr(make, "func", make), "rebuilds", False))

    @property
    def _task(self) -> Source:
        with blame("task"):
            return Source.of(self.values["task"])

    def try_out(self) -> None:
        """Try the parts that may be the user's own: whether they do what the rest relies on.

        Raises:
            ConfigError: At the first that does not.
        """
        with blame("task"):
            task_data.try_task(self._task, self.trusted)
        splitter = self._function("split", "a Split")
        with blame("split"):
            rule = f"_target_ must split alike with one seed, got {promises.shown(splitter)}"
            promises.tried(rule, splitter, self.dataset.labels, 0)
        with blame("network"):
            try_network(self._plain_network, features=self.dataset.inputs.shape[1])
        for name, noise in zip(self.values["noise"], self.noises, strict=True):
            with blame(f"noise.{name}"):
                try_perturbation("noise", noise.apply)
        continuous.check_objectives(self.dataset, self.regularizers([self]))
        if self.dataset.continuous:
            continuous.check_groups(self.values, self.scheme)
        members = [self] * promises.MEMBERS
        for name, regularizer in zip(
            self.values["regularization"], self.regularizers(members), strict=True
        ):
            with blame(f"regularization.{name}"):
                try_regularizer(regularizer, self.network.layers[:-1])

    def check_precision(self) -> None:
        """Check that the training's floating-point type holds the patterns.

        Raises:
            ConfigError: If it makes one infinite, or more than 1 % of different ones equal.
        """
        if self.dtype == torch.float32:
            task_data.check_float32(self._task, self.trusted)

    @cached_property
    def split(self) -> Split:
        """The rows to train on and those to test on."""
        splitter = self._function("split", "a Split")
        with blame("split"):
            seed = stream_seed("split", self.seeds["split"])
            return checked(splitter(self.dataset.labels, seed), len(self.dataset.labels))

    @cached_property
    def seeds(self) -> dict[str, int]:
        """Seed of each random stream."""
        streams = self.values["seeding"]
        if set(streams) != set(STREAMS):
            raise ConfigError(
                f"seeding must have the keys {', '.join(STREAMS)}, got {', '.join(streams)}"
            )
        with blame("seeding"):
            return {name: checks.seed(name, streams[name]) for name in STREAMS}

    @cached_property
    def training(self) -> TrainingOptions:
        """How to train."""
        with blame("training"):
            options = TrainingOptions(**self.values["training"])
            if options.batch_size > len(self.split.train):
                rule = f"must be at most the training part's {len(self.split.train)} samples"
                raise ValueError(f"batch_size {rule}, got {options.batch_size}")
            options.check_data(self.dataset)
            return options

    @cached_property
    def member(self) -> Member:
        """The numbers in which this network may differ from others of an ensemble."""
        numbers = {name: float(getattr(self.training, name)) for name in OF_A_MEMBER}
        return Member(self.seeds, self.split, **numbers)

    @cached_property
    def network(self) -> Network:
        """The kind of network, in few bits if that is asked for."""
        if not self.values["quantization"]:
            return self._plain_network
        built = self._build("quantization")
        with blame("quantization"):
            quantization = promises.kind(built, Quantization)  # type: ignore[type-abstract]
            noisy = [
                name
                for name, noise in zip(self.values["noise"], self.noises, strict=True)
                if noise.when_measuring
            ]
            if noisy:
                rule = (
                    "must be none where noise is there when measuring: counting is not exact then"
                )
                raise ConfigError(f"quantization {rule}, got noise={noisy}")
        with blame(""):
            return QuantizedNetwork(self._plain_network, quantization)

    @cached_property
    def _plain_network(self) -> Network:
        """The kind of network with activity and weights as they are."""
        make = self._function("network", "a Network")
        with blame("activation"):
            function = activation(self._build("activation"))
        pattern = {"features": self.dataset.inputs.shape[1], "shape": self.dataset.shape}
        asked = inspect.signature(getattr(make, "func", make)).parameters
        with blame("network"):
            network = make(
                activation=function,
                initialization=self.training.initialization,
                classes=self.dataset.outputs,
                **{name: value for name, value in pattern.items() if name in asked},
            )
            network = promises.kind(network, Network)  # type: ignore[type-abstract]
            if uses_batches(network.normalization) and self._least_batch < 2:
                rule = "must be none or layer where a batch of an epoch has one row"
                got = f"{network.normalization!r} with batches of {self.training.batch_size}"
                raise ValueError(
                    f"normalization {rule}, got {got} from {len(self.split.train)} rows"
                )
            return network

    @property
    def _least_batch(self) -> int:
        """Rows of the smallest batch of an epoch."""
        size = self.training.batch_size
        return len(self.split.train) % size or size

    @cached_property
    def noises(self) -> list[Noise]:
        """What makes the network stochastic."""
        options, built = self.values["noise"], []
        for name in options:
            with blame(f"noise.{name}"):
                noise = promises.kind(self._build("noise", name), Noise)
                for site in noise.sites or ():
                    checks.choice("sites", site, self._plain_network.layers)
            built.append(noise)
        return built

    @cached_property
    def scheme(self) -> Scheme:
        """Which layers are trained when, and by which losses."""
        with blame("scheme"):
            scheme = promises.kind(self._build("scheme"), Scheme)
            try_scheme(scheme, self.network)
        with blame("training"):
            phases = scheme.phases(self.network.layers[:-1])
            Timetable(phases, self.training.epochs).check()
        return scheme

    @property
    def parameters(self) -> list[Parameter]:
        """All trained numbers that are stored: the network's, then those of its heads."""
        return self.scheme.parameters(self.network, self.training.initialization)

    def measuring_noise(self, epochs: np.ndarray) -> MeasuringNoise:
        """The noise of the measured network after some epochs."""
        return MeasuringNoise(self.noises, self.seeds["noise"], epochs.tolist())

    @cached_property
    def snapshots(self) -> np.ndarray:
        """Epochs after which weights are kept, ascending."""
        schedule = self._function("snapshots", "epochs")
        with blame("snapshots"):
            return check_snapshots(schedule(self.training.epochs), self.training.epochs)

    @cached_property
    def estimators(self) -> dict[str, Callable[..., Information]]:
        """Estimators of information, by name; each has been tried on a few samples."""
        options = self.values["estimator"]
        if not isinstance(options, dict) or not options:
            raise ConfigError(
                f"estimator must be a list of at least one estimator, got {options!r}"
            )
        built = {name: self._function("estimator", "an Information", name) for name in options}
        features, targets = self.dataset.inputs.shape[1], 0
        if self.dataset.continuous:
            continuous.check_estimators(built)
            targets = self.dataset.outputs
        for name, estimator in built.items():
            with blame(f"estimator.{name}"):
                try_out(estimator, features=features, targets=targets)
        return built

    @cached_property
    def measured(self) -> np.ndarray:
        """Rows of the data whose activity is measured, ascending."""
        with blame(""):
            chosen = checks.choice("measured", self.values["measured"], PARTS)
        return self._rows[chosen]

    @property
    def _rows(self) -> dict[str, np.ndarray]:
        return {"all": np.arange(len(self.dataset.labels)), **self.split._asdict()}

    @cached_property
    def parts(self) -> dict[str, np.ndarray]:
        """Each part of the measured rows, as places among them."""
        chosen = self.values["parts"]
        if not isinstance(chosen, list) or not chosen:
            raise ConfigError(
                f"parts must be a list of at least one of {', '.join(PARTS)}, got {chosen!r}"
            )
        rows = {**self._rows, "all": self.measured}
        with blame(""):
            parts = {
                checks.choice("parts", part, PARTS): np.flatnonzero(
                    np.isin(self.measured, rows[part])
                )
                for part in chosen
            }
        for part, samples in parts.items():
            if not len(samples):
                raise ConfigError(
                    f"parts must be measured ones (measured={self.values['measured']}), got {part}"
                )
        if "all" not in parts:
            raise ConfigError(f"parts must contain all, which scores are for, got {chosen!r}")
        return parts

    @cached_property
    def logged_epochs(self) -> np.ndarray:
        """Epochs of the snapshots whose activity is logged: evenly spread, from the last on."""
        options = self.values["artifacts"]
        if list(options) != ["activity_snapshots"]:
            got = ", ".join(options)
            raise ConfigError(f"artifacts must have the key activity_snapshots alone, got {got}")
        wanted = options["activity_snapshots"]
        if wanted == "all":
            return self.snapshots
        with blame("artifacts"):
            count = checks.integer("activity_snapshots (or 'all')", wanted, minimum=0)
        return spread(self.snapshots, count)

    @cached_property
    def floor(self) -> Floor:
        """Where I(T;Y) is also measured with permuted labels."""
        with blame(""):
            count = checks.integer("floor_snapshots", self.values["floor_snapshots"], minimum=0)
        seed = stream_seed("floor", self.seeds["init"])
        return Floor(spread(self.snapshots, count), seed)

    @cached_property
    def attack(self) -> Attack | None:
        """How test patterns are changed to see whether the final network withstands it."""
        if not self.values["robustness"]:
            return None
        with blame("robustness"):
            return promises.kind(self._build("robustness"), Attack)

    @cached_property
    def device(self) -> torch.device:
        """Where to train."""
        with blame(""):
            name = checks.choice("device", self.values["device"], ("auto", "cpu", "cuda"))
        if name == "cuda" and not torch.cuda.is_available():
            raise ConfigError(
                "device must be auto or cpu where torch finds no CUDA device, got 'cuda'"
            )
        return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")

    @cached_property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the training."""
        with blame(""):
            return DTYPES[checks.choice("dtype", self.values["dtype"], DTYPES)]

    @staticmethod
    def regularizers(members: Sequence["Settings"]) -> list[Regularizer]:
        """Build the regularisers of an ensemble: a number becomes a list, one entry a member."""
        nodes = [settings.values["regularization"] for settings in members]
        trusted = members[0].trusted
        return [_regularizer(name, [n[name] for n in nodes], trusted) for name in nodes[0]]

    def _build(self, group: str, name: str | None = None) -> Any:  # noqa: ANN401
        node = self.values[group] if name is None else self.values[group][name]
        return build(node, group if name is None else f"{group}.{name}", trusted=self.trusted)

    def _function(self, group: str, what: str, name: str | None = None) -> Callable[..., Any]:
        """Build an option that is a function which returns something."""
        with blame(group if name is None else f"{group}.{name}"):
            built: Callable[..., Any] = self._build(group, name)
            wanted = f"a function that returns {what}"
            if isinstance(built, torch.nn.Module):
                raise ValueError(f"_target_ must make {wanted}, got {type(built).__name__}")
            return promises.function(built, wanted)


def _regularizer(name: str, nodes: Sequence[Any], trusted: tuple[str, ...]) -> Regularizer:
    """Build one regulariser from its options for each member."""
    key, first = f"regularization.{name}", nodes[0]
    if isinstance(first, Mapping):
        first = {
            option: [node[option] for node in nodes] if option != "_target_" else target
            for option, target in first.items()
        }
    with blame(key):
        return promises.kind(build(first, key, trusted=trusted), Regularizer)


@lru_cache(maxsize=1024)
def _check(values: str, seeding: str, task: Source) -> None:
    """Build every part of settings that are given as JSON: it takes 14 ms.

    They are checked again if the `task`'s files change.
    """
    settings = Settings(json.loads(values), json.loads(seeding))
    for part in keys.parts(keys.NETWORKS):
        getattr(settings, part)
    settings.check_precision()
    settings.try_out()
