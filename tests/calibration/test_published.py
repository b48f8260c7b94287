"""Mean absolute errors beside the published ones."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.calibration.published import comparison, errors, published
from ibsweep.distributions.beyond_normal import TASKS


def estimates(*, away=lambda task: 0.0, tasks=tuple(TASKS), seeds=2):
    rows = [
        ("mine", 1000, task, law.nats / np.log(2), (law.nats + away(task)) / np.log(2))
        for task, law in TASKS.items()
        if task in tasks
        for _ in range(seeds)
    ]
    columns = ["estimator", "samples", "distribution.task", "truth", "estimate"]
    return pd.DataFrame(rows, columns=columns)


def test_errors_are_averaged_over_tasks_in_nats():
    table = errors(estimates(away=lambda task: -0.2 if "25-25" in task else 0.05))
    (row,) = table.itertuples()
    wide = (6 * 0.2 + 0.05) / 7  # 50+50, too
    assert row.wide == pytest.approx(wide)
    assert row.narrow == pytest.approx(0.05)
    assert row.mae == pytest.approx((7 * wide + 33 * 0.05) / 40)
    assert row.near == 34
    assert row.worst.count("25-25") == row.worst.count(" -0.20") == 5


def test_errors_of_two_seeds_do_not_cancel():
    table = estimates(seeds=2)
    table["estimate"] += np.where(np.arange(len(table)) % 2, 0.1, -0.1) / np.log(2)
    assert errors(table)["mae"].tolist() == pytest.approx([0.1])


def test_a_part_of_the_tasks_is_no_benchmark():
    assert errors(estimates(tasks=tuple(TASKS)[1:])).empty
    assert comparison(estimates(tasks=tuple(TASKS)[1:])) == ""
    assert comparison(estimates().drop(columns="distribution.task")) == ""


def test_an_estimate_that_is_undefined_leaves_the_error_undefined():
    table = estimates()
    table.loc[0, "estimate"] = np.nan
    assert errors(table)["mae"].isna().all()


def test_ours_stands_among_the_published_in_order():
    text = comparison(estimates(away=lambda task: 0.07))
    names = [line.split("  ")[0].strip() for line in text.splitlines()[3:]]
    assert names.index("mine (ours)") == 0
    assert names.index("Alice Base (2026)") == 1
    assert {"MINE", "KSG"} <= set(names)


def test_the_published_table_is_whole():
    table = published()
    assert set(table["samples"]) == {1000, 5000, 10_000}
    assert table["mae"].between(0.05, 2).all()
