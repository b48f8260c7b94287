"""What a paper says of a sweep, and what it cites."""

import re

import pandas as pd
import pytest
from click.testing import CliRunner

from ibsweep import cli
from ibsweep.config import shipped
from ibsweep.reports.references import cited, references
from ibsweep.tracking import TrackingOptions, open_store
from tests.support.records import make_record

SCORES = {"ebab/dead_layer": 0.0, "lossy/dead_layer": 0.0, "geometry/nc1/output": 0.5}
PAPERS = [
    (group, name)
    for group in ("estimator", "task", "noise", "quantization")
    for name in shipped.names(group)
    if re.search(r"\b(19|20)\d\d\b", shipped.source(group, name))
]


@pytest.mark.parametrize(("group", "name"), PAPERS)
def test_an_option_whose_file_names_a_paper_is_cited(group, name):
    assert cited(group, name)


def test_every_reference_is_a_program_or_cited_by_an_option():
    keys = {entry.key for group, name in PAPERS for entry in cited(group, name)}
    assert references().keys() - keys == {"ibsweep", "torch", "numpy", "mlflow"}


@pytest.mark.parametrize(
    ("group", "name", "keys"),
    [
        ("estimator", "ebab", {"chelombiev2019"}),
        ("quantization", "uniform", {"lorenzen2022"}),
        ("quantization", "binary", {"hubara2016"}),
        ("estimator", "renyi", {"sanchezgiraldo2015", "wickstrom2019"}),
        ("estimator", "infonce", {"vandenoord2018", "ross2014"}),
        ("estimator", "kl", {"kozachenko1987", "butakov2024", "ross2014"}),
        ("estimator", "general", {"kozachenko1987", "levina2004", "hotelling1936", "barber2003"}),
        ("task", "digits", {"alpaydin1998"}),
        ("task", "parity", set()),
        ("estimator", "my_own", set()),
    ],
)
def test_an_option_is_cited_by_the_papers_that_its_file_names(group, name, keys):
    assert {entry.key for entry in cited(group, name)} == keys


def test_a_paper_that_is_not_among_the_references_is_cited_by_the_files_words(monkeypatch):
    words = "Nobody & Someone (2031), arXiv:3101.00001: half_bits."
    monkeypatch.setattr(shipped, "source", lambda group, name: words)
    (entry,) = cited("estimator", "ebab")
    assert entry.key == "estimator-ebab"
    assert r"note = {Nobody \& Someone (2031), arXiv:3101.00001: half\_bits.}" in entry.text
    assert "eprint = {3101.00001}" in entry.text


def test_entries_are_well_formed_and_have_what_bibtex_wants():
    for entry in references().values():
        assert entry.text.count("{") == entry.text.count("}")
        assert re.match(r"@(\w+)\{[a-z]+\d*,\n", entry.text)
        assert "  author = {" in entry.text and "  title = {" in entry.text
        assert entry.year or entry.key == "ibsweep"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    store = open_store(TrackingOptions.at(folder))
    for activation in ("relu", "elu"):
        for seed in range(2):
            record = make_record(
                seed, activation=activation, estimators=("ebab", "lossy"), scores=SCORES
            )
            record.job.choices["estimator"] = "ebab,lossy,geometry"
            record.job.parameters["estimator.geometry.largest"] = 100
            record.job.choices["noise"] = "relative"
            record.job.choices["quantization"] = "uniform"
            record.job.choices["scheme"] = "layerwise" if seed else "end_to_end"
            store.log_network(record, figures={})
    store.log_sweep("night", command="python -m ibsweep", summary=pd.DataFrame(), files={})
    return folder


def cite(outputs, *options):
    return CliRunner().invoke(cli.main, ["cite", "--directory", str(outputs), *options])


def test_all_that_is_cited_has_an_entry_and_nothing_else(outputs):
    done = cite(outputs)
    assert done.exit_code == 0, done.output
    paragraph, *entries = done.stdout.strip().split("\n\n")
    marks = re.findall(r"\\cite(?:\[.*?\])?\{(.*?)\}", paragraph)
    keys = {key for mark in marks for key in mark.split(",")}
    assert {re.match(r"@\w+\{(.*?),", entry)[1] for entry in entries} == keys
    wanted = {"chelombiev2019", "butakov2024", "shwartzziv2017", "facco2017", "torch", "ibsweep"}
    assert wanted <= keys


def test_the_paragraph_says_what_was_done(outputs):
    paragraph = cite(outputs, "--sweep", "night").stdout.split("\n\n")[0]
    assert paragraph.startswith("We trained 4 networks (random seeds for each configuration: 2")
    assert "activation elu, relu" in paragraph
    assert "for 500 epochs" in paragraph and "noise relative~\\cite{butakov2024}" in paragraph
    assert "scheme end-to-end~\\cite{scheme-end_to_end}, layerwise~\\cite{scheme-lay" in paragraph
    assert "also described by geometry" in paragraph


def test_the_latest_sweep_is_named_and_the_text_can_go_to_a_file(outputs, tmp_path):
    path = tmp_path / "methods.tex"
    done = cite(outputs, "--output", str(path))
    assert (done.stderr, done.stdout) == ("sweep night\n", f"{path}\n")
    assert path.read_text() == cite(outputs).stdout


def test_a_sweep_without_networks_is_named(outputs):
    done = cite(outputs, "--sweep", "day")
    assert done.exit_code == 1
    assert "sweep must have finished networks, got 'day' with none" in done.output
