"""What became of a sweep: counts, and why jobs failed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "sweep_summary.json"
LISTED = 20
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # what a shell reports for Ctrl-C
EXIT_TERMINATED = 143  # what a shell reports for SIGTERM


class Terminated(KeyboardInterrupt):
    """The system asked the process to end: as Ctrl-C, and unlike a job's own sys.exit."""


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Attributes:
        job: Its number.
        overrides: What distinguishes it.
        reason: The first line of the error.
    """

    job: int
    overrides: list[str]
    reason: str


def write_summary(
    folder: Path, *, jobs: int, failures: Sequence[Failure], elapsed_s: float
) -> Path:
    """Write counts and failures to `sweep_summary.json` and return its path."""
    path = folder / FILE_NAME
    summary = {
        "jobs": jobs,
        "completed": jobs - len(failures),
        "failed": len(failures),
        "elapsed_s": round(elapsed_s, 3),
        "failures": [asdict(failure) for failure in failures],
    }
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def failure_list(failures: Sequence[Failure], *, jobs: int, path: Path) -> str:
    """Return the failures as text, one a line.

    Example:
        >>> failure = Failure(3, ["seed=3"], "ValueError: no")
        >>> print(failure_list([failure], jobs=5, path=Path("all.json")))
        1 of 5 jobs failed (all.json):
          #3 seed=3: ValueError: no
    """
    lines = [f"{len(failures)} of {jobs} jobs failed ({path}):"]
    for failure in failures[:LISTED]:
        lines.append(f"  #{failure.job} {' '.join(failure.overrides)}: {failure.reason}")
    if len(failures) > LISTED:
        lines.append(f"  … and {len(failures) - LISTED} more")
    return "\n".join(lines)
