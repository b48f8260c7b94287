"""Makes the pictures of the gallery from small real sweeps: minutes.

`python -m docs.site.pictures FOLDER` trains in a folder; what is there already is not done again.
It takes pictures of pages with Chromium.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from docs.site.gallery import FOLDER, NAMES

_SEEDS = "seed=range(10)"
_TITLE = ("activation=relu,elu,swish", "training=quick", _SEEDS)
_SWEEPS = (  # folder and overrides
    ("plane", ("training=quick",)),
    ("title", _TITLE),
    ("kde", ("activation=tanh", "training=quick", "snapshots.count=30", "estimator=[kde]")),
    ("paper", ("+experiment=fig9", "training=quick", _SEEDS)),
    ("paper", ("+experiment=fig8", "training=quick", _SEEDS)),
    ("paper", ("+experiment=fig4", "training=quick")),
    ("paper", ("+experiment=multiverse", "training=quick", _SEEDS)),
    ("paper", ("+experiment=butakov_digits", "training.epochs=40", "seed=range(3)")),
)
_CALIBRATIONS = {
    "calibration": ("distribution=normal", "distribution.dims=[2,2]", "information=0,2,4,8,12"),
    "calibration-distributions": (
        "distribution=uniform,student,smoothed_uniform",
        "information=0.5,1,2,4,6",
    ),
}
_ESTIMATES = ("estimator=general,ksg,gaussian", "samples=1000", "seed=range(5)")
_WIDTH = 900  # pixels of a picture
_COLOURS = 128


def main() -> None:
    """Make every picture."""
    work = Path(sys.argv[1]).resolve()
    work.mkdir(parents=True, exist_ok=True)
    for folder, overrides in _SWEEPS:
        _type("ibsweep", "-m", f"directory={folder}", *overrides, cwd=work)
    for folder, overrides in _CALIBRATIONS.items():
        words = ("calibrate", f"directory={folder}", *overrides, *_ESTIMATES)
        _type("ibsweep.cli", *words, cwd=work)
    _type(
        "ibsweep.cli",
        "figure",
        "all",
        "--sweep=all",
        "--directory=paper",
        "--output=drawn",
        cwd=work,
    )
    _collect(work, work / "drawn")
    _photograph(work, work / "drawn")
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        _shrink(work / "drawn" / f"{name}.png", FOLDER / f"{name}.png")


def _type(*words: str, cwd: Path) -> None:
    """Type a command."""
    print("$ python -m", *words, flush=True)
    subprocess.run([sys.executable, "-m", *words], cwd=cwd, check=True)


def _collect(work: Path, drawn: Path) -> None:
    """Copy the pictures that sweeps and calibrations leave with their runs."""
    planes = {
        "plane": "plane/artifacts/ibsweep/*/artifacts/information_plane/ebab.png",
        "plane-mean": "title/artifacts/ibsweep-summary/*/artifacts/information_plane/ebab.png",
        "plane-kde": "kde/artifacts/ibsweep/*/artifacts/information_plane/kde.png",
        "plane-lossy": "paper/artifacts/ibsweep/*/artifacts/information_plane/lossy.png",
    }
    planes |= {name: f"{name}/artifacts/*/*/artifacts/calibration.png" for name in _CALIBRATIONS}
    for name, pattern in planes.items():
        shutil.copyfile(sorted(work.glob(pattern))[0], drawn / f"{name}.png")


def _photograph(work: Path, drawn: Path) -> None:
    """Take pictures of a report, of its parts, and of a figure as a page."""
    words = ("--directory=title", "--output=report.html", "--referee")
    _type("ibsweep.cli", "report", *words, cwd=work)
    _type(
        "ibsweep.cli",
        "figure",
        "fig6",
        "--sweep=all",
        "--directory=paper",
        "--output=fig6.html",
        cwd=work,
    )
    with _opened(work / "report.html") as page:
        page.screenshot(path=drawn / "report.png")
        plane = page.locator("section.plane").first
        plane.scroll_into_view_if_needed()
        plane.screenshot(path=drawn / "report-plane.png")
        page.locator("details.readings").first.screenshot(path=drawn / "report-referee.png")
    with _opened(work / "fig6.html") as page:
        clip = {"x": 0, "y": 0, "width": 1100, "height": 460}
        page.screenshot(path=drawn / "figure-page.png", clip=clip)


@contextmanager
def _opened(path: Path) -> Iterator[Page]:
    """Open a page in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1100, "height": 800})
        page.goto(path.as_uri())
        page.wait_for_timeout(1000)
        yield page
        browser.close()


def _shrink(source: Path, target: Path) -> None:
    """Store a picture in the size in which a page shows it, with few colours."""
    with Image.open(source) as image:
        image = image.convert("RGB")
        image.thumbnail((_WIDTH, 4 * _WIDTH))
        image.quantize(_COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    main()
