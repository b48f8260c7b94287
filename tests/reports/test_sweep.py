"""The report of a sweep, as a reader opens it."""

import re
import time
from dataclasses import replace
from unittest import mock

import pandas as pd
import pytest
from click.testing import CliRunner

from ibsweep import analysis, cli
from ibsweep.calibration import referee
from ibsweep.reports.sweep import report
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.accessibility import barriers
from tests.support.browser import started, visit
from tests.support.records import LAYERS, make_job, make_record

SCORES = {
    "ebab/dead_layer": 0.0,
    "accuracy/test": 0.9,
    "ebab/compression/last": 0.5,
    "accuracy/majority": 0.5,
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    store = open_store(TrackingOptions(None, "ibsweep", "artifact", folder))
    for activation in ("relu", "tanh"):
        for seed in range(3):
            varied = SCORES | {"accuracy/test": 0.9 + seed / 100 + (activation == "tanh") / 50}
            record = make_record(seed, activation=activation, scores=varied)
            store.log_network(record, figures={})
    store.log_failure(make_job(7), "weights are <b>no longer</b> finite", started=1e9)
    summary = analysis.summarize(store.networks())
    store.log_sweep("night", command="python -m ibsweep -m <x>", summary=summary, files={})
    return folder


@pytest.fixture(scope="module")
def path(outputs):
    path = outputs / "page" / "night.html"
    options = ["--directory", str(outputs), "--sweep", "night", "--output", str(path)]
    done = CliRunner().invoke(cli.main, ["report", *options])
    assert (done.exit_code, done.output) == (0, f"{path}\n")
    return path


def test_it_tells_what_was_run_what_failed_and_how(path):
    html = path.read_text(encoding="utf-8")
    assert "python -m ibsweep -m &lt;x&gt;" in html
    assert "6 networks (3 seeds each, activation relu, tanh) trained" in html
    assert "; 1 job failed." in html
    order = ["<h1>", "Information planes</h2>", "against accuracy</h2>", "Configurations</h2>"]
    assert sorted(order, key=html.index) == order
    assert "relu-seed7: weights are &lt;b&gt;no longer&lt;/b&gt; finite" in html
    assert "N = 16 patterns" in html and "500 epochs" in html
    assert html.count('<section class="plane">') == 2
    assert html.count("plotly.js v") == 1


def test_in_a_browser_it_sorts_draws_and_asks_for_nothing(path):
    with started() as browser, visit(browser, path) as (page, complaints, requests):
        table = page.locator("table.sortable").first
        column = table.locator("th").all_text_contents().index("accuracy/test")
        heading = table.locator("th button").nth(column)
        cells = table.locator(f"tbody td:nth-child({column + 1})")
        for _ in range(2):
            heading.click()
            values = [float(text) for text in cells.all_text_contents()]
            up = heading.locator("..").get_attribute("aria-sort") == "ascending"
            assert values == sorted(values, reverse=not up) and values[0] != values[1]
        page.locator("section.plane").last.scroll_into_view_if_needed()
        page.wait_for_selector("section.plane[data-drawn]")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
    assert requests == [path.as_uri()]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_it_has_no_serious_barrier(path, axe, width, dark):
    with started() as browser, visit(browser, path, width=width, dark=dark) as (page, *_):
        page.wait_for_selector("section.plane[data-drawn]")
        assert barriers(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        widths = page.locator("figure.picture").evaluate("f => [f.clientWidth, f.scrollWidth]")
        assert widths[0] <= width and (width > 390 or widths[1] > width)  # scrolls, stays legible


def test_it_says_how_sure_estimates_are_and_which_cannot_be_right(tmp_path, path):
    scores = SCORES | {"ebab/violations/negative": 0.125, "ebab/violations/processing": 0.0}
    record = make_record(0, scores=scores)
    curves = record.curves.assign(i_xt_error=0.0625, explained_variance_t=0.875)
    store = open_store(TrackingOptions(None, "ibsweep", "artifact", tmp_path))
    store.log_network(replace(record, curves=curves), figures={})
    page = tmp_path / "page.html"
    options = ["--directory", str(tmp_path), "--sweep", "night", "--output", str(page)]
    done = CliRunner().invoke(cli.main, ["report", *options])
    assert (done.exit_code, done.output) == (0, f"{page}\n")
    html, plain = (one.read_text(encoding="utf-8") for one in (page, path))
    for heading in ("How sure are the estimates?", "Estimates that cannot be right"):
        assert heading in html and heading not in plain
    assert html.count('data-value="0.0625">0.0625<') == len(LAYERS)
    assert html.count('data-value="0.875">0.875<') == len(LAYERS)
    assert html.count('data-value="0.125">0.125<') == 1


def test_a_sweep_without_finished_networks_is_one_line(outputs):
    done = CliRunner().invoke(
        cli.main,
        ["report", "--directory", str(outputs), "--sweep", "day", "--output", "none.html"],
    )
    assert done.exit_code == 1
    assert done.output == "Error: sweep must have finished networks, got 'day' with none\n"


def test_without_a_name_it_is_on_the_latest_sweep(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path))
    place = ["report", "--directory", str(tmp_path), "--output", str(tmp_path / "page.html")]
    store.log_network(make_record(0, scores=SCORES), figures={})
    done = CliRunner().invoke(cli.main, place)
    assert (done.exit_code, done.output) == (
        1,
        "Error: --sweep must name a sweep, since none in the store has ended\n",
    )
    for sweep in ("day", "night"):
        store.log_sweep(sweep, command="python -m ibsweep", summary=pd.DataFrame(), files={})
        time.sleep(0.01)  # runs are ordered by milliseconds
    done = CliRunner().invoke(cli.main, place)
    assert (done.exit_code, done.output) == (0, f"sweep night\n{tmp_path / 'page.html'}\n")


def test_the_referee_is_asked_on_demand_and_remembers(tmp_path, path):
    record = make_record(0, scores=SCORES)
    config = f"""
    {record.job.config.splitlines()[0]}
    estimator:
      ebab: {{_target_: ibsweep.estimators.ebab.ebab_information, _partial_: true, bins: 30}}
    """
    store = open_store(TrackingOptions(None, "ibsweep", "artifact", tmp_path))
    store.log_network(replace(record, job=replace(record.job, config=config)), figures={})
    page = tmp_path / "page.html"
    options = ["--directory", str(tmp_path), "--sweep", "night", "--output", str(page)]
    done = CliRunner().invoke(cli.main, ["report", *options, "--referee"])
    assert (done.exit_code, done.output) == (0, f"{page}\n")
    heading = "How far can the estimators be trusted here?"
    html = page.read_text(encoding="utf-8")
    assert heading in html and heading not in path.read_text(encoding="utf-8")
    (reading,) = re.findall(r"ebab, layer_1, I\(X;T\): at N = 16, d = 3 it reads (\S+) ±", html)
    assert 3 < float(reading) <= 4  # where the truth is 0, since most samples have a bin each
    below = html[html.index('<section class="plane">') :]
    assert f"<td>{reading} ±" in below[below.index('<details class="readings"') :]
    with mock.patch.object(referee, "measure", side_effect=AssertionError("measured again")):
        again = CliRunner().invoke(cli.main, ["report", *options, "--referee"])
    assert (again.exit_code, page.read_text(encoding="utf-8")) == (0, html)


def test_a_network_that_two_runs_measured_has_the_phases_of_the_newer_one(tmp_path):
    store = open_store(TrackingOptions(None, "ibsweep", "artifact", tmp_path))
    older = make_record(0, scores=SCORES)
    job = replace(older.job, fingerprint="again", configuration="relu-10-bins")
    still = replace(older, job=job, curves=older.curves.assign(i_xt=3.0))
    for record in (replace(older, started=older.started - 60), still):
        store.log_network(record, figures={})
    html = report(store, "night")
    phases = html[html.index("<h2>Phases") : html.index("<h2>Failures")]
    assert phases.count(">static<") == 1 and ">fits<" not in phases
    assert phases.count(' data-value="1">1<') == len(LAYERS)
    assert html.count('<section class="plane">') == 2
