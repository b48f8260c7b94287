"""The tags that users type into filters, and that name the runs of stores that are there."""

from ibsweep.tracking.tags import job_tags
from tests.support.records import make_job


def test_a_job_is_stored_under_these_tags():
    assert job_tags(make_job(3)) == {
        "activation": "relu",
        "task": "spherical",
        "seed": "3",
        "ibsweep.kind": "network",
        "ibsweep.fingerprint": "run-relu-0.0-3",
        "ibsweep.training_fingerprint": "net-relu-0.0-3",
        "ibsweep.configuration": "relu-0.0",
        "ibsweep.sweep.night": "1",
    }
