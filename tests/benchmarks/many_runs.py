"""What a run costs in a store of many.

Type `python -m tests.benchmarks.many_runs [networks …] [key=value …]`.

For each number of networks (1000 unless told otherwise) a SQLite store is filled with made-up
networks under the names of jobs of one sweep, as if they were trained: 1000 are logged by ibsweep,
the others are copies of these in the database. Then it is timed

- to log another run: as one is logged in a store of that size, the mean of 20;
- to query: `ibsweep.runs` in a new process, which builds the index of runs, and again with it;
- to resume: typing the sweep again, until it says that nothing is left, and until it ends.

The measure of resuming is composing each of the jobs, as Hydra's own sweeper does.
"""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig

from ibsweep.config.jobs import describe
from ibsweep.config.settings import Settings
from ibsweep.config.shipped import conf_dir
from ibsweep.launching.task import Identity
from ibsweep.main import TASK
from ibsweep.records import NetworkRecord
from ibsweep.sweeps import app
from ibsweep.sweeps.running import running_sweep
from ibsweep.tracking import TrackingOptions, open_store
from tests.benchmarks.querying import TABLES, copy

ACTIVATIONS = ("relu", "tanh", "elu", "swish")
LOGGED = 1000  # by ibsweep
COMPOSED, MORE = 25, 20
log_seconds: list[float] = []  # of processor time, for each network that `start` stored
QUERY = "import ibsweep; print(len(ibsweep.runs()))"


