"""What claims came to, as a picture."""

import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.colors import to_hex

from ibsweep import cli
from ibsweep.analysis.effects import Claim, Effect
from ibsweep.plots.claims import VERDICTS, claims_figure
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_record


def findings():
    first = Claim("A1", "one", "rule", (0.3, 0.5))
    effects = {"supported": 0.7, "not supported": -0.1, "undecided": 0.4}
    rows = [
        first.finding(
            f"group {k}",
            measure="rho (of two)",
            effect=Effect(value, value - 0.1, value + 0.05, 0.01, 20 + k),
            verdict=verdict,
        )
        for k, (verdict, value) in enumerate(effects.items())
    ]
    rows.append(Claim("A2", "two", "rule").undecided("needs another network"))
    return pd.DataFrame(rows, columns=list(rows[0]._fields))


def test_each_effect_has_its_interval_in_the_colour_of_its_verdict():
    figure = claims_figure(findings(), "a paper")
    first, second = figure.axes
    assert first.get_title(loc="left") == "A1: one" and first.get_xlabel() == "rho"
    rules = [line.get_xdata()[0] for line in first.lines if line.get_linestyle() == ":"]
    assert rules == [0.3, 0.5]
    drawn = [line for line in first.lines if line.get_linestyle() != ":"]
    intervals = [list(line.get_xdata()) for line in drawn[::2]]
    assert intervals == [pytest.approx(ends) for ends in ([0.6, 0.75], [-0.2, -0.05], [0.3, 0.45])]
    assert [to_hex(line.get_color()) for line in drawn[1::2]] == [
        to_hex(colour) for colour, _ in VERDICTS.values()
    ]
    names = [text.get_text() for text in first.get_yticklabels()]
    assert names == ["group 0 (n 20)", "group 1 (n 21)", "group 2 (n 22)"]
    assert [text.get_text() for text in second.texts] == ["needs another network"]


def test_nothing_is_no_figure():
    with pytest.raises(ValueError, match="findings must hold one, got none"):
        claims_figure(findings().iloc[:0], "a paper")


def test_the_command_draws_it(tmp_path):
    store = open_store(TrackingOptions.at(tmp_path / "outputs"))
    for seed in range(2):
        scores = {"ebab/dead_layer": 0.0, "ebab/compression/hidden": 0.1, "accuracy/test": 0.9}
        store.log_network(make_record(seed, scores=scores), figures={})
    command = ["claims", "--directory", str(tmp_path / "outputs"), "--paper", "geometry"]
    wrong = CliRunner().invoke(cli.main, [*command, "--figure", "a.txt"])
    assert "--figure must end in .png, .svg, .pdf, got a.txt" in wrong.output
    path = tmp_path / "claims.svg"
    done = CliRunner().invoke(cli.main, [*command, "--figure", str(path)])
    assert (done.exit_code, done.output) == (0, f"{path}\n")
    assert path.read_bytes().startswith(b"<?xml")
