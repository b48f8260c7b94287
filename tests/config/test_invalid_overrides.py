"""Whatever is typed wrongly ends in one line that says what, and leaves nothing behind."""

import pytest

from tests.support.invalid_overrides import BY_HAND, GENERATED, TINY
from tests.sweeps.test_command_line import command

CASES = [*BY_HAND, *GENERATED]
OFTEN = [*BY_HAND, *GENERATED[::6]]  # each takes a fifth of a second
RARELY = [case for case in GENERATED if case not in OFTEN]


def name(case):
    return " ".join(case.arguments)[:80]


def tiny(case):
    """Options that make a network cheap, should it be trained, but for those of the case."""
    typed = " ".join(case.arguments)
    return [f"{key}={value}" for key, value in TINY.items() if f"{key.split('.')[0]}" not in typed]


def complaint(case, status, stderr):
    """Return the one line that a wrong command line ends in."""
    assert status not in (0, None)
    lines = [line for line in stderr.splitlines() if line.strip()]
    assert len(lines) == 1, stderr
    assert lines[0].startswith("ibsweep: error: ")
    return lines[0]


def check(case, line):
    assert case.key in line
    assert any(text in line for text in case.shown), line
    assert "secret" not in line


@pytest.mark.parametrize(
    "case",
    [*OFTEN, *(pytest.param(case, marks=pytest.mark.slow) for case in RARELY)],
    ids=name,
)
def test_wrong_input_is_one_line_with_key_rule_and_value_and_leaves_nothing(case, typed, tmp_path):
    done = typed(*case.arguments, *tiny(case))
    check(case, complaint(case, done.status, done.stderr))
    assert not list(tmp_path.iterdir())


def test_there_are_hundreds_of_ways_to_be_wrong():
    assert len({tuple(case.arguments) for case in CASES}) == len(CASES) >= 200


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_same_in_a_process_of_its_own(case, tmp_path):
    done = command(tmp_path, *case.arguments, *tiny(case))
    check(case, complaint(case, done.returncode, done.stderr))
    assert not list(tmp_path.iterdir())