class Seconds(NamedTuple):
    """Seconds on the clock, and of processor time."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} s (processor {self.processor:.1f})"


def sweep(networks: int) -> list[str]:
    """Return the overrides of a sweep of so many networks."""
    own = [word for word in sys.argv[1:] if not word.isdecimal()]
    return ["-m", f"activation={','.join(ACTIVATIONS)}", f"seed=range({networks // 4})", *own]


def record(settings: Settings, job) -> NetworkRecord:
    """Return what a network might leave: curves and tables of the true size, no activity."""
    rng, epochs = np.random.default_rng(job.seed), settings.snapshots
    rows = pd.MultiIndex.from_product(
        [settings.network.layers, epochs, settings.estimators, ["all"]],
        names=["layer", "epoch", "estimator", "part"],
    ).to_frame(index=False)
    training = pd.DataFrame({"epoch": epochs, "loss/train": 0.3})
    for name in ("accuracy/test", "accuracy/train", "weight_norm"):
        training[name] = rng.random(len(epochs))
    scores = {f"ebab/compression/{name}": rng.random() for name in ("hidden", "last", "all")}
    return NetworkRecord(
        job=job,
        curves=rows.assign(i_xt=12 * rng.random(len(rows)), i_ty=rng.random(len(rows))),
        training=training,
        scores={**scores, "accuracy/test": rng.random(), "failed_to_train": 0.0},
        weights={"epochs": epochs},
        activity={},
        samples=4096,
        started=time.time(),
        durations={"training": 1.0},
    )


def start(configs, progress):
    """Stand in for the training of an ensemble."""
    settings = [Settings.of(config) for config in configs]

    def run(index):
        one = settings[index]
        job = describe(one, HydraConfig.get().runtime.choices, sweep=running_sweep())
        network, begin = record(one, job), time.process_time()
        run_id = open_store(one.tracking).log_network(network, figures={})
        log_seconds.append(time.process_time() - begin)
        return run_id

    return run


def log_runs(folder: Path, networks: int) -> None:
    """Run a sweep in this process, without any training."""
    arguments = ["ibsweep", *sweep(networks), "hydra.launcher.backend=sequential"]
    os.chdir(folder)
    with mock.patch.object(sys, "argv", arguments):
        app.run(replace(TASK, start=start), config="config")


def identities(seeds: range) -> Iterator[Identity]:
    """Yield what the store knows jobs by."""
    with initialize_config_dir(version_base="1.3", config_dir=conf_dir()):
        for activation in ACTIVATIONS:
            config = compose("config", overrides=[f"activation={activation}"])
            yield from TASK.identify(config, seeds)


def copy_runs(folder: Path, networks: int) -> None:
    """Copy the logged runs in the database, under the names of jobs with further seeds."""
    root = folder / "outputs"
    store = open_store(TrackingOptions(None, "ibsweep", "metrics", root))
    artifacts = store.connection.artifact_roots[store.connection.networks]
    database = store.connection.options.database
    with closing(sqlite3.connect(database)) as connection, connection:
        logged = connection.execute(
            "SELECT run_uuid FROM tags WHERE key = 'ibsweep.fingerprint'"
        ).fetchall()
        for k, job in enumerate(identities(range(LOGGED // 4, networks // 4))):
            old, new = logged[k % len(logged)][0], uuid.uuid4().hex
            (artifacts / new).symlink_to(artifacts / old, target_is_directory=True)
            for table in ("runs", *TABLES):
                copy(connection, table, old, new)
            named = {"fingerprint": job.run, "training_fingerprint": job.network}
            connection.executemany(
                "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?",
                [(name, new, f"ibsweep.{tag}") for tag, name in named.items()],
            )


def timed(action: Callable[[], object]) -> Seconds:
    """Time an action, with the processor time of this process and of those it waits for."""
    began, spent = time.perf_counter(), processor_s()
    action()
    return Seconds(time.perf_counter() - began, processor_s() - spent)


def processor_s() -> float:
    """Return the processor time that this process and those that it waited for have used."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def python(folder: Path, *words: str) -> str:
    """Run Python in a folder and return what it prints."""
    return subprocess.run(
        [sys.executable, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def resume(folder: Path, networks: int) -> tuple[float, Seconds]:
    """Return seconds until the command says that all is finished, and until it ends."""
    said: list[float] = []

    def run() -> None:
        begin = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "ibsweep", *sweep(networks)],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if f"{networks} of {networks} already finished" in line:
                    said.append(time.perf_counter() - begin)
        assert process.returncode == 0

    ended = timed(run)
    return said[0], ended


def composing_s(networks: int) -> float:
    """Return seconds that composing every job by itself would take."""
    with initialize_config_dir(version_base="1.3", config_dir=conf_dir()):
        begin = time.perf_counter()
        for seed in range(COMPOSED):
            compose("config", overrides=[f"seed={seed}"])
    return (time.perf_counter() - begin) / COMPOSED * networks


def report(folder: Path, networks: int) -> None:
    """Fill a store and print what it costs to use it."""
    log_seconds.clear()
    log_runs(folder, LOGGED)
    first = 1e3 * np.mean(log_seconds[:100])
    copy_runs(folder, networks)
    database = folder / "outputs/mlflow.db"
    with closing(sqlite3.connect(database)) as connection:
        rows = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES}
    counted = ", ".join(f"{count / networks:.0f} {table}" for table, count in rows.items())
    size = database.stat().st_size / networks / 1e3
    print(f"\n{networks} networks, {size:.0f} kB of the database a run: {counted}")
    for index in (folder / "outputs/cache").glob("*.parquet"):
        index.unlink()
    for index in ("that builds the index", "with it"):
        print(f"  query, {index}: {timed(lambda: python(folder, '-c', QUERY))}")
    told, ended = resume(folder, networks)
    composing = composing_s(networks)
    print(f"  resume: says so after {told:.1f} s, ends after {ended}", end="; ")
    print(f"composing {composing:.0f} s, ratio {composing / told:.1f}")
    log_seconds.clear()
    log_runs(folder, networks + MORE)
    last = 1e3 * np.mean(log_seconds)
    print(f"  log a run: processor {first:.0f} ms (first 100), {last:.0f} ms (after {networks})")


def main() -> None:
    """Report on each number of networks."""
    for networks in [int(word) for word in sys.argv[1:] if word.isdecimal()] or [LOGGED]:
        with tempfile.TemporaryDirectory() as name:
            report(Path(name), networks)


if __name__ == "__main__":
    main()
