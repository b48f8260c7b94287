"""Time reading many networks: `python -m tests.benchmarks.querying [networks]`.

Makes a store of made-up networks (2000 unless told otherwise; nothing is trained), reads runs and
curves with ibsweep, and fetches the same curves by `MlflowClient.get_metric_history`. That way is
timed on 20 of the networks and scaled; it has only 25 points of each curve.
"""

import sqlite3
import sys
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path

import ibsweep
from ibsweep.tracking import Store, TrackingOptions, open_store
from tests.support.records import make_record

NETWORKS = 2000
WRITTEN = 20  # by ibsweep itself; the others are copies of these, in the database and as files
TABLES = ("tags", "params", "latest_metrics", "metrics")


def fill(store: Store, networks: int) -> None:
    """Write some networks, and copies of them under other names until there are enough."""
    written = [store.log_network(make_record(seed), figures={}) for seed in range(WRITTEN)]
    connection = store.connection
    folder = connection.artifact_roots[connection.networks]
    with closing(sqlite3.connect(connection.options.database)) as database, database:
        for k in range(WRITTEN, networks):
            old, new = written[k % WRITTEN], uuid.uuid4().hex
            (folder / new).symlink_to(folder / old, target_is_directory=True)
            for table in ("runs", *TABLES):
                copy(database, table, old, new)
            database.execute(
                "UPDATE tags SET value = value || ? WHERE run_uuid = ? AND key LIKE ?",
                (f"-{k}", new, "ibsweep.%fingerprint"),
            )


def copy(database: sqlite3.Connection, table: str, old: str, new: str) -> None:
    """Copy a run's rows of a table."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    others = ", ".join(name for name in columns if name != "run_uuid")
    database.execute(
        f"INSERT INTO {table} (run_uuid, {others})"
        f" SELECT ?, {others} FROM {table} WHERE run_uuid = ?",
        (new, old),
    )


def by_history(store: Store, run_ids: list[str]) -> int:
    """Fetch the curves of runs metric by metric; return the number of points."""
    client, points = store.connection.client, 0
    for run_id in run_ids:
        names = [name for name in client.get_run(run_id).data.metrics if "/I_" in name]
        points += sum(len(client.get_metric_history(run_id, name)) for name in names)
    return points


def main() -> None:
    """Print the times and their ratio."""
    networks = int(sys.argv[1]) if len(sys.argv) > 1 else NETWORKS
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(TrackingOptions(None, "ibsweep", "metrics", Path(folder)))
        fill(store, networks)
        times = [time.perf_counter()]
        runs = ibsweep.runs(directory=folder)
        times.append(time.perf_counter())
        curves = ibsweep.curves(runs)
        times.append(time.perf_counter())
        points = by_history(store, runs["run_id"].sample(20, random_state=0).tolist())
        times.append(time.perf_counter())
    table, ours, history = (
        after - before for before, after in zip(times, times[1:], strict=False)
    )
    slow = history * networks / 20
    print(f"{networks} networks: runs {table:.2f} s, curves {ours:.2f} s, {len(curves)} rows")
    print(f"by get_metric_history {slow:.1f} s (20 timed: {history:.2f} s, {points} points)")
    print(f"ratio {slow / (table + ours):.1f}")


if __name__ == "__main__":
    main()
