"""The page with every picture that ibsweep draws, each with the command that draws it."""

import inspect
from pathlib import Path
from typing import NamedTuple

from docs.site.markdown import code, page
from ibsweep.reports.figures import FIGURES, experiment

FOLDER = Path(__file__).resolve().parents[1] / "gallery"


class Picture(NamedTuple):
    """A picture.

    Attributes:
        name: Its file in docs/gallery, without the ending.
        title: Heading above it.
        text: What it shows.
        command: What draws it.
    """

    name: str
    title: str
    text: str
    command: str


_PLANES = (
    Picture(
        "plane",
        "A network",
        "Every network gets its information plane: each line is a layer, its colour the epoch.",
        "python -m ibsweep training=quick",
    ),
    Picture(
        "plane-mean",
        "Mean over seeds",
        "Every configuration of a sweep gets the mean over its seeds, with 95 % intervals.",
        "python -m ibsweep -m activation=relu,elu,swish 'seed=range(50)'",
    ),
    Picture(
        "plane-kde",
        "Another estimator",
        "One for each estimator: here kernels with noise of a fixed variance.",
        "python -m ibsweep activation=tanh 'estimator=[kde]'",
    ),
    Picture(
        "plane-lossy",
        "Standard errors",
        "Estimators that know their standard error draw it as bars: here of a convolutional"
        " network.",
        "python -m ibsweep -m +experiment=butakov_digits",
    ),
)
_REPORT = (
    Picture("report", "A sweep", "A report on a sweep is one page.", "ibsweep report"),
    Picture(
        "report-plane",
        "An interactive plane",
        "Its planes have an epoch slider; layers and seeds can be hidden.",
        "ibsweep report",
    ),
    Picture(
        "report-referee",
        "A calibration below a plane",
        "Below each plane: what the estimator reads where the truth is known.",
        "ibsweep report --referee",
    ),
    Picture(
        "figure-page",
        "A figure as a page",
        "Each figure can be written as a page, too, with its text as text.",
        "ibsweep figure fig6 --format html",
    ),
)
_CALIBRATION = (
    Picture(
        "calibration",
        "One kind of samples",
        "Estimates against the true information, mean and standard deviation over seeds.",
        "ibsweep calibrate distribution=normal 'distribution.dims=[2,2]'"
        " information=0,2,4,8,12 estimator=general,ksg,gaussian 'seed=range(5)'",
    ),
    Picture(
        "calibration-distributions",
        "Several kinds",
        "The same for several distributions, one panel each.",
        "ibsweep calibrate distribution=uniform,student,smoothed_uniform"
        " information=0.5,1,2,4,6 estimator=general,ksg,gaussian 'seed=range(5)'",
    ),
)
OTHERS = (*_PLANES, *_REPORT, *_CALIBRATION)
NAMES = (*(one.name for one in OTHERS), *FIGURES)


def text() -> str:
    """Return the page."""
    return page(
        "# Gallery",
        "Every picture that ibsweep draws, and the command that draws it. These are from small"
        " sweeps (ten seeds, `training=quick`), so read nothing into them but their form.",
        "## Information planes",
        "They are stored with the run, as `information_plane/<estimator>.png`: see `ibsweep ui`.",
        *_section(_PLANES),
        "## Reports",
        *_section(_REPORT),
        "## Calibration",
        "Stored with the run of the calibration, as `calibration.png`.",
        *_section(_CALIBRATION),
        "## Figures",
        "`ibsweep figure` draws from the latest sweep (`--sweep all`: from all networks), and says"
        " which are missing. `--format` is png, svg, pdf or html.",
        *(part for name in FIGURES for part in _figure(name)),
    )


def _section(pictures: tuple[Picture, ...]) -> list[str]:
    return [part for one in pictures for part in _entry(one)]


def _figure(name: str) -> list[str]:
    """Return a figure with the commands that train its networks and draw it."""
    what = (inspect.getdoc(FIGURES[name]) or "").partition("\n\n")[0]
    training = f"python -m ibsweep -m +experiment={experiment(name)}"
    drawing = f"ibsweep figure {name}"
    return _entry(Picture(name, name, what, f"{training}   # if not done yet\n{drawing}"))


def _entry(picture: Picture) -> list[str]:
    image = f"![{picture.text}](gallery/{picture.name}.png)"
    return [f"### {picture.title}", picture.text, code(picture.command, "bash"), image]
