"""Stores the run of a watched training, FINISHED or not, as a sweep stores its own."""

import json
import uuid
from collections.abc import Mapping

from torch import nn

from ibsweep.config.fingerprints import fingerprint
from ibsweep.information import Estimator
from ibsweep.plots.by_estimator import information_planes
from ibsweep.records import Job, NetworkRecord
from ibsweep.tracking import Store
from ibsweep.watching.estimators import parameters
from ibsweep.watching.plan import Description


def job_of(
    model: nn.Module, estimators: Mapping[str, Estimator], own: Description, taken_for: str
) -> Job:
    """Describe a watched training.

    Args:
        model: Its class is logged.
        estimators: Name to estimator.
        own: What the user says of it.
        taken_for: What labels and output were taken for.
    """
    kind = type(model).__name__
    what = {"watched": kind, "estimator": ",".join(estimators)}
    used = parameters(estimators)
    options = {"parameters": dict(own.parameters), "options": used}
    unique = uuid.uuid4().hex
    return Job(
        name=own.name,
        parameters={**own.parameters, **used, "model": kind, "seed": own.seed},
        choices={"network": kind, "estimator": what["estimator"]},
        seed=own.seed,
        fingerprint=unique,
        training_fingerprint=unique,
        configuration=fingerprint({**what, **options}),
        config=json.dumps({**what, **options, "seed": own.seed, "taken_for": taken_for}),
        sweep=None,
    )


def store_run(store: Store, record: NetworkRecord) -> str:
    """Store a finished training with its information planes, and return the run's identifier.

    Without I(T;Y) there is no plane.
    """
    job, curves = record.job, record.curves
    known = curves.groupby("estimator")["i_ty"].transform("count") > 0
    planes = information_planes(
        curves[known], job.parameters, samples=record.samples, title=job.name
    )
    return store.log_network(record, figures=planes)
