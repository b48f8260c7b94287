"""How soon the commands answer: `python -m tests.benchmarks.startup [checkout]`.

Seconds of a process, as ratios of medians to `import hydra, omegaconf`, in repeats that take
turns. A checkout of another version takes part if one is given, in this environment.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

REPEATS = 5
COMMANDS = {
    "import hydra, omegaconf": ["-c", "import hydra, omegaconf"],
    "ibsweep --help": ["-c", "from ibsweep.cli import main; main(['--help'])"],
    "python -m ibsweep --help": ["-m", "ibsweep", "--help"],
}


def seconds(words: list[str], checkout: Path) -> float:
    """Return the time that a process of Python takes, with the package of a checkout."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    begin = time.perf_counter()
    command = [sys.executable, *words]
    subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    """Print a table of times, and their ratios."""
    checkouts = [Path(__file__).parents[2], *(Path(one).resolve() for one in sys.argv[1:])]
    times: dict[tuple[str, Path], list[float]] = {}
    for _ in range(REPEATS):
        for checkout in checkouts:
            for name, words in COMMANDS.items():
                times.setdefault((name, checkout), []).append(seconds(words, checkout))
    print("seconds (least, median, most); ratio of medians to importing Hydra")
    for (name, checkout), values in times.items():
        ratio = np.median(values) / np.median(times[next(iter(COMMANDS)), checkout])
        shown = f"{min(values):.2f} {np.median(values):.2f} {max(values):.2f}"
        print(f"{name:26s} {checkout.name:12s} {shown}  {ratio:5.1f}")


if __name__ == "__main__":
    main()
