"""The gallery shows every picture that ibsweep draws, and its commands can be typed."""

import shlex

import pytest

from docs.site import gallery
from ibsweep.reports.figures import FIGURES
from tests.support.blocks import replaced

LARGEST = 200_000  # bytes of a picture
COMMANDS = {one.name: one.command for one in gallery.OTHERS}
QUICK = ["plane", "plane-kde"]
SHORT = ["training.epochs=30", "snapshots.count=6", "seed=9,22,45,0", "hydra/launcher=basic"]
OTHERS = ["plane-mean", "calibration", "calibration-distributions"]


def test_every_figure_is_shown_and_every_picture_is_there():
    assert set(FIGURES) < set(gallery.NAMES)
    assert len(gallery.NAMES) == len(set(gallery.NAMES)) >= 20
    assert {path.name for path in gallery.FOLDER.iterdir()} == {
        f"{name}.png" for name in gallery.NAMES
    }


@pytest.mark.parametrize("name", gallery.NAMES)
def test_a_picture_is_one_and_small(name):
    data = (gallery.FOLDER / f"{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) < LARGEST


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_what_it_shows_and_its_commands(name):
    text = gallery.text().partition(f"### {name}\n\n")[2].partition("###")[0]
    assert FIGURES[name].__doc__.split("\n")[0] in text
    assert f"ibsweep figure {name}\n" in text and "python -m ibsweep -m +experiment=" in text
    assert f"(gallery/{name}.png)" in text


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", FIGURES)
def test_the_commands_of_a_figure_draw_it(typed, tmp_path, name):
    training, drawing = gallery.text().partition(f"### {name}\n\n")[2].splitlines()[3:5]
    words = replaced(shlex.split(training, comments=True)[3:], SHORT)
    done = typed(*words)
    assert done.status == 0, done.stderr
    drawn = typed(*shlex.split(drawing)[1:])
    assert drawn.status == 0, drawn.stderr
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
def test_a_command_can_be_typed(typed, name):
    words = shlex.split(COMMANDS[name])
    start = ["python", "-m", "ibsweep"] if words[0] == "python" else ["ibsweep"]
    assert words[: len(start)] == start
    done = typed(*words[len(start) :], "dry_run=true")
    assert done.status == 0, done.stderr
