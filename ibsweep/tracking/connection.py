"""An open store, as the files that write and read runs see it."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ibsweep.tracking.checksums import write_checksums
from ibsweep.tracking.options import TrackingOptions

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Connection:
    """An open store.

    Attributes:
        options: What was asked for.
        client: MLflow's client.
        networks: Identifier of the experiment that holds the networks.
        summary: Identifier of the experiment that holds aggregates and sweeps.
        artifact_roots: Experiment identifier to the folder of its artifacts, None where a server
            keeps them.
    """

    options: TrackingOptions
    client: "MlflowClient"
    networks: str
    summary: str
    artifact_roots: dict[str, Path | None]

    def artifacts(self, experiment: str, run_id: str) -> Path | None:
        """Return the folder of a run's artifacts, None where a server keeps them."""
        root = self.artifact_roots[experiment]
        return None if root is None else root / run_id / "artifacts"

    @contextlib.contextmanager
    def artifact_folder(self, experiment: str, run_id: str) -> Iterator[Path]:
        """Yield a folder to write a run's artifacts into.

        When it is left, the files' checksums are added, and a server gets them all.
        """
        folder = self.artifacts(experiment, run_id)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            yield folder
            write_checksums(folder)
            return
        with tempfile.TemporaryDirectory(prefix="ibsweep-") as temporary:
            yield Path(temporary)
            write_checksums(Path(temporary))
            self.client.log_artifacts(run_id, temporary)
