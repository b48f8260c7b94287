"""How and where a job runs: what its configuration asks for besides its numbers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra.utils import to_absolute_path

from ibsweep import checks
from ibsweep.config.data_files import absolute
from ibsweep.config.instantiation import ConfigError, blame
from ibsweep.tracking import TrackingOptions


class Options(ABC):
    """Options that all kinds of jobs have; each is checked on first use.

    Attributes:
        values: The resolved configuration, plain.
    """

    values: Mapping[str, Any]

    @abstractmethod
    def check(self) -> None:
        """Build every part.

        Raises:
            ConfigError: At the first option that is wrong.
        """

    @cached_property
    def rerun(self) -> bool:
        """Whether to train and measure anew what the store holds already."""
        with blame(""):
            return checks.truth("rerun", self.values["rerun"])

    @cached_property
    def retries(self) -> int:
        """How often a sweep's failed jobs are run again."""
        with blame(""):
            return checks.integer("retries", self.values["retries"], minimum=0)

    @cached_property
    def fail_fast(self) -> bool:
        """Whether a sweep starts nothing more once a job has failed."""
        with blame(""):
            return checks.truth("fail_fast", self.values["fail_fast"])

    @cached_property
    def dry_run(self) -> bool:
        """Whether only to say what would run."""
        with blame(""):
            return checks.truth("dry_run", self.values["dry_run"])

    @cached_property
    def tracking(self) -> TrackingOptions:
        """Where results go."""
        with blame("tracking"):
            here = Path(to_absolute_path("."))  # where the command was typed, not the job's folder
            return TrackingOptions(**self.values["tracking"], directory=self.directory, here=here)

    @cached_property
    def directory(self) -> Path:
        """Folder of all that a run writes; relative to where the command was typed."""
        folder = self.values["directory"]
        if not isinstance(folder, str) or not folder:
            raise ConfigError(f"directory must be a folder, got {folder!r}")
        return absolute(folder)

    @property
    def checkpoints(self) -> Path:
        """Folder of unfinished trainings."""
        return self.directory / "checkpoints"

    @property
    def trusted(self) -> tuple[str, ...]:
        """Prefixes of the user's own code that `_target_` may name."""
        prefixes = self.values["trusted_targets"]
        if not isinstance(prefixes, list) or not all(
            isinstance(prefix, str) and len(prefix) > 1 and prefix.endswith(".")
            for prefix in prefixes
        ):
            raise ConfigError(
                f"trusted_targets must be a list of prefixes that end in a dot, got {prefixes!r}"
            )
        return tuple(prefixes)
