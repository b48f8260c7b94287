"""Files that are added to the run of a sweep after it ended."""

import pandas as pd
import pytest

from ibsweep.tracking import DamagedFile, TrackingOptions, open_store


@pytest.fixture
def store(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path))
    store.log_sweep("night", command="ibsweep", summary=pd.DataFrame({"n": [1]}), files={"a": "1"})
    return store


def test_an_added_file_belongs_to_the_run_like_the_others(store):
    run_id = store.add_to_sweep("night", {"tables/b.csv": "x\n"})
    assert store.problems(run_id, network=False) == []
    folder = store.connection.artifacts(store.connection.summary, run_id)
    assert (folder / "tables/b.csv").read_text() == "x\n"
    assert (folder / "a").read_text() == "1"


def test_adding_a_file_does_not_make_an_altered_one_sound(store):
    run_id = store.add_to_sweep("night", {"b": "2"})
    folder = store.connection.artifacts(store.connection.summary, run_id)
    (folder / "a").write_text("altered")
    store.add_to_sweep("night", {"b": "3"})
    (problem,) = store.problems(run_id, network=False)
    assert "a was altered" in problem


def test_a_sweep_without_a_run_is_named(store):
    with pytest.raises(ValueError, match="sweep must be one that ended .* got 'day'"):
        store.add_to_sweep("day", {"b": "2"})


def test_a_damaged_list_of_files_is_not_replaced(store):
    run_id = store.add_to_sweep("night", {"b": "2"})
    folder = store.connection.artifacts(store.connection.summary, run_id)
    (folder / "checksums.json").write_text("{")
    with pytest.raises(DamagedFile, match="checksums.json"):
        store.add_to_sweep("night", {"b": "3"})
