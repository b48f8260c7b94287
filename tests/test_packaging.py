"""What the package says of itself: what it needs, its version, its public names."""

import ast
import re
import sys
import tomllib

import pytest
import yaml

import ibsweep
from ibsweep.reports.references import references
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NAMES = {
    "hydra-core": "hydra",
    "scikit-learn": "sklearn",
}  # where a package is imported as another


def imported(path):
    """Yield the top-level names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_everything_that_is_imported_is_declared():
    extras = PROJECT["optional-dependencies"]
    declared = [*PROJECT["dependencies"], *extras["dask"], *extras["ray"]]
    names = {re.split(r"[<>=\[]", text)[0] for text in declared}
    known = {NAMES.get(name, name) for name in names} | {"ibsweep", "dask"}  # with distributed
    files = (ROOT / "ibsweep").rglob("*.py")
    assert {name for path in files for name in imported(path)} - sys.stdlib_module_names <= known


@pytest.mark.parametrize("name", ibsweep.__all__)
def test_public_names_are_there_and_completed(name):
    assert callable(getattr(ibsweep, name)) and name in dir(ibsweep)


def test_the_version_is_that_of_the_project():
    assert ibsweep.__version__ == PROJECT["version"]
    assert (ROOT / "ibsweep" / "py.typed").exists()  # so that users' type checkers see the hints


def test_the_paper_is_of_the_length_that_joss_asks_for_and_cites_what_is_there():
    head, _, text = (
        (ROOT / "docs/joss/paper.md").read_text().removeprefix("---\n").partition("\n---\n")
    )
    assert yaml.safe_load(head)["authors"] == PROJECT["authors"]
    assert 250 <= len(text.split()) <= 1000 and "# Statement of need" in text
    entries = re.findall(r"^@\w+\{(\w+),", (ROOT / "docs/joss/paper.bib").read_text(), re.M)
    assert set(re.findall(r"@(\w+)", text)) == set(entries)


def test_the_paper_cites_as_the_package_does():
    known = {one.text for one in references().values()}
    entries = (ROOT / "docs/joss/paper.bib").read_text().strip().split("\n\n")
    assert not [entry for entry in entries if entry not in known]


def test_the_workflow_runs_what_every_change_must_pass():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())
    steps = workflow["jobs"]["run"]["steps"]
    assert ".ci/run" in [step.get("run") for step in steps] and (ROOT / ".ci/run").exists()


def test_the_citation_names_the_same_version_and_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
