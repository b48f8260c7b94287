"""Plans: what a sweep has left to do, as packages of work in a file that any machine can read."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hydra.conf import HydraConf
from omegaconf import DictConfig, OmegaConf

from ibsweep.launching.composition import PlannedJob
from ibsweep.launching.progress_files import write_whole
from ibsweep.launching.seeds import Seed

FILE_NAME = "plan.json"
DATA, STORES = "data", "stores"  # folders of a plan: files that jobs read; copies of stores
_FORMAT = 1


class PlanError(ValueError):
    """A plan cannot be used; the message says why in a line."""


class Packed(NamedTuple):
    """A package of work: jobs that train in one ensemble.

    Attributes:
        label: What its jobs have in common, for people.
        jobs: The jobs.
        runs: The fingerprint of each.
    """

    label: str
    jobs: tuple[PlannedJob, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a sweep has left to do.

    Attributes:
        name: What a scheduler calls its jobs.
        scheduler: "slurm"; None if its packages are run in other ways.
        command: What the user typed.
        versions: Of the packages that decide numbers, as `scratch.versions`.
        threads: Threads of each worker.
        store: Address of the server that runs go to; None: each package fills a store of its own,
            a copy of which is kept in the plan's folder.
        target: The store and study that the results are for, as text, to compare.
        bases: Full configurations that jobs share.
        packages: The packages; task N of the plan is package N.
    """

    name: str
    scheduler: str | None
    command: str
    versions: Mapping[str, str]
    threads: int
    store: str | None
    target: str
    bases: Sequence[DictConfig]
    packages: Sequence[Packed]

    @staticmethod
    def new_name() -> str:
        """Return a name that no other plan has."""
        return f"ibsweep-{uuid.uuid4().hex[:8]}"

    def write(self, folder: Path) -> Path:
        """Write the plan into its folder, at once or not at all, and return the file's path."""
        content = {
            "format": _FORMAT,
            "name": self.name,
            "scheduler": self.scheduler,
            "command": self.command,
            "versions": dict(self.versions),
            "threads": self.threads,
            "store": self.store,
            "target": self.target,
            "configurations": [_plain(base) for base in self.bases],
            "packages": [_package_to_json(package) for package in self.packages],
        }
        path = folder / FILE_NAME
        write_whole(path, (json.dumps(content, indent=1) + "\n").encode())
        return path

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """Read a plan.

        Args:
            path: Its file, or its folder.

        Raises:
            PlanError: If there is none, or it was written by a version that this one cannot read.
        """
        path = path / FILE_NAME if path.is_dir() else path
        try:
            content = json.loads(path.read_text())
            if content["format"] != _FORMAT:
                raise PlanError(
                    f"PLAN must have format {_FORMAT}, got {content['format']}: {path}"
                )
            return cls(
                content["name"],
                content["scheduler"],
                content["command"],
                content["versions"],
                content["threads"],
                content["store"],
                content["target"],
                [_typed(base) for base in content["configurations"]],
                [_package_of_json(package) for package in content["packages"]],
            )
        except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
            rule = "PLAN must be a plan.json that `ibsweep submit` wrote, or its folder"
            raise PlanError(f"{rule}, got {path} ({type(error).__name__}: {error})") from error


def plans_in(sweeps: Path) -> Iterator[tuple[Path, Plan]]:
    """Yield the folder and the plan of each sweep in a folder of sweeps that was submitted."""
    for path in sorted(sweeps.glob(f"*/{FILE_NAME}")):
        yield path.parent, Plan.read(path)


def data_files(folder: Path) -> dict[str, bytes]:
    """Read the files that the jobs of a plan need, by their path in its folder `data`."""
    root = folder / DATA
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def _plain(base: DictConfig) -> dict[str, Any]:
    container: dict[str, Any] = OmegaConf.to_container(base, resolve=False, enum_to_str=True)  # type: ignore[assignment]
    return container


def _typed(content: Mapping[str, Any]) -> DictConfig:
    """Return a full configuration as Hydra composes it: its own part has types."""
    types = OmegaConf.structured(HydraConf)
    OmegaConf.set_struct(types, False)  # Hydra has keys beyond these, as `env`
    config: DictConfig = OmegaConf.merge({"hydra": types}, content)  # type: ignore[assignment]
    OmegaConf.set_struct(config, True)
    return config


def _package_to_json(package: Packed) -> dict[str, Any]:
    jobs = [
        {
            "number": job.num,
            "configuration": job.base,
            "overrides": list(job.overrides),
            "seed": job.seed and job.seed._asdict(),
            "engine": job.engine,
            "run": run,
        }
        for job, run in zip(package.jobs, package.runs, strict=True)
    ]
    return {"label": package.label, "jobs": jobs}


def _package_of_json(content: Mapping[str, Any]) -> Packed:
    jobs = tuple(
        PlannedJob(
            one["number"],
            tuple(one["overrides"]),
            one["configuration"],
            one["seed"] and Seed(**one["seed"]),
            one["engine"] and tuple(one["engine"]),
        )
        for one in content["jobs"]
    )
    return Packed(content["label"], jobs, tuple(one["run"] for one in content["jobs"]))
