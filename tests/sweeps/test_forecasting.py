"""What a job will cost is told from a short probe, whatever its snapshots."""

import pytest

from ibsweep.sweeps.forecasting import forecast


@pytest.mark.parametrize("at", [[0], [5], [0, 2], [0, 1, 2, 3]])
def test_few_snapshots_are_as_good_as_many(settings, at):
    chosen = ["snapshots=explicit", f"snapshots.at={at}", "training.epochs=5"]
    cost = forecast([settings(*chosen)])
    assert cost.training_s > 0
    assert cost.measuring_s > 0
    assert cost.metric_rows > 0
