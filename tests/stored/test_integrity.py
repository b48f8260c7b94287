"""What is read from a store is what was written, or an error that names run and file."""

import hashlib
import json
import pickle

import numpy as np
import pytest

from ibsweep.tracking import DamagedFile, TrackingOptions, open_store
from tests.support.records import EPOCHS, make_record
from tests.tracking.test_store import Picture


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return open_store(
        TrackingOptions(None, "ibsweep", "metrics", tmp_path_factory.mktemp("outputs"))
    )


@pytest.fixture
def run_id(store):
    return store.log_network(make_record(1), figures={})


@pytest.fixture
def files(store, run_id):
    return store.connection.artifacts(store.connection.networks, run_id)


READERS = {
    "curves.parquet": lambda store, run_id: store.read_curves([run_id]),
    "training.parquet": lambda store, run_id: store.read_training([run_id]),
    "weights.npz": lambda store, run_id: store.read_weights(run_id),
    "activations/epoch_0.npz": lambda store, run_id: store.read_activity(run_id, 0),
    "config.yaml": lambda store, run_id: store.read_config(run_id),
}


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def alter(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, alter])
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_named_with_its_run(store, run_id, files, name, damage):
    assert len(READERS[name](store, run_id))
    damage(files / name)
    with pytest.raises(DamagedFile, match=f"run {run_id}: {name} was altered or truncated"):
        READERS[name](store, run_id)


def test_a_file_that_was_put_there_later_is_not_read(store, run_id, files):
    np.savez(files / "activations/epoch_7.npz", layer_1=np.zeros(3))
    with pytest.raises(DamagedFile, match=r"activations/epoch_7.npz was not written with the run"):
        store.read_activity(run_id, 7)


@pytest.mark.parametrize("damage", [truncate, lambda path: path.write_text('["a"]')])
def test_damaged_checksums_are_an_error_too(store, run_id, files, damage):
    damage(files / "checksums.json")
    with pytest.raises(DamagedFile, match=f"run {run_id}: checksums.json was altered"):
        store.read_curves([run_id])


def test_every_file_of_a_run_has_its_sha256(store):
    run_id = store.log_network(make_record(2), figures={"information_plane/ebab": Picture()})
    files = store.connection.artifacts(store.connection.networks, run_id)
    sums = json.loads((files / "checksums.json").read_text())
    written = {path.relative_to(files).as_posix() for path in files.rglob("*.*")}
    assert set(sums) == written - {"checksums.json"}
    for name, digest in sums.items():
        assert hashlib.sha256((files / name).read_bytes()).hexdigest() == digest


class Trap:
    """Would write a file if it were unpickled."""

    def __reduce__(self):
        return open, ("trap", "w")


@pytest.mark.parametrize("pickled", ["alone", "inside"])
def test_nothing_is_unpickled(store, run_id, files, pickled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = files / "weights.npz"
    if pickled == "alone":
        path.write_bytes(pickle.dumps(Trap()))
    else:
        np.savez(path, epochs=EPOCHS, layer=np.array([Trap()], dtype=object))
    sums = json.loads((files / "checksums.json").read_text())
    sums["weights.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (files / "checksums.json").write_text(json.dumps(sums))
    with pytest.raises(DamagedFile, match="weights.npz holds no arrays"):
        store.read_weights(run_id)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("name", ["../plane", "/tmp/plane", "a/../../plane", "..\\plane"])
def test_an_artifact_cannot_be_written_outside_its_folder(store, name):
    with pytest.raises(ValueError, match="artifact must be named by a path inside"):
        store.log_network(make_record(3), figures={name: Picture()})


def test_a_link_that_leads_out_of_the_folder_is_not_followed(store, run_id, files, tmp_path):
    (files / "weights.npz").unlink()
    np.savez(tmp_path / "weights.npz", epochs=EPOCHS)
    (files / "weights.npz").symlink_to(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="inside its run's folder"):
        store.read_weights(run_id)


def test_a_run_cannot_be_named_by_a_path(store, run_id):
    with pytest.raises(ValueError, match="inside its run's folder"):
        store.read_curves([f"../ibsweep/../../{run_id}"])
