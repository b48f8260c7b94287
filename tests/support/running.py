"""Runs the code blocks of a document, one after the other, as a reader would."""

import contextlib
import doctest
import io
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.support.blocks import Block, commands, fits, replaced

_WITH_OVERRIDES = ("calibrate", "estimate", "submit")
_SHELL = ("eval", "export")


def kind(block: Block) -> str:
    """Return what a block is: `python`, `doctest`, `shell`, or what its marks say.

    Raises:
        ValueError: If it is none of these: it then needs a mark.
    """
    for mark in ("output", "example", "file", "in"):
        if mark in block.marks:
            return mark
    first = block.text.removeprefix("$ ").split()[0]
    if block.text.startswith(">>> "):
        return "doctest"
    if block.language == "python" or first in ("import", "from"):
        return "python"
    if block.language in ("", "console", "bash") and first in ("ibsweep", "python", *_SHELL):
        return "shell"
    raise ValueError(f"line {block.line}: the block needs a mark: see tests/support/blocks.py")


class Runner:
    """Runs blocks in the present folder; names and files of one are there for the next.

    Args:
        typed: Types a command of ibsweep in this process, as the fixture of that name.
        root: The repository.
    """

    def __init__(self, typed: Callable, root: Path) -> None:
        self.typed, self.root = typed, root
        self.names: dict[str, object] = {"__name__": "__main__", "typed": typed}
        self.printed = ""

    def run(self, block: Block) -> None:
        """Run a block, or compare it with what the last one printed."""
        if "first" in block.marks:
            exec(block.marks["first"], self.names)
        getattr(self, f"_{kind(block)}")(block)

    def _python(self, block: Block) -> None:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block.text, f"line {block.line}", "exec"), self.names)
        self.printed = printed.getvalue()

    def _doctest(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.text + "\n", self.names, "", "", 0)
        for example in test.examples:
            example.want = example.want.replace("…", "...")
        failures = io.StringIO()
        ran = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=failures.write)
        assert not ran.failed, failures.getvalue()

    def _shell(self, block: Block) -> None:
        for command, expected in commands(block.text):
            status, self.printed, errors = self._command(command, block.marks.get("with", ""))
            assert status == 0, f"line {block.line}: {command}\n{self.printed}{errors}"
            assert not expected or fits(expected, self.printed), f"{command}\n{self.printed}"

    def _command(self, command: str, options: str) -> tuple[int, str, str]:
        words = shlex.split(command, comments=True)
        if words == ["ibsweep", "ui"]:
            return _opened()
        if words[:3] == ["python", "-m", "ibsweep"]:
            with _imports_from_here():
                return self.typed(*replaced(words[3:], shlex.split(options)))
        if words[0] == "ibsweep":
            takes = words[1] in _WITH_OVERRIDES
            return self.typed(*replaced(words[1:], shlex.split(options) if takes else []))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", command],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": path},
        )
        return done.returncode, done.stdout, done.stderr

    def _output(self, block: Block) -> None:
        assert fits(block.text, self.printed), f"line {block.line}:\n{self.printed}"

    def _file(self, block: Block) -> None:
        path = Path(block.marks["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text + "\n", encoding="utf-8")

    def _in(self, block: Block) -> None:
        assert (self.root / block.marks["in"]).is_file(), block.marks["in"]

    def _example(self, block: Block) -> None:
        assert block.text


@contextlib.contextmanager
def _imports_from_here() -> Iterator[None]:
    """Import from the present folder, as `python -m` does."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield
    finally:
        sys.path.pop(0)


def _opened() -> tuple[int, str, str]:
    """Start `ibsweep ui`, and end it by Ctrl-C when it says where it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ibsweep.cli", "ui", "--port", str(port)]
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # jobs in the background do not
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heed)
    said = next((line for line in process.stdout if f":{port}/" in line), "")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return (0 if said else 1), said, ""
