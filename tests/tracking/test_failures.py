"""What is stored when a part of it fails, or a training ends early."""

from dataclasses import replace

import pytest

from ibsweep.tracking import TrackingOptions, check_name, open_store
from tests.support.records import make_record


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    return open_store(TrackingOptions.at(folder))


class Picture:
    """Stands in for a Matplotlib figure."""

    def savefig(self, path):
        path.write_bytes(b"\x89PNG")


class Undrawable:
    """A figure that writes half of itself and gives up."""

    def savefig(self, path):
        path.write_bytes(b"half")
        raise ValueError("no such\nsymbol")


def test_a_figure_that_cannot_be_drawn_costs_nothing_else(store, caplog):
    record = make_record(11)
    figures = {"information_plane/ebab": Undrawable(), "plane": Picture()}
    run_id = store.log_network(record, figures=figures)
    run = store.connection.client.get_run(run_id)
    assert run.info.status == "FINISHED"
    reason = "information_plane/ebab: ValueError: no such symbol"
    assert run.data.tags["ibsweep.not_drawn"] == reason
    assert reason in caplog.text
    assert store.problems(run_id, network=True) == []


def test_a_network_that_cannot_be_written_is_failed(store):
    record = make_record(12)
    curves = record.curves.assign(i_xt=[object()] * len(record.curves))
    with pytest.raises(Exception, match="object"):
        store.log_network(replace(record, curves=curves), figures={})
    runs = store.networks().set_index("fingerprint")
    run = runs.loc[record.job.fingerprint]
    assert run["status"] == "FAILED" and "object" in run["failure"]


def test_what_is_known_of_a_training_that_ended_early_is_stored(store):
    record = make_record(13)
    run_id = store.log_ended(record, "no more data", epoch=700, status="KILLED")
    run = store.connection.client.get_run(run_id)
    assert run.info.status == "KILLED"
    assert run.data.tags["ibsweep.failed_epoch"] == "700"
    assert len(store.read_curves([run_id])) == len(record.curves)
    assert store.finished([record.job.fingerprint]) == {}


@pytest.mark.parametrize("name", ["a@b", "/a", "a/../b", "a//b", "", "..", ".", "x" * 251, "a\nb"])
def test_a_name_that_mlflow_refuses_is_told(name):
    with pytest.raises(ValueError, match="metrics must be named by at most 250 letters"):
        check_name("metrics", name)


@pytest.mark.parametrize("name", ["loss/train", "relu:2", "a b", "x-1.5_y", "größe", "x" * 250])
def test_a_name_that_mlflow_takes_is_stored(name, store):
    check_name("metrics", name)
    record = make_record(14, scores={name: 1.0})
    run_id = store.log_network(record, figures={})
    assert store.connection.client.get_run(run_id).data.metrics[name] == 1.0
