"""Stores the run of a watched training, FINISHED or FAILED, as a sweep stores its own."""

import json
import uuid
from collections.abc import Mapping

from torch import nn

from ibsweep.fingerprints import fingerprint
from ibsweep.information import Estimator
from ibsweep.pipeline import information_planes
from ibsweep.tracking import Store
from ibsweep.types import Job, NetworkRecord
from ibsweep.watching.estimators import parameters
from ibsweep.watching.options import Description


def job_of(model: nn.Module, estimators: Mapping[str, Estimator], own: Description) -> Job:
    """Describe a watched training.

    Args:
        model: Its kind is told.
        estimators: Name to estimator.
        own: What the user says of it.
    """
    kind = type(model).__name__
    what = {"watched": kind, "estimator": ",".join(estimators)}
    options = {str(name): value for name, value in own.parameters.items()}
    used = parameters(estimators)
    unique = uuid.uuid4().hex
    return Job(
        name=own.name,
        parameters={**options, **used, "model": kind, "seed": own.seed},
        choices={"network": kind, "estimator": what["estimator"]},
        seed=own.seed,
        fingerprint=unique,
        training_fingerprint=unique,
        configuration=fingerprint({**what, "parameters": options, "options": used}),
        config=json.dumps({**what, "parameters": options, "options": used, "seed": own.seed}),
        sweep=None,
    )


def store_run(store: Store, record: NetworkRecord) -> str:
    """Store a finished training with its information planes, and return the run's identifier."""
    job, curves = record.job, record.curves
    planes = information_planes(curves, job.parameters, samples=record.samples, title=job.name)
    return store.log_network(record, figures=planes)
