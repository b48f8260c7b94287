"""What a reader can do with an interactive plane, in a real browser."""

import json

import numpy as np
import pandas as pd
import pytest

from ibsweep.analysis import mean_curves
from ibsweep.plots import pages
from ibsweep.plots.interactive import interactive_plane
from tests.support.browser import started, visit
from tests.support.records import SAMPLES, make_curves

SEEDS = {"a": 7, "b": 8, "c": 9}
FLOOR = 0.05


def curves():
    tables = [make_curves(seed).assign(network=name) for name, seed in SEEDS.items()]
    return pd.concat(tables, ignore_index=True).assign(i_ty_floor=FLOOR)


def page_of(curves, title):
    """A page of one plane."""
    plane = interactive_plane(curves, samples=SAMPLES, title=title, seeds=SEEDS)
    return pages.page(f"Information plane: {title}", [plane])


@pytest.fixture(scope="module")
def browser():
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("plane") / "plane.html"
    path.write_text(
        page_of(curves(), "relu <50>"),
        encoding="utf-8",
    )
    return path


def points(page, name):
    """Where the traces of a name that are visible have their points."""
    traces = page.evaluate(
        "document.querySelector('.figure').data.map(t => [t.name, t.visible, t.x, t.y])"
    )
    return [np.c_[x, y] for own, visible, x, y in traces if own == name and visible is not False]


def expected(epoch, layer="layer_2"):
    rows = curves().query("epoch == @epoch and layer == @layer").sort_values("network")
    return rows[["i_xt", "i_ty"]].to_numpy()


def test_the_slider_moves_seeds_and_means_to_the_epoch_it_names(browser, path):
    with visit(browser, path) as (page, complaints, requests):
        page.wait_for_selector("[data-drawn]")
        assert page.text_content("[data-epoch]") == "500"
        slider = page.locator("[data-slider]")
        slider.focus()
        for key in ("ArrowLeft", "ArrowLeft", "Home"):
            slider.press(key)
            epoch = int(page.text_content("[data-epoch]"))
            (seeds,) = points(page, "layer 2")
            assert np.allclose(seeds, expected(epoch), atol=1e-4)
            *_, mean = points(page, "layer 2, mean")
            assert np.allclose(mean, expected(epoch).mean(axis=0), atol=1e-4)
        assert epoch == 0
    assert complaints == []
    assert requests == [path.as_uri()]


def test_layers_seeds_and_mean_can_be_hidden_and_a_seed_followed(browser, path):
    with visit(browser, path) as (page, complaints, _):
        page.wait_for_selector("[data-drawn]")
        page.uncheck("[data-layer='1']")
        assert points(page, "layer 2") == points(page, "layer 2, floor") == []
        assert len(points(page, "output")) == 1
        page.uncheck("[data-show=mean]")
        assert points(page, "output, mean") == []
        assert len(points(page, "output")) == 1
        page.uncheck("[data-show=seeds]")
        assert points(page, "output") == []
        page.select_option("[data-follow]", label="seed 8")
        (way,) = points(page, "seed 8")
        own = curves().query("network == 'b' and layer == 'output' and epoch == 500")
        assert np.allclose(way[-2].astype(float), own[["i_xt", "i_ty"]], atol=1e-4)
    assert complaints == []


def test_playing_moves_on_by_itself_until_it_is_pressed_again(browser, path):
    with visit(browser, path) as (page, complaints, _):
        page.wait_for_selector("[data-drawn]")
        page.click("[data-play]")
        page.locator("[data-epoch]", has_not_text="500").wait_for()
        page.locator("[data-epoch]", has_text="2").wait_for()
        page.click("[data-play]")
        assert 2 <= int(page.text_content("[data-epoch]")) < 500
    assert complaints == []


def test_a_phone_shows_the_whole_width(browser, path):
    with visit(browser, path, width=390, height=844) as (page, complaints, _):
        page.wait_for_selector("[data-drawn]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.querySelector('.figure').offsetHeight") >= 350
    assert complaints == []


