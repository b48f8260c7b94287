"""The end of a sweep, its run in MLflow and its report begin with the same three sentences."""

import html
import re

import pytest
from click.testing import CliRunner

from ibsweep import cli
from ibsweep.tracking import TrackingOptions, open_store


@pytest.fixture
def sweep(typed):
    done = typed("-m", "training=quick", "training.epochs=20", "activation=relu,elu", "seed=0,1")
    assert done.status == 0, done.stderr
    return done


def test_the_same_sentences_are_printed_kept_and_reported(sweep, tmp_path):
    store = open_store(TrackingOptions.at(tmp_path / "outputs"))
    tags = store.sweep_tags(store.latest_sweep())
    sentences = tags["mlflow.note.content"].split("\n\n")
    assert len(sentences) == 3
    assert sentences[0].startswith("4 networks (2 seeds each, activation elu, relu)")
    printed = re.sub(r"\s+", " ", sweep.stdout)
    assert " ".join(sentences) in printed
    assert printed.index(sentences[0]) < printed.index("┏")  # the table
    done = CliRunner().invoke(cli.main, ["report"])
    assert done.exit_code == 0, done.output
    page = html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    first = re.findall(r"<p>(.*?)</p>", page)[:3]
    assert first == sentences
