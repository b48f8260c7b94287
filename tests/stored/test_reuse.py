"""Another estimator measures stored networks: nothing is trained twice."""

import numpy as np
import pandas as pd
import pytest

from tests.sweeps.test_command_line import SEQUENTIAL, TINY, command, logs, numbers, said, store_of


@pytest.fixture(scope="module")
def remeasured(tmp_path_factory):
    """A sweep, then the same with another estimator; and that at once, elsewhere."""
    folder, fresh = tmp_path_factory.mktemp("remeasured"), tmp_path_factory.mktemp("fresh")
    more = ["-m", "seed=range(2)", "estimator=[ebab,binning_width]", *SEQUENTIAL]
    said(command(folder, "-m", "seed=range(2)", *SEQUENTIAL))
    again = command(folder, *more)
    said(command(fresh, *more))
    return folder, fresh, said(again)


def test_another_estimator_is_measured_without_training(remeasured):
    folder, _, text = remeasured
    assert "measuring 2 networks from stored weights" in text
    assert logs(folder).count("training 1 networks") + logs(folder).count("training 2 net") <= 2
    runs = store_of(folder).networks()
    assert runs["duration/training"].notna().sum() == 2
    assert runs["training_fingerprint"].nunique() == 2


def test_it_gives_the_same_numbers_as_training_anew(remeasured):
    folder, fresh, _ = remeasured
    anew = numbers(store_of(fresh).networks())
    pd.testing.assert_frame_equal(
        numbers(store_of(folder).networks()).loc[anew.index][anew.columns], anew, check_exact=True
    )


def test_the_run_names_where_its_weights_come_from(remeasured):
    folder, _, _ = remeasured
    store = store_of(folder)
    runs = store.networks()
    measured = runs[runs["duration/training"].isna()]
    for run_id, network in zip(measured["run_id"], measured["training_fingerprint"], strict=True):
        origin = store.connection.client.get_run(run_id).data.tags["ibsweep.weights_from"]
        assert runs.set_index("run_id").loc[origin, "training_fingerprint"] == network
        theirs, ours = store.read_weights(origin), store.read_weights(run_id)
        assert all(np.array_equal(theirs[name], ours[name]) for name in theirs)


@pytest.mark.slow
def test_damaged_weights_are_trained_anew_with_a_warning(tmp_path):
    said(command(tmp_path, "seed=0", *TINY))
    (weights,) = (tmp_path / "outputs" / "artifacts").rglob("weights.npz")
    weights.write_bytes(weights.read_bytes()[:1000])
    text = said(command(tmp_path, "seed=0", "parts=[all,test]", *TINY))
    run = store_of(tmp_path).networks()["run_id"].iloc[-1]
    assert f"run {run}: weights.npz was altered or truncated" in text
    assert "training this network anew" in text
    assert store_of(tmp_path).networks()["duration/training"].notna().all()
