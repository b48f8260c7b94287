"""Pages that are made from the code say all that the code says."""

import doctest

import pytest

import ibsweep
from docs.site import api, commands, configuration, markdown, options, tables
from ibsweep.cli import main
from ibsweep.config import shipped
from ibsweep.tracking import tags

PAGES = configuration.pages()


@pytest.mark.parametrize("module", [markdown, options], ids=lambda module: module.__name__)
def test_examples(module):
    ran = doctest.testmod(module)
    assert ran.attempted and not ran.failed


@pytest.mark.parametrize("group", configuration.groups())
def test_every_choice_has_its_place(group):
    page = PAGES[f"configuration/{group}.md"]
    assert all(f"## {name} {{" in page for name in shipped.names(group))


@pytest.mark.parametrize("group", configuration.groups())
def test_every_choice_says_what_it_is(group):
    assert all(one.text for one in configuration.choices(group))


def test_an_option_has_its_default_and_meaning():
    assert (
        "| `estimator.ebab.bins` | `30` | with equally many" in PAGES["configuration/estimator.md"]
    )
    assert "| `hydra.launcher.workers` | `auto` | number of" in PAGES["configuration/hydra.md"]
    assert "| `floor_snapshots` | `10` | at which" in PAGES["configuration/index.md"]
    assert "| `tracking.study` | `ibsweep-calibration` |" in PAGES["configuration/index.md"]


def test_a_comment_above_an_option_counts_where_none_is_beside_it():
    text = "# of all\na: 1\n# above\nb: 2\nc: 3  # beside\nd: {_target_: f}\ne: [1,\n  2]  # end\n"
    assert list(options.read(text)) == [
        ("a", "1", "of all"),
        ("b", "2", "above"),
        ("c", "3", "beside"),
        ("e", "[1, 2]", "end"),
    ]


def test_every_command_has_its_help():
    page = commands.text()
    assert all(f"Usage: ibsweep {name} " in page for name in main.list_commands(None))
    assert "--referee" in page


def test_every_public_name_is_documented():
    page = api.functions()
    assert all(f"::: ibsweep.{name}\n" in page for name in ibsweep.__all__)


def test_every_part_of_the_configuration_is_documented():
    page = api.parts()
    assert "::: ibsweep.estimators.ebab.ebab_information\n" in page
    assert "::: torch" not in page


def test_metrics_columns_and_tags_are_listed():
    page = tables.text()
    names = ("`ebab/I_XT/output`", "violations/negative", "max_activity/hidden", "i_ty_floor")
    assert not [
        name for name in (*names, "run_ids", "ibsweep.training_fingerprint") if name not in page
    ]
    assert all(f"`{tag}`" in page for tag in tags.process_tags() if tag.startswith("ibsweep."))


def test_a_section_of_a_docstring_ends_where_the_next_begins():
    assert tables.returned(ibsweep.training).endswith("`max_activity/<layer>`.")
    assert list(tables.attributes(options.Option)) == ["key", "default", "meaning"]
