"""Looks for barriers in an open page with axe-core, which npm brings."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

_VERSION = "4.14.1"
_SCRIPT = "package/axe.min.js"
_SERIOUS = ("serious", "critical")


def axe(cache: Path) -> str:
    """Return the script of axe-core, from a folder or else from npm; skip without either.

    Where `CI` is set, the test fails instead.

    Args:
        cache: Folder where it is kept.
    """
    path = cache / f"axe-{_VERSION}.js"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None or not _download(npm, path):
            reason = f"axe-core {_VERSION} cannot be had from npm"
            (pytest.fail if "CI" in os.environ else pytest.skip)(reason)
    return path.read_text(encoding="utf-8")


def _download(npm: str, path: Path) -> bool:
    """Fetch the script; say whether that went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        pack = [npm, "pack", "--silent", f"axe-core@{_VERSION}"]
        if subprocess.run(pack, cwd=folder, capture_output=True, timeout=120).returncode:
            return False
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as files:
            script = files.extractfile(_SCRIPT).read()
        whole = Path(folder) / "axe.js"
        whole.write_bytes(script)
        whole.replace(path)  # at once, as other processes may read it
    return True


def barriers(page, script: str) -> list[str]:
    """Return the serious and critical findings on a page, each with its first place."""
    page.evaluate(script)
    return [
        f"{one['id']}: {one['nodes'][0]['html']} ({len(one['nodes'])} places)"
        for one in page.evaluate("axe.run()")["violations"]
        if one["impact"] in _SERIOUS
    ]