def test_it_shows_ceiling_floor_estimand_and_what_cannot_compress():
    html = interactive_plane(curves(), samples=SAMPLES, title="relu", estimand="H(EBAB30(T))")
    assert "log\\u2082 16 = 4 bits" in html
    assert "I(T; Y) by H(EBAB30(T))  [bits]" in html
    assert "layer 1*" in html and "* at the ceiling all along" in html
    assert f'"y": [{", ".join([str(FLOOR)] * 3)}' in html
    assert "Dotted: floor" in html


def test_at_most_forty_epochs_are_shown_and_the_page_says_so():
    table = curves()
    html = interactive_plane(table, samples=SAMPLES, title="relu")
    snapshots = table["epoch"].nunique()
    shown = int(html.split("The slider shows ")[1].split()[0])
    assert shown <= 40 < snapshots
    assert f"The slider shows {shown} of {snapshots} snapshots" in html
    assert len(mean_curves(table)["epoch"].unique()) == snapshots


def test_one_network_is_drawn_without_a_choice_of_seeds():
    html = interactive_plane(curves().query("network == 'a'"), samples=SAMPLES, title="relu")
    assert "One network." in html
    assert "data-follow" not in html and "NaN" not in html


def test_undefined_points_are_counted_and_titles_are_text():
    table = curves()
    table.loc[[3, 70], "i_xt"] = [np.nan, np.inf]
    html = interactive_plane(table, samples=SAMPLES, title="<script>alert(1)</script>")
    assert "2 undefined or infinite points not shown" in html
    assert "NaN" not in html and "Infinity" not in html
    assert "<script>alert" not in html


def test_curves_of_two_estimators_are_refused():
    mixed = make_curves(estimators=("ebab", "kde")).assign(network="a")
    with pytest.raises(ValueError, match="of one estimator, got 2"):
        interactive_plane(mixed, samples=SAMPLES, title="relu")


STATED = {"i_xt_error": 0.03125, "i_ty_error": np.nan}


def test_a_known_error_is_a_bar_that_moves_with_its_estimate(browser, tmp_path):
    table = curves().assign(**STATED)
    table.loc[table["epoch"] == 0, "i_xt_error"] = 0.5
    path = tmp_path / "stated.html"
    html = page_of(table, "lossy")
    path.write_text(html, encoding="utf-8")
    bars = "document.querySelector('.figure').data.find(t => t.name === 'layer 2')"
    with visit(browser, path) as (page, complaints, _):
        page.wait_for_selector("[data-drawn]")
        last = page.evaluate(f"[{bars}.error_x.array, {bars}.error_y]")
        page.locator("[data-slider]").press("Home")
        first = page.evaluate(f"{bars}.error_x.array")
    # rounded to four digits, and none for I(T;Y)
    assert last == [[0.0312] * 3, None] and first == [0.5] * 3
    assert complaints == []
    assert "One standard error of an estimate: thin bars of networks." in html


def test_of_one_network_the_bars_are_those_of_its_estimates():
    alone = curves().query("network == 'a'")
    html = interactive_plane(alone.assign(**STATED), samples=SAMPLES, title="lossy")
    assert '"x_half": [0.0312]' in html and '"y_half": [null]' in html
    assert "One standard error of an estimate: bars." in html
    plain = interactive_plane(alone, samples=SAMPLES, title="relu")
    assert '"x_half": [null]' in plain and "standard error" not in plain


def test_traces_are_found_by_their_names_in_any_order(browser, tmp_path):
    html = page_of(curves(), "relu")
    start = '<script type="application/json">'
    payload = html[html.index(start) + len(start) :].split("</script>")[0]
    plane = json.loads(payload)
    plane["figure"]["data"].reverse()
    path = tmp_path / "reversed.html"
    path.write_text(html.replace(payload, json.dumps(plane)), encoding="utf-8")
    with visit(browser, path) as (page, complaints, _):
        page.wait_for_selector("[data-drawn]")
        page.locator("[data-slider]").press("Home")
        (seeds,) = points(page, "layer 2")
        assert np.allclose(seeds, expected(0), atol=1e-4)
        page.uncheck("[data-layer='1']")
        assert points(page, "layer 2") == points(page, "layer 2, mean") == []
        assert len(points(page, "output")) == 1
        page.select_option("[data-follow]", label="seed 8")
        assert len(points(page, "seed 8")) == 1
    assert complaints == []
