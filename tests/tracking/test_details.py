"""Errors and diagnostics, from what an estimator gave to who reads the store."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import ibsweep
from ibsweep.tracking import TrackingOptions, open_store
from ibsweep.tracking.database import RunHead
from ibsweep.tracking.run_columns import RunColumns, number_columns, text_columns
from ibsweep.tracking.tables import network_table
from tests.support.records import EPOCHS, make_record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def store(folder):
    return open_store(TrackingOptions.at(folder))


@pytest.fixture(scope="module")
def stating(store):
    """A network measured by `lossy`, which states errors and a rank, and by `ebab`, which not."""
    record = make_record(0, estimators=("ebab", "lossy"))
    curves = record.curves
    lossy = curves["estimator"] == "lossy"
    curves = curves.assign(i_ty_floor=np.nan)  # as a store of today has it
    for name, value in (("i_xt_error", 0.25), ("rank_t", 3.0), ("cap", np.inf)):
        curves[name] = np.where(lossy, value, np.nan)
    curves.loc[curves.index[lossy][-1], "i_xt_error"] = np.nan  # an infinite estimate has none
    record = dataclasses.replace(record, curves=curves)
    return record, store.log_network(record, figures={})


@pytest.fixture(scope="module")
def silent(store):
    """A network as it was stored before there were errors."""
    return store.log_network(make_record(1), figures={})


def test_details_are_metrics_at_the_epochs_of_the_curves_and_only_where_there_are_any(
    store, stating
):
    client, (_, run_id) = store.connection.client, stating

    def steps(name):
        return sorted(point.step for point in client.get_metric_history(run_id, name))

    for name in ("I_XT_error", "rank_t"):
        assert steps(f"lossy/{name}/layer_1") == steps("lossy/I_XT/layer_1")
    metrics = client.get_run(run_id).data.metrics
    assert metrics["lossy/I_XT_error/layer_1"] == 0.25
    assert np.isnan(metrics["lossy/I_XT_error/output"])
    assert not [name for name in metrics if name.startswith("ebab/") and "_error" in name]
    assert not [name for name in metrics if "rank_t" in name and "lossy" not in name]
    assert "lossy/cap/layer_1" not in metrics  # without limit
    assert store.problems(run_id, network=True) == []


def test_curves_return_every_detail_of_every_snapshot(folder, store, stating, silent):
    record, run_id = stating
    curves = ibsweep.curves(ibsweep.runs(directory=folder)).set_index("network")
    own = curves.loc[run_id]
    for name in ("i_xt_error", "rank_t", "cap"):
        np.testing.assert_array_equal(own[name], record.curves[name])
    assert own["i_ty_error"].isna().all()
    old = curves.loc[silent]
    assert len(old) == len(EPOCHS) * 3 and old["i_xt"].notna().all()
    assert old[["i_ty_floor", "i_xt_error", "i_ty_error", "rank_t"]].isna().all(axis=None)


def test_a_store_from_before_errors_reads_as_one_without(folder, store, silent):
    networks = ibsweep.runs(directory=folder)
    curves = ibsweep.curves(networks[networks["run_id"] == silent])
    expected = make_record(1).curves
    pd.testing.assert_frame_equal(curves[expected.columns.tolist()], expected)
    assert curves[["i_xt_error", "i_ty_error"]].dtypes.eq("float64").all()
    assert curves[["i_xt_error", "i_ty_error"]].isna().all(axis=None)


def test_large_integers_of_runs_stay_apart_where_others_have_none():
    large = [2**53, 2**53 + 1, None]
    names = [f"run{k}" for k in range(3)]
    heads = [RunHead(name, "name", "FINISHED", 0) for name in names]
    tags, params = (
        text_columns(
            [(name, key, str(seed)) for name, seed in zip(names, large, strict=True) if seed],
            names,
        )
        for key in ("seed", "task.seed")
    )
    table = network_table(RunColumns(heads, tags, params, number_columns([], names)))
    assert table["seed"].tolist() == table["task.seed"].tolist() == large
