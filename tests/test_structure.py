"""Imports point backwards along the way of the data, and each library has few owners."""

import ast
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "ibsweep"
FLOW = [  # a module imports from its own line or an earlier one
    {
        "types",
        "records",
        "names",
        "checks",
        "promises",
        "randomness",
        "samples",
        "resources",
        "compiled",
    },
    {"tasks", "networks"},
    {"learning", "compressors"},
    {"estimators", "distributions"},
    {"information", "scores"},
    {"analysis"},
    {"tracking"},
    {"config"},
    {"stored", "plots", "arrays"},
    {"reports", "launching"},
    {"sweeps", "watching"},
    {"calibration"},
    {"main", "cli", "schedule", "__main__", "__init__"},
]
OWNERS = {
    "hydra": {"config", "launching", "sweeps", "calibration"},
    "omegaconf": {"config", "launching", "sweeps", "calibration", "stored"},
    "click": {"cli"},
    "mlflow": {"tracking"},
    "sqlalchemy": {"tracking"},
    "matplotlib": {"plots"},
    "plotly": {"plots"},
    "jinja2": {"plots"},
    "markupsafe": {"plots"},
    "joblib": {"launching", "sweeps", "compressors"},
    "rich": {"launching", "sweeps", "calibration", "cli"},
}


def part(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module(path):
    return ".".join(("ibsweep", *path.relative_to(PACKAGE).with_suffix("").parts))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_backwards(path):
    place = {name: line for line, names in enumerate(FLOW) for name in names}
    for name in imports(path):
        if name.startswith("ibsweep."):
            assert place[name.split(".")[1]] <= place[part(path)], name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_has_few_owners(path):
    for name in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or part(path) in owners, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_is_private_stays_in_its_file(path):
    ours = (name for name in imports(path) if name.startswith("ibsweep."))
    assert not [name for name in ours if name.rpartition(".")[2].startswith("_")]


def test_no_two_files_import_each_other():
    known = {module(path) for path in FILES}
    graph = {
        module(path): {
            next((text for text in (name, name.rpartition(".")[0]) if text in known), "")
            for name in imports(path)
        }
        for path in FILES
    }
    graphlib.TopologicalSorter(graph).prepare()


def test_every_folder_and_file_has_its_line():
    assert {part(path) for path in FILES} == set.union(*FLOW)
