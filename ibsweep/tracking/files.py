"""Reads the files of runs back, each checked against its checksum; nothing is unpickled."""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ibsweep.tracking import checksums
from ibsweep.tracking.checksums import DamagedFile
from ibsweep.tracking.connection import Connection

if TYPE_CHECKING:
    from pyarrow import Table


def read_table(connection: Connection, run_ids: Sequence[str], name: str) -> pd.DataFrame:
    """Return the rows of a table that every run keeps as a file, with the run as column `network`.

    Raises:
        FileNotFoundError: If a run has no such table, since it is unknown or not complete.
        DamagedFile: If it is not as it was written.
    """
    import pyarrow as pa

    def read(run_id: str) -> pa.Table:
        table = _read_parquet(connection, run_id, name)
        return table.add_column(0, "network", pa.repeat(run_id, len(table)))

    with ThreadPoolExecutor(8) as pool:
        tables = list(pool.map(read, run_ids))
    if not tables:
        return pd.DataFrame(columns=["network", "epoch"])
    return pa.concat_tables(tables, promote_options="default").to_pandas()


def read_arrays(connection: Connection, run_id: str, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of one file of a run.

    Raises:
        FileNotFoundError: If the run has no such file.
        DamagedFile: If it is not as it was written.
    """
    with fetched(connection, run_id, name) as path:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return dict(archive)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DamagedFile(f"run {run_id}: {name} holds no arrays ({error})") from error


def read_text(connection: Connection, run_id: str, name: str) -> str:
    """Return a text file of a run.

    Raises:
        FileNotFoundError: If the run has no such file.
        DamagedFile: If it is not as it was written.
    """
    with fetched(connection, run_id, name) as path:
        return path.read_text(encoding="utf-8")


def file_names(connection: Connection, run_id: str) -> list[str]:
    """Return the names of the files that were written with a run.

    Raises:
        FileNotFoundError: If the run has no list of them.
        DamagedFile: If the list is not as it was written.
    """
    return list(file_checksums(connection, run_id))


def file_checksums(connection: Connection, run_id: str) -> dict[str, str]:
    """Return each file that was written with a run, with its SHA-256.

    Raises:
        FileNotFoundError: If the run has no list of them.
        DamagedFile: If the list is not as it was written.
    """
    with tempfile.TemporaryDirectory(prefix="ibsweep-") as scratch:
        path = _fetch(connection, run_id, checksums.NAME, Path(scratch))
        return checksums.read_checksums(path, run_id=run_id)


@contextmanager
def fetched(connection: Connection, run_id: str, name: str) -> Iterator[Path]:
    """Yield the path of a file of a run, checked; a server's is deleted afterwards.

    Raises:
        FileNotFoundError: If the run has no such file.
        DamagedFile: If it is not as it was written.
    """
    with tempfile.TemporaryDirectory(prefix="ibsweep-") as scratch:
        path = _fetch(connection, run_id, name, Path(scratch))
        listed = _fetch(connection, run_id, checksums.NAME, Path(scratch))
        sums = checksums.read_checksums(listed, run_id=run_id)
        checksums.verify(path, name, sums, run_id=run_id)
        yield path


def _read_parquet(connection: Connection, run_id: str, name: str) -> "Table":
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    with fetched(connection, run_id, name) as path:
        try:
            with pq.ParquetFile(path) as file:
                return file.read(use_threads=False)
        except (OSError, ArrowException) as error:
            raise DamagedFile(f"run {run_id}: {name} holds no table ({error})") from error


def _fetch(connection: Connection, run_id: str, name: str, scratch: Path) -> Path:
    """Return a run's file: where it lies, or downloaded to a scratch folder."""
    from mlflow.exceptions import MlflowException

    kept = _kept(connection, run_id, name)
    if kept is not None:
        return kept
    problem = f"run {run_id} has no {name} in the study {connection.options.study!r}"
    if None not in connection.artifact_roots.values():
        raise FileNotFoundError(f"{problem}: it is unknown or not complete")
    checksums.inside(scratch, name)
    try:
        return Path(connection.client.download_artifacts(run_id, name, str(scratch)))
    except (MlflowException, OSError) as error:
        raise FileNotFoundError(f"{problem}: {str(error).splitlines()[0]}") from error


def _kept(connection: Connection, run_id: str, name: str) -> Path | None:
    """Return where a run's file lies on this machine, None if it does not."""
    checksums.inside(Path(tempfile.gettempdir()), run_id)
    for experiment in connection.artifact_roots:
        folder = connection.artifacts(experiment, run_id)
        if folder is not None and checksums.inside(folder, name).is_file():
            return folder / name
    return None
