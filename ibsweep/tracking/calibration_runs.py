"""Writes the run of a calibration: what estimators said of information that is known."""

import time
from collections.abc import Iterator

from ibsweep.records import CalibrationRecord
from ibsweep.tracking.connection import Connection
from ibsweep.tracking.metrics import Point, final_points, log_points
from ibsweep.tracking.network_runs import create_run, finish
from ibsweep.tracking.tags import COMPLETE, job_params


def log_calibration(connection: Connection, record: CalibrationRecord) -> str:
    """Write a finished calibration and return its run; until all is written it is not complete."""
    extra = {"ibsweep.samples": str(record.samples)}
    run_id = create_run(connection, record.job, started=record.started, extra=extra)
    with connection.artifact_folder(connection.networks, run_id) as folder:
        (folder / "config.yaml").write_text(record.job.config, encoding="utf-8")
    log_points(
        connection,
        run_id,
        [*_points(record)],
        parameters=job_params(record.job),
        started=record.started,
        tags=COMPLETE,
    )
    finish(connection, run_id)
    return run_id


def _points(record: CalibrationRecord) -> Iterator[Point]:
    """Yield `truth`, and `<estimator>/estimate`, `…/bias` and so on."""
    scores = {"truth": record.truth, "duration": time.time() - record.started, **record.scores}
    estimates = record.estimates.set_index("estimator")
    estimates["bias"] = estimates["estimate"] - record.truth
    for name, values in estimates.iterrows():
        scores |= {f"{name}/{column}": float(value) for column, value in values.items()}
    yield from final_points(scores, 0)
