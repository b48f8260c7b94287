"""Imports point backwards along the way of the data, and each library has one owner."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "ibsweep"
FLOW = [  # a module imports from its own line or an earlier one
    {"checks", "names", "promises", "types", "randomness", "memory", "threads"},
    {"tasks", "activations", "schedule", "optimizers", "distributions"},
    {"networks", "regularizers", "noise"},
    {"ensembles"},
    {"batches", "checkpoints"},
    {"learning"},
    {"replaying"},
    {"estimators"},
    {"compressors"},
    {"information"},
    {"compression", "violations"},
    {"tracking"},
    {"analysis"},
    {"plots"},
    {"instantiation", "shipped", "configuration", "options", "settings", "fingerprints", "jobs"},
    {"reuse", "restoring"},
    {"querying", "measuring", "recording", "scoring"},
    {"pipeline", "aggregation", "integrity", "figures", "report"},
    {"calibration"},
    {"launching", "watching"},
    {"forecasting"},
    {"estimation"},
    {"app", "main", "calibrate", "cli", "__main__", "__init__"},
]
COMPOSING = {"launching", "configuration", "settings", "aggregation", "estimation", "calibration"}
OWNERS = {
    "hydra": {"app", "main", "calibrate", "instantiation", "options", *COMPOSING},
    "omegaconf": {"app", "main", "calibrate", "restoring", "jobs", "shipped", *COMPOSING},
    "click": {"cli"},
    "mlflow": {"tracking"},
    "matplotlib": {"plots"},
    "plotly": {"plots"},
    "jinja2": {"plots"},
    "markupsafe": {"plots"},
    "joblib": {"launching", "estimation", "estimators"},
    "rich": {"launching", "aggregation", "calibration", "cli"},
}


def part(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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
def test_each_library_has_one_owner(path):
    for name in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or part(path) in owners, name
