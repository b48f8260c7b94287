"""The configuration that comes with the package: where it is, and its single options."""

import itertools
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from ibsweep import checks


def conf_dir() -> str:
    """Return the folder of the shipped configuration: in an installed package, or beside it."""
    package = Path(__file__).resolve().parents[1]
    folders = (package / "conf", package.parent / "conf")
    return str(next(folder for folder in folders if (folder / "config.yaml").is_file()))


def show_help() -> None:
    """Print Hydra's help on the configuration of networks, by the arguments of the process."""
    import hydra

    hydra.main(version_base="1.3", config_path=conf_dir(), config_name="config")(bool)()


def option(group: str, name: str) -> Any:  # noqa: ANN401
    """Return an option of a group whose files are keyed by their own names, as `estimator` is.

    Args:
        group: Folder in the configuration.
        name: File in it, without its ending.

    Raises:
        ValueError: If there is no such file.

    Example:
        >>> option("estimator", "ebab")["bins"]
        30
    """
    node = OmegaConf.to_container(OmegaConf.load(_file(group, name)), resolve=True)
    assert isinstance(node, dict)
    return node[name]


def names(group: str) -> list[str]:
    """Return the names of a group's options, in order."""
    return sorted(path.stem for path in (Path(conf_dir()) / group).glob("*.yaml"))


def source(group: str, name: str) -> str:
    """Return what an option's file says first: what it is, its source (paper, section), its unit.

    That is the first paragraph of the comments at its top; a bare `#` ends it.

    Args:
        group: Folder in the configuration.
        name: File in it, without its ending.

    Raises:
        ValueError: If there is no such file.

    Example:
        >>> source("estimator", "kde")
        'Kolchinsky & Tracey (2017), arXiv:1706.02419: upper bound (Kullback-Leibler). Bits.'
    """
    lines = _file(group, name).read_text(encoding="utf-8").splitlines()
    header = itertools.takewhile(lambda line: line.startswith("# "), lines)
    return " ".join(line.removeprefix("# ") for line in header)


def _file(group: str, name: str) -> Path:
    checks.choice(group, name, names(group))
    return Path(conf_dir()) / group / f"{name}.yaml"
