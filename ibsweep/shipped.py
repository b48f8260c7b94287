"""The configuration that comes with the package: where it is, and its single options."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from ibsweep import checks


def conf_dir() -> str:
    """Return the folder of the shipped configuration: in an installed package, or beside it."""
    package = Path(__file__).resolve().parent
    folders = (package / "conf", package.parent / "conf")
    return str(next(folder for folder in folders if (folder / "config.yaml").is_file()))


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
    folder = Path(conf_dir()) / group
    checks.choice(group, name, sorted(path.stem for path in folder.glob("*.yaml")))
    node = OmegaConf.to_container(OmegaConf.load(folder / f"{name}.yaml"), resolve=True)
    assert isinstance(node, dict)
    return node[name]
