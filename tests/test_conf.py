"""The shipped configuration: each file says what it is, in lines that a screen holds."""

import re

import pytest

from ibsweep.config import shipped
from tests.conftest import ROOT

FILES = sorted((ROOT / "conf").rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_begins_with_what_it_is(path):
    first, second, *_ = path.read_text(encoding="utf-8").splitlines()
    header = second if first == "# @package _global_" else first
    assert re.match(r"# [^ ]", header)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_is_longer_than_a_screen(path):
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 120


@pytest.mark.parametrize("name", shipped.names("estimator"))
def test_an_estimator_names_its_unit(name):
    assert shipped.source("estimator", name).endswith((" Bits.", " No information."))
