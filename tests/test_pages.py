"""Every code block of README and docs/ runs: slow ones with `make docs-test`."""

import doctest

import pytest

from tests.conftest import ROOT
from tests.support import blocks, running

PAGES = {
    path.name: list(blocks.blocks(path.read_text(encoding="utf-8")))
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
}
FAST = {
    name: [block for block in page if "slow" not in block.marks] for name, page in PAGES.items()
}
SLOW = [name for name, page in PAGES.items() if page != FAST[name]]


def test_the_marks_mean_what_they_say():
    ran = doctest.testmod(blocks)
    assert ran.attempted and not ran.failed


def test_a_block_without_a_mark_that_is_no_code_is_refused():
    (block,) = blocks.blocks("A table:\n\n    1 2\n")
    with pytest.raises(ValueError, match="line 3: the block needs a mark"):
        running.kind(block)
    with pytest.raises(ValueError, match="a mark must be one of .*, got 'skip'"):
        list(blocks.blocks("<!-- test: skip -->\n\n    1 2\n"))


def test_a_block_that_fails_or_prints_something_else_fails(typed):
    for text in ("    ibsweep runs --format x", ">>> 1 + 1\n    3", "import nothing_there"):
        (block,) = blocks.blocks(f"    {text.strip()}\n")
        with pytest.raises((AssertionError, ImportError)):
            running.Runner(typed, ROOT).run(block)
    printing, output = blocks.blocks("    import os; print(1)\n\n<!-- test: output -->\n\n    2\n")
    runner = running.Runner(typed, ROOT)
    runner.run(printing)
    with pytest.raises(AssertionError):
        runner.run(output)


@pytest.mark.parametrize("name", [name for name in PAGES if FAST[name]])
def test_page(typed, name):
    runner = running.Runner(typed, ROOT)
    for block in FAST[name]:
        runner.run(block)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SLOW)
def test_page_with_its_slow_blocks(typed, name):
    runner = running.Runner(typed, ROOT)
    for block in PAGES[name]:
        runner.run(block)
