"""Runs that a dead process left RUNNING are recognised; those of a living one are not touched."""

import multiprocessing
import os
import signal
import time

import psutil
import pytest

from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_record


class Draw:
    """A figure during which something happens."""

    def __init__(self, happen):
        self.happen = happen

    def savefig(self, path):
        self.happen()
        path.write_bytes(b"\x89PNG")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture
def store(folder, request):
    return open_store(TrackingOptions.at(folder, study=request.node.name))


def write_and_die(options):
    store = open_store(options)
    store.log_network(
        make_record(1), figures={"p": Draw(lambda: os.kill(os.getpid(), signal.SIGKILL))}
    )


def test_what_a_killed_process_left_is_closed_and_not_finished(store):
    context, options = multiprocessing.get_context("spawn"), store.options
    process = context.Process(target=write_and_die, args=(options,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (run_id,) = store.networks()["run_id"]
    assert store.networks()["status"].tolist() == ["RUNNING"]
    assert store.reap() == ([run_id], [])
    assert store.networks()["status"].tolist() == ["KILLED"]
    assert store.connection.client.get_run(run_id).data.tags["ibsweep.reaped"] == "1"
    assert store.finished(["run-relu-0.0-1"]) == {}
    assert store.reap() == ([], [])


def test_a_run_of_a_living_process_is_left_alone(store):
    found = []
    store.log_network(make_record(1), figures={"plane": Draw(lambda: found.append(store.reap()))})
    assert found == [([], [])]
    assert store.networks()["status"].tolist() == ["FINISHED"]


def running(store, **tags):
    """Write a run as this process does, with some tags changed."""
    run = {}

    def stop():
        run["id"] = store.networks()["run_id"].iloc[0]
        for name, text in tags.items():
            store.connection.client.set_tag(run["id"], f"ibsweep.{name}", str(text))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.log_network(make_record(1), figures={"plane": Draw(stop)})
    return run["id"]


def test_a_process_that_took_over_the_number_is_not_the_same(store):
    start = psutil.Process().create_time() - 10
    run_id = running(store, pid_start=start)
    assert store.reap().closed == [run_id]


def test_a_run_of_another_machine_is_left_alone_and_reported(store, caplog):
    run_id = running(store, host="elsewhere", pid=2**30)
    assert store.reap() == ([], [run_id])
    assert "1 runs of other machines" in caplog.text
    assert store.networks()["status"].tolist() == ["RUNNING"]


@pytest.mark.parametrize("tag", ["pid", "pid_start", "heartbeat"])
@pytest.mark.parametrize("text", ["mine", "", "nan", "-1e999"])
def test_tags_that_were_edited_stop_nothing(store, tag, text):
    run_id = running(store, **{tag: text})
    assert store.reap() == ([], [] if tag == "heartbeat" else [run_id])
    store.connection.client.set_tag(run_id, "ibsweep.pid", "mine")
    store.connection.client.set_tag(run_id, "ibsweep.heartbeat", time.time() - 25 * 3600)
    assert store.reap() == ([run_id], [])


def test_an_unknown_process_is_judged_by_the_start_of_its_run(store):
    run_id = running(store, host="", heartbeat="long ago", seed="none")
    assert store.reap() == ([], [run_id])


def test_a_machine_that_was_silent_for_a_day_is_dead(store):
    run_id = running(store, host="elsewhere", heartbeat=time.time() - 25 * 3600)
    assert store.reap() == ([run_id], [])


def test_a_run_of_which_all_was_written_is_finished(store):
    running(store, pid=2**30, complete=1)
    store.reap()
    assert store.networks()["status"].tolist() == ["FINISHED"]
    assert store.finished(["run-relu-0.0-1"])


def test_runs_that_others_write_are_not_touched(store):
    store.connection.client.create_run(store.connection.networks)
    assert store.reap() == ([], [])


def test_the_state_of_a_run_is_told_for_each_of_its_sweeps(store):
    first = store.log_network(make_record(1, sweep="night"), figures={})
    store.join_sweep([first], "day")
    store.log_failure(make_record(2, sweep=None).job, "diverged", started=1e9)
    states = store.states().sort_values(["name", "sweep"])
    assert states["sweep"].tolist() == ["day", "night", ""]
    assert states["status"].tolist() == ["FINISHED", "FINISHED", "FAILED"]
    assert states["failure"].tolist() == ["", "", "diverged"]
