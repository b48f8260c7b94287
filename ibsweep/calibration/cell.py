"""From a composed configuration to checked and built parts: one cell of a calibration."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from omegaconf import DictConfig

from ibsweep import checks, promises
from ibsweep.calibration.coding import Fit, compress, learn
from ibsweep.calibration.pair_estimators import Estimator, pair_estimator
from ibsweep.config import keys
from ibsweep.config.data_files import PATHS, Source, without_paths
from ibsweep.config.fingerprints import fingerprint, versions
from ibsweep.config.instantiation import ConfigError, blame, build
from ibsweep.config.moved import former
from ibsweep.config.options import Options
from ibsweep.distributions import Distribution
from ibsweep.distributions.base import Pair

NUMERICS = 3  # raised when an unchanged configuration would give other numbers
_FEW = 512  # samples to try an estimator on


@dataclass(frozen=True)
class Cell(Options):
    """What one job of a calibration asks for; every part is built on first use.

    Attributes:
        values: The resolved configuration without Hydra's part, plain.
    """

    values: Mapping[str, Any]

    @classmethod
    def of(cls, config: DictConfig) -> "Cell":
        """Read a composed configuration.

        Raises:
            ConfigError: If a key is unknown or missing.
        """
        return cls(keys.values(config, keys.CALIBRATIONS))

    def check(self) -> None:
        """Build every part; cells that differ in seeds alone are built once.

        Raises:
            ConfigError: At the first option that is wrong.
        """
        _ = self.seed
        _check(json.dumps({**self.values, "seed": 0}), self._source)

    @cached_property
    def seed(self) -> int:
        """What decides which samples are drawn."""
        with blame(""):
            return checks.integer("seed", self.values["seed"], minimum=0)

    @cached_property
    def distribution(self) -> Distribution:
        """The ground truth."""
        information = self.values["information"]
        if "information" not in self.values["distribution"] and information is not None:
            rule = "must be null for a distribution that has none to choose"
            raise ConfigError(f"information {rule}, got {information}")
        return _distribution(self._source, self.trusted)

    @property
    def _source(self) -> Source:
        with blame("distribution"):
            return Source.of(self.values["distribution"])

    @cached_property
    def samples(self) -> int:
        """Number of samples."""
        with blame(""):
            return checks.integer("samples", self.values["samples"], minimum=2)

    @cached_property
    def estimators(self) -> dict[str, Estimator]:
        """What gives an estimate of a pair, by name."""
        options = self.values["estimator"]
        if not isinstance(options, dict) or not options:
            raise ConfigError(
                f"estimator must be a list of at least one estimator, got {options!r}"
            )
        return {
            name: pair_estimator(node, f"estimator.{name}", trusted=self.trusted)
            for name, node in options.items()
        }

    @cached_property
    def compressor(self) -> Fit:
        """What learns to compress X and Y."""
        options = self.values["compressor"]
        if not isinstance(options, dict) or len(options) != 1:
            raise ConfigError(f"compressor must be one compressor, got {options!r}")
        ((name, node),) = options.items()
        with blame(f"compressor.{name}"):
            fit: Fit = build(node, f"compressor.{name}", trusted=self.trusted)
            return promises.function(fit, "a function that returns a Compressor")

    def sample(self, samples: int, seed: int) -> tuple[Pair, dict[str, float]]:
        """Draw samples and compress them, by what is learnt from as many others.

        Args:
            samples: How many.
            seed: Decides which.

        Returns:
            The codes, and what they keep.
        """
        generator = np.random.default_rng(seed)
        pair = self.distribution.sample(samples, generator)
        other = self.distribution.sample(samples, generator)
        return compress(pair, self.compressor, other=other)

    def try_out(self) -> None:
        """Compress and measure a few samples, so that the parts can complain of their options.

        Raises:
            ConfigError: If one does.
        """
        few = min(self.samples, _FEW)
        with blame("distribution"):
            got = type(self.distribution).__name__
            rule = f"_target_ must draw from the generator alone, got {got}"
            draw = self.distribution.sample
            pair = promises.tried(rule, lambda: draw(few, np.random.default_rng(0)))
        with blame(f"compressor.{next(iter(self.values['compressor']))}"):
            rule = f"_target_ must encode alike each time, got {promises.shown(self.compressor)}"
            other = draw(few, np.random.default_rng(1))
            fitted = learn(self.compressor, other)
            promises.tried(rule, fitted["x"].encode, pair.x)
            pair, _ = compress(pair, self.compressor, other=other)
        for name, estimator in self.estimators.items():
            with blame(f"estimator.{name}"):
                _check_number(estimator(pair.x, pair.y).value)

    @property
    def sample_content(self) -> dict[str, Any]:
        """All that determines the compressed samples, but the seed."""
        kept = keys.named(keys.CALIBRATIONS, "network", self.values)
        named = former({"distribution": self._law, **kept})
        return {**named, "numerics": NUMERICS, **versions(named)}

    @property
    def _law(self) -> dict[str, Any]:
        """The distribution's options: of data in files, what they are, not where."""
        node = dict(self.values["distribution"])
        if node.keys().isdisjoint(PATHS) or self.distribution.digest is None:
            return node
        return {**without_paths(node), "digest": self.distribution.digest}

    @property
    def content(self) -> dict[str, Any]:
        """All that determines the numbers, but the seed."""
        estimator = former(self.values["estimator"])
        return {**self.sample_content, "estimator": estimator, **versions(estimator)}

    def fingerprint(self, content: Mapping[str, Any]) -> str:
        """Hash what determines something, with this cell's seed."""
        return fingerprint({**content, "seed": self.seed})


@lru_cache(maxsize=1024)
def _check(values: str, source: Source) -> None:
    """Build every part of a cell that is given as JSON; again if the `source`'s files change."""
    cell = Cell(json.loads(values))
    for part in keys.parts(keys.CALIBRATIONS):
        getattr(cell, part)
    cell.try_out()


@lru_cache(maxsize=8)
def _distribution(source: Source, trusted: tuple[str, ...]) -> Distribution:
    with blame("distribution"):
        built = build(json.loads(source.node), "distribution", trusted=trusted)
        return promises.kind(built, Distribution)  # type: ignore[type-abstract]


def _check_number(bits: float) -> None:
    """Check that an estimator tells an information.

    Raises:
        ValueError: If it does not.
    """
    if np.isnan(bits):
        raise ValueError("_target_ must tell an information, got nan")
