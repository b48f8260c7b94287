"""What Hydra tells a launcher or a sweeper before it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from ibsweep.launching.composition import Composition, compose
from ibsweep.launching.task import EnsembleTask, ensemble_task


@dataclass(frozen=True)
class Setup:
    """What to run.

    Attributes:
        context: Hydra's loader and callbacks.
        task_function: What each job runs.
        config: Configuration of the sweep.
    """

    context: HydraContext
    task_function: TaskFunction
    config: DictConfig

    @property
    def task(self) -> EnsembleTask | None:
        """The task's fast path, if it has one."""
        return ensemble_task(self.task_function)

    @property
    def sweep_dir(self) -> Path:
        """The folder of the sweep."""
        return Path(str(self.config.hydra.sweep.dir))

    def compose(self, job_overrides: Sequence[Sequence[str]], first_num: int = 0) -> Composition:
        """Compose the jobs; the first has number `first_num`.

        Raises:
            ConfigCompositionException: If a job cannot be composed, or its seed is no integer ≥ 0.
        """
        return compose(
            self.context.config_loader,
            self.config,
            job_overrides,
            first_num=first_num,
            task=self.task,
        )
