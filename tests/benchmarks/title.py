"""The title command, end to end: `python -m tests.benchmarks.title [checkout] [override …]`.

150 networks in a fresh folder, by this version and, if a checkout with its own environment
(`.venv`) is given, by that one too. Seconds of all processor cores, and on the clock; how the
first are spent; the table of scores of each. Overrides, as `training.epochs=800`, make it shorter.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ibsweep

COMMAND = ["-m", "ibsweep", "-m", "activation=relu,elu,swish", "seed=range(50)"]
SCORES = ["accuracy/test", "ebab/compression/hidden", "ebab/compression/last"]


def run(python: Path, checkout: Path, folder: str, overrides: list[str]) -> tuple[float, float]:
    """Run the command in a folder; return seconds of all cores, and on the clock."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [python, *COMMAND, *overrides],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - begin


def report(name: str, folder: str, used: float, clock: float) -> None:
    """Print what a version needed, and what it found."""
    runs = ibsweep.runs(directory=Path(folder) / "outputs")
    parts = {part: runs[f"duration/{part}"].sum() for part in ("training", "measuring")}
    rest = used - sum(parts.values())
    shares = ", ".join(f"{part} {seconds:.0f}" for part, seconds in parts.items())
    print(f"{name}: {used:.0f} s of all cores ({shares}, rest {rest:.0f}), {clock:.0f} s in all")
    table = runs.groupby("activation", sort=False)[SCORES].agg(["mean", "sem"])
    print(table.round(4).to_string(), flush=True)


def main() -> None:
    """Print both versions' seconds and scores, and the ratio."""
    here = Path(__file__).resolve().parents[2]
    given, overrides = sys.argv[1:], []
    checkouts = {"this version": (Path(sys.executable), here)}
    for word in given:
        if "=" in word:
            overrides.append(word)
        else:
            other = Path(word).resolve()
            checkouts[other.name] = (other / ".venv/bin/python", other)
    seconds = []
    for name, (python, checkout) in checkouts.items():
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(run(python, checkout, folder, overrides))
            report(name, folder, *seconds[-1])
    if len(seconds) > 1:
        ratios = [other / ours for ours, other in zip(*seconds, strict=True)]
        print(f"ratio: {ratios[0]:.1f} of all cores' seconds, {ratios[1]:.1f} on the clock")


if __name__ == "__main__":
    main()
