"""Stores are merged, each run once, whatever happens in between."""

import dataclasses
import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.tracking import TrackingOptions, merging, open_store, read_store
from tests.support.records import make_record
from tests.support.servers import mlflow_server


def filled(folder, seeds, *, sweep="night"):
    store = open_store(TrackingOptions.at(folder))
    for seed in seeds:
        store.log_network(make_record(seed, sweep=sweep), figures={})
    store.log_sweep(sweep, command="ibsweep -m", summary=pd.DataFrame({"n": [3]}), files={})
    return folder


def merged(*words):
    return CliRunner().invoke(cli.main, ["merge", *map(str, words)])


def table(**place):
    runs = ibsweep.runs(**place).drop(columns=["run_id", "run_ids", "started"])
    return runs.sort_values("seed", ignore_index=True)


def curves(**place):
    runs = ibsweep.runs(**place).sort_values("seed")
    return pd.concat([ibsweep.curves(runs.iloc[[row]]) for row in range(len(runs))]).drop(
        columns="network"
    )


def dump(folder):
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        return list(database.iterdump())


@pytest.fixture
def sources(tmp_path):
    first = filled(tmp_path / "a", range(3))
    return first, filled(tmp_path / "b", range(2, 5), sweep="day")


def test_runs_of_two_stores_come_together_once(sources, tmp_path):
    target, before = tmp_path / "all", [dump(folder) for folder in sources]
    result = merged(*sources, "--into", target)
    assert result.exit_code == 0, result.output
    first, second = result.output.splitlines()
    assert first.endswith("study ibsweep: 4 copied") and second.endswith("3 copied, 1 known")
    assert list(table(directory=target)["seed"]) == [0, 1, 2, 3, 4]
    wanted = curves(directory=sources[0])
    pd.testing.assert_frame_equal(curves(directory=target).iloc[: len(wanted)], wanted)
    assert len(ibsweep.runs(directory=target, sweep="day")) == 3  # the one of seed 2 joined it
    assert [dump(folder) for folder in sources] == before

    done = dump(target)
    again = merged(*sources, "--into", target)
    assert again.output.count("0 copied") == 2
    assert dump(target) == done


def test_a_copy_is_the_run_that_it_was(sources, tmp_path):
    merged(sources[0], "--into", tmp_path / "all")
    here, there = (
        read_store(TrackingOptions.at(folder)) for folder in (sources[0], tmp_path / "all")
    )
    pd.testing.assert_frame_equal(table(directory=sources[0]), table(directory=tmp_path / "all"))
    for run in there.connection.client.search_runs([there.connection.networks]):
        origin = here.connection.client.get_run(run.data.tags["ibsweep.merged_from"])
        assert run.data.params == origin.data.params
        datasets, wanted = (one.inputs.dataset_inputs for one in (run, origin))
        assert [used.to_dictionary() for used in datasets] == [
            used.to_dictionary() for used in wanted
        ]
        assert len(datasets) == 1
        assert run.info.start_time == origin.info.start_time
        assert run.info.end_time == origin.info.end_time
        extra = {"ibsweep.merged_from", "ibsweep.merged"}
        assert {k: v for k, v in run.data.tags.items() if k not in extra} == origin.data.tags
        for name in run.data.metrics:
            points, wanted = (
                store.connection.client.get_metric_history(one.info.run_id, name)
                for store, one in ((there, run), (here, origin))
            )
            assert [(p.value, p.step, p.timestamp) for p in points] == [
                (p.value, p.step, p.timestamp) for p in wanted
            ]
        assert there.problems(run.info.run_id, network=True) == []


def test_an_interrupted_merge_goes_on(sources, tmp_path, monkeypatch):
    copied, target = merging.copy_files, tmp_path / "all"

    def stop(source, folder):
        copied(source, folder)
        if len(list(target.glob("artifacts/ibsweep/*"))) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(merging, "copy_files", stop)
    assert merged(sources[0], "--into", target).exit_code == 1
    monkeypatch.setattr(merging, "copy_files", copied)
    assert "3 copied, 1 known" in merged(sources[0], "--into", target).output
    assert list(table(directory=target)["seed"]) == [0, 1, 2]


def test_damaged_and_unfinished_runs_are_left_and_counted(sources, tmp_path):
    store = read_store(TrackingOptions.at(sources[0]))
    first, second, _ = ibsweep.runs(directory=sources[0])["run_id"]
    (store.folder(first) / "curves.parquet").write_bytes(b"PAR1")
    store.connection.client.update_run(second, status="RUNNING")
    result = merged(sources[0], "--into", tmp_path / "all")
    assert result.exit_code == 1
    assert f"run {first}: curves.parquet was altered or truncated" in result.output
    assert "2 copied, 1 unfinished, 1 damaged" in result.output


def test_failed_runs_come_too_and_measurements_find_their_weights(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path / "a"))
    trained = store.log_network(make_record(0), figures={})
    record = make_record(1)
    store.log_network(dataclasses.replace(record, weights_from=trained), figures={})
    store.log_failure(record.job, "RuntimeError: it diverged", started=0.0, epoch=7)
    assert "3 copied" in merged(tmp_path / "a", "--into", tmp_path / "all").output
    target = read_store(TrackingOptions.at(tmp_path / "all"))
    rows = {row.status: row for row in target.states().itertuples()}
    assert rows["FAILED"].failure == "RuntimeError: it diverged"
    places = {
        run.data.tags.get("ibsweep.weights_from"): run.info.run_id
        for run in target.connection.client.search_runs([target.connection.networks])
    }
    assert (set(places) - {None}) <= set(places.values())
    assert "0 copied, 3 known" in merged(tmp_path / "a", "--into", tmp_path / "all").output


def test_a_server_gets_and_gives_runs(sources, tmp_path):
    with mlflow_server(tmp_path) as address:
        assert "4 copied" in merged(sources[0], "--into", address).output
        assert "0 copied, 4 known" in merged(sources[0], "--into", address).output
        assert "4 copied" in merged(address, "--into", tmp_path / "back").output
        assert "0 copied, 4 known" in merged(sources[0], "--into", tmp_path / "back").output
    pd.testing.assert_frame_equal(table(directory=sources[0]), table(directory=tmp_path / "back"))
    pd.testing.assert_frame_equal(
        curves(directory=sources[0]), curves(directory=tmp_path / "back")
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nothing", "directory must hold a store"),
        ("all", "SOURCE must not be the store to merge into"),
        ("ftp://x", "tracking.uri must start with one of"),
    ],
)
def test_a_wrong_source_is_named_in_a_line(tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    result = merged(source, "--into", "all")
    assert result.exit_code == 1 and message in result.output
    assert len(result.output.splitlines()) == 1 and not (tmp_path / "all").exists()
