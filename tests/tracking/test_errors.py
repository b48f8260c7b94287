"""What goes wrong in MLflow or its database is told in one line, and nothing else is hidden."""

import sqlite3
import time

import pytest
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError

from ibsweep.config.settings import Settings
from ibsweep.sweeps import aggregation
from ibsweep.tracking import StoreError, open_store, store_errors
from tests.support.records import make_job, make_record


@pytest.mark.parametrize(
    "error",
    [
        MlflowException("no such run\nand a long story"),
        OperationalError("SELECT", {}, Exception("no such run")),
        sqlite3.OperationalError("no such run"),
    ],
    ids=lambda error: type(error).__module__,
)
def test_an_error_of_the_store_is_one_line_that_names_it(error):
    with pytest.raises(
        StoreError, match="^reading: tracking.uri .*'http://x'.*no such run"
    ) as told:
        with store_errors("reading", "http://x"):
            raise error
    assert "\n" not in str(told.value)


def test_other_errors_stay_what_they_are():
    with pytest.raises(ZeroDivisionError), store_errors("reading", "http://x"):
        raise ZeroDivisionError


def test_a_store_that_breaks_at_the_end_of_a_sweep_is_told_in_a_line(composed, monkeypatch):
    def broken(*arguments, **options):
        raise MlflowException("the server is on fire")

    settings = Settings.of(composed())
    monkeypatch.setattr(type(open_store(settings.tracking)), "networks", broken)
    with pytest.raises(StoreError, match="networks are stored, but .*the server is on fire"):
        aggregation.conclude(settings, "one", command="python -m ibsweep -m")


def test_a_failed_network_does_not_keep_the_others_from_their_summary(composed, capsys):
    settings = Settings.of(composed())
    store = open_store(settings.tracking)
    store.log_network(make_record(0, sweep="one"), figures={})
    store.log_failure(make_job(1, sweep="one"), "it diverged", started=time.time())
    aggregation.conclude(settings, "one", command="python -m ibsweep -m")
    assert store.latest_sweep() == "one" and "failed" in capsys.readouterr().out
