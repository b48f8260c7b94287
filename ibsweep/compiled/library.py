"""Compiles a source at first use, and keeps the library for the next time.

A library lies in the user's cache folder. Its name is a hash of the sources, the options of the
compiler and what that says of itself and of this processor, and a hash of the file itself: one
that is broken, or of somebody else's making, is compiled anew.
"""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

COMPILERS = ("c++", "g++", "clang++")
FLAGS = (  # no -ffast-math: it would let NaN pass, and make the process round subnormals to zero
    *("-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno"),
    *("-fno-trapping-math", "-fno-exceptions", "-fno-rtti", "-fPIC", "-shared", "-w"),
)
SECONDS = 300  # a compiler may take
_HERE = Path(__file__).parent


class NoLibrary(RuntimeError):
    """There is no compiled library, and none can be made; the message says why in a line."""


def missing() -> str | None:
    """Say why there are no libraries on this machine; None if there are.

    The first call on a machine compiles a small one, to try the compiler out.
    """
    return _missing(os.environ.get("PATH"), os.environ.get("CXX"), cache_folder())


@functools.cache
def _missing(path: str | None, compiler: str | None, folder: Path) -> str | None:
    try:
        load(_HERE / "lanes.cpp", "REAL=float")
    except NoLibrary as error:
        return str(error)
    return None


def load(source: Path, *macros: str) -> ctypes.CDLL:
    """Return the library of a source, compiled now if there is none.

    The compiler is the one that the environment variable CXX names, else the first of `COMPILERS`.

    Args:
        source: File that may include the headers of its own folder and of this one.
        macros: `NAME=VALUE`; `REAL`, float or double, is a must for `vectors.h`.

    Raises:
        NoLibrary: If it cannot be compiled, kept or loaded.
    """
    names = [name] if (name := os.environ.get("CXX")) else COMPILERS
    compiler = next(filter(None, map(shutil.which, names)), None)
    if compiler is None or os.name != "posix":
        raise NoLibrary(f"no C++ compiler ({', '.join(names)}) is on the PATH")
    return _load(source, macros, compiler, cache_folder())


def cache_folder() -> Path:
    """Return the folder of libraries: by XDG_CACHE_HOME if it is set, else the platform's."""
    home = Path.home() / ("Library/Caches" if platform.system() == "Darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or home) / "ibsweep"


@functools.cache
def _load(source: Path, macros: tuple[str, ...], compiler: str, folder: Path) -> ctypes.CDLL:
    command = [compiler, *FLAGS, *(f"-D{macro}" for macro in macros)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = _name(command, source)
        path = next(filter(_is_sound, folder.glob(f"{name}-*.so")), None)
        return ctypes.CDLL(str(path or _compile(command, source, folder, name)))
    except OSError as error:
        raise NoLibrary(f"the compiled library cannot be kept or loaded: {error}") from error


def _name(command: list[str], source: Path) -> str:
    """Hash what decides what a command makes; `-march=native` is the processor's features."""
    headers = sorted({*source.parent.glob("*.h"), *_HERE.glob("*.h")})
    sources = b"".join(path.read_bytes() for path in (source, *headers))
    words = [*command, _features(*command[: 1 + len(FLAGS)]), platform.platform()]
    return hashlib.sha256("\n".join(words).encode() + sources).hexdigest()[:32]


@functools.cache
def _features(*command: str) -> str:
    """Return what the compiler says of itself and the processor: its predefined macros."""
    return _run([*command, "-dM", "-E", "-x", "c++", os.devnull])


def _is_sound(path: Path) -> bool:
    """Say whether a file is this user's own, nobody else can write to it, and it is whole."""
    about = path.stat()
    ours = about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return ours and path.stem.endswith(f"-{_hash(path)}")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _compile(command: list[str], source: Path, folder: Path, name: str) -> Path:
    """Compile, and put the library into its place at once, so that others find it whole."""
    with tempfile.TemporaryDirectory(prefix=".compiling-", dir=folder) as place:
        made = Path(place) / "library.so"
        _run([*command, f"-I{_HERE}", "-o", str(made), str(source)])
        made.chmod(0o700)
        path = folder / f"{name}-{_hash(made)}.so"
        made.replace(path)
    return path


def _run(command: list[str]) -> str:
    """Run the compiler, and return what it prints.

    Raises:
        NoLibrary: If it fails; the message has its first line of complaint.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NoLibrary(f"{command[0]} did not end within {SECONDS} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no reason"]
        raise NoLibrary(f"{command[0]} failed: {lines[0].strip()}")
    return done.stdout
