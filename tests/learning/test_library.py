"""Libraries are compiled once, found again, and never believed blindly; none may be had at all."""

import dataclasses
import os
import subprocess
import sys

import pytest

from ibsweep.compiled import library
from ibsweep.learning.compiled.kind import Kind
from ibsweep.learning.trainer import train
from tests.learning.test_compiled import by, needs_compiler, parts_of

KIND = Kind((3, 2, 2), "Relu", "float")
LOAD = f"""
from ibsweep.learning.compiled.kind import Kind
print({KIND!r}.library().width())
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "ibsweep"


@pytest.fixture
def no_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)


def start():
    return subprocess.Popen([sys.executable, "-c", LOAD], stdout=subprocess.PIPE, text=True)


def loaded():
    """Load the library in another process, and return what it says."""
    process = start()
    text, _ = process.communicate()
    assert process.returncode == 0
    return int(text)


@needs_compiler
def test_a_library_is_compiled_once(cache):
    width = loaded()
    (path,) = cache.iterdir()
    made = path.stat().st_mtime_ns
    assert loaded() == width == 4 * 32
    assert [one.stat().st_mtime_ns for one in cache.iterdir()] == [made]


@needs_compiler
def test_several_processes_may_compile_it_at_once(cache):
    processes = [start() for _ in range(4)]
    assert {process.communicate()[0] for process in processes} == {"128\n"}
    assert len(list(cache.iterdir())) in (1, 2, 3, 4)  # compilers need not repeat every byte


@needs_compiler
@pytest.mark.parametrize("harm", ["broken", "open to others"])
def test_a_library_that_is_broken_or_may_be_others_is_compiled_anew(cache, harm):
    width = loaded()
    (path,) = cache.iterdir()
    if harm == "broken":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        path.chmod(0o777)
    made = path.stat().st_mtime_ns
    assert loaded() == width
    sound = [one for one in cache.iterdir() if one.stat().st_mtime_ns != made]
    assert sound and sound[0].stat().st_mode & 0o077 == 0


def test_the_environment_can_name_another_compiler(cache, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert library.missing() == "no C++ compiler (no-such-compiler) is on the PATH"


def test_without_a_compiler_torch_trains(cache, no_compiler):
    assert "no C++ compiler (c++, g++, clang++) is on the PATH" in library.missing()
    parts = parts_of(range(4))
    assert by("auto", parts).weights.equal(by("torch", parts).weights)
    options = dataclasses.replace(parts.options, engine="compiled")
    with pytest.raises(ValueError, match="engine must be auto or torch here, got 'compiled': no"):
        train(dataclasses.replace(parts, options=options))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'fatal error: no such CPU' >&2; exit 1", "g++ failed: fatal error: no such CPU"),
        ("touch $PWD/nothing; for last; do :; done; exit 0", "cannot be kept or loaded"),
    ],
)
def test_a_compiler_that_does_not_work_is_as_none(cache, tmp_path, monkeypatch, script, reason):
    tools = tmp_path / "tools"
    tools.mkdir()
    compiler = tools / "g++"
    compiler.write_text(f"#!/bin/sh\n{script}\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/nowhere")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.chdir(tmp_path)
    assert reason in library.missing()


def test_a_cache_that_cannot_be_written_is_as_no_compiler(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(library.shutil, "which", lambda name: "/usr/bin/false")
    assert "cannot be kept or loaded" in library.missing()
