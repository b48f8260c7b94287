"""Runs a task by Hydra's command line; errors are one line each."""

import os
import signal
import sys
import threading
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, QuotedString
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException, HydraException, OverrideParseException
from hydra.experimental.callback import Callback
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from ibsweep.config.instantiation import ConfigError
from ibsweep.config.shipped import conf_dir
from ibsweep.launching import dry_run
from ibsweep.launching.ending import end_at_once
from ibsweep.launching.failures import EXIT_TERMINATED, Terminated
from ibsweep.launching.registration import register
from ibsweep.launching.sweeper import GridSweeper
from ibsweep.launching.task import EnsembleTask
from ibsweep.sweeps.batch import TrainingFailed
from ibsweep.tracking import StoreError

EXPECTED = (
    ConfigError,
    StoreError,
    TrainingFailed,
    HydraException,
    OmegaConfBaseException,
    OSError,
)
COMMANDS = {"config": "python -m ibsweep", "calibration": "ibsweep calibrate"}
LISTS = ("estimator", "noise", "regularization", "experiment")  # groups to choose several of
_FOREIGN = ("hydra", "omegaconf", "antlr4")


class CheckFirst(Callback):
    """Checks what Hydra is about to run, before it makes a folder; a single dry run ends here.

    Args:
        task: What the task offers.
    """

    def __init__(self, task: EnsembleTask) -> None:
        self._task = task

    def on_run_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Check a single run and open its store, or say what it would do and end the program."""
        with one_line():
            _check_job_name(config)
            if dry_run.is_asked(config):
                for line in dry_run.lines(dry_run.single(config, self._task)):
                    print(line)
                sys.exit(0)
            self._task.identify(config, [None])
            self._task.prepare(config)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:  # noqa: ANN401
        """Check what a sweep's jobs have in common; our sweeper checks the jobs."""
        with one_line():
            _check_job_name(config)
            sweeper, _launcher = [_plugin(config, kind) for kind in ("sweeper", "launcher")]
            if dry_run.is_asked(config) and not issubclass(sweeper, GridSweeper):
                rule = "dry_run must be with hydra/sweeper=grids, which plans before it runs"
                raise ConfigError(f"{rule}, got {sweeper.__name__}")


@contextmanager
def one_line() -> Iterator[None]:
    """End the program with a line on what is wrong inside, and the exit status that says so."""
    try:
        yield
    except EXPECTED as error:
        sys.exit(report(error))


def run(task: EnsembleTask, *, config: str) -> None:
    """Run a task by Hydra with the arguments of the process.

    Args:
        task: What to do with a composed configuration.
        config: Name of the configuration to compose, one of `COMMANDS`.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises its errors, to be reported here
    end_at_once()
    register()
    signal.signal(signal.SIGTERM, _terminate)
    sys.unraisablehook = partial(_send_again, sys.unraisablehook)
    command = hydra.main(version_base="1.3", config_path=conf_dir(), config_name=config)
    try:
        with one_line():
            _check_arguments(parsed(sys.argv[1:]), config)
            command(task)()
    except Terminated:
        sys.exit(EXIT_TERMINATED)
    except Exception as error:
        if any(isinstance(one, Terminated) for one in _chain(error)):
            sys.exit(EXIT_TERMINATED)  # it came while logging was set up, which fails by it
        complaint = _complaint(error)
        if complaint is None:
            raise
        sys.exit(report(ConfigError(complaint)))


def parsed(words: Sequence[str]) -> Namespace:
    """Return what a command line says to Hydra.

    Raises:
        ConfigError: If it is not Hydra's.
    """
    parser = get_args_parser()
    parser.error = _refuse  # type: ignore[method-assign]
    return parser.parse_args([*words])


def _refuse(message: str) -> NoReturn:
    rule = "the command line must be Hydra's (see --hydra-help), all overrides side by side"
    raise ConfigError(f"{rule}: {message}")


def report(error: Exception) -> int:
    """Print an error as one line, and return the exit status: 2, or 1 for a failed job."""
    text, cause = str(error), error.__cause__
    if isinstance(error, OverrideParseException):
        key, _, value = error.override.partition("=")
        shown = "a value that may hold a password" if "password" in value else error.override
        text = f"{key} must be given in Hydra's grammar (quote it?), got {shown}: {text}"
    elif isinstance(error, ConfigCompositionException) and isinstance(
        cause, OmegaConfBaseException
    ):
        if not text or not isinstance(cause, ConfigKeyError | ConfigAttributeError):
            text += f": it must fit the configuration: {str(cause).splitlines()[0]}"
    lines = (line.strip() for line in text.splitlines())
    print("ibsweep: error: " + " ".join(line for line in lines if line), file=sys.stderr)
    return 1 if isinstance(error, TrainingFailed) else 2


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated  # which stops workers, too


def _send_again(
    otherwise: Callable[["sys.UnraisableHookArgs"], object], dropped: "sys.UnraisableHookArgs"
) -> None:
    """Send a signal again that Python dropped, since it came while garbage was collected."""
    if isinstance(dropped.exc_value, KeyboardInterrupt):
        terminated = isinstance(dropped.exc_value, Terminated)
        number = signal.SIGTERM if terminated else signal.SIGINT
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
    else:
        otherwise(dropped)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, the one that it was raised on account of, and so on."""
    while error is not None:
        yield error
        error = error.__context__


def _complaint(error: Exception) -> str | None:
    """Return what Hydra complains of by an exception of Python's; None if it is not Hydra's."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    modules = [str(frame.f_globals.get("__name__")).partition(".")[0] for frame in frames]
    lines = [place.line for place in traceback.extract_tb(error.__traceback__)]
    places = zip(modules, lines, strict=True)
    blamed = [place for place in places if place[0] not in sys.stdlib_module_names]
    if not blamed or blamed[-1][0] not in _FOREIGN:
        return None
    reason = str(error)
    if not isinstance(error, ValueError | RuntimeError):  # whose texts are no sentences
        reason = f"{type(error).__name__}: {reason} at `{blamed[-1][1]}`"
    return f"the command line and the configuration must be as Hydra takes them: {reason}"


def _check_arguments(arguments: Namespace, config: str) -> None:
    """Check what would make Hydra end with a traceback or with words that lead nowhere.

    Raises:
        ConfigError: If the configuration is another command's, an override has no key, or an
            option is not chosen by its name.
    """
    name = Path(arguments.config_name or config).stem
    if name != config and name in COMMANDS:
        rule = f"--config-name must be a configuration for {COMMANDS[config]}"
        raise ConfigError(f"{rule}, got {name}, which is for {COMMANDS[name]}")
    for text in arguments.overrides:
        if text.startswith("="):
            raise ConfigError(f"an override must have a key, got {text}")
    folders = [Path(conf_dir()), *map(Path, [arguments.config_dir] * bool(arguments.config_dir))]
    for override in OverridesParser.create().parse_overrides(arguments.overrides):
        files = [path for one in folders for path in (one / override.key_or_group).glob("*.yaml")]
        if files and not _chooses(override):
            options = ", ".join(sorted({path.stem for path in files}))
            rule = "an option" if override.is_hydra_override() else f"one of {options}"
            got = override.get_value_string()
            raise ConfigError(f"{override.key_or_group} must name {rule}, got {got}")


def _chooses(override: Override) -> bool:
    """Say whether an override of a group names options: one, a list, or a sweep over them."""
    if override.is_delete() and override.value() is None:
        return True
    names = list(_names(override._value, lists=override.key_or_group in LISTS))
    return all(isinstance(one, str | QuotedString | Glob) for one in names)


def _names(value: object, *, lists: bool) -> Iterator[object]:
    """Yield what a choice, a list of choices or a sweep over them consists of."""
    if isinstance(value, ChoiceSweep) or (lists and isinstance(value, list)):
        for entry in value.list if isinstance(value, ChoiceSweep) else value:
            yield from _names(entry, lists=lists)
    else:
        yield value


def _plugin(config: DictConfig, kind: str) -> type[object]:
    """Return the class of Hydra's sweeper or launcher.

    Raises:
        ConfigError: If it is not a plugin, which Hydra looks for in certain packages only.
    """
    target = str(OmegaConf.select(config, f"hydra.{kind}._target_"))
    if not Plugins.is_in_toplevel_plugins_module(target):
        raise ConfigError(f"hydra.{kind}._target_ must name a plugin of Hydra's, got {target!r}")
    return get_class(target)


def _check_job_name(config: DictConfig) -> None:
    """Check the name of the log, a file in the job's folder.

    Raises:
        ConfigError: If it leads into another folder.
    """
    name = str(config.hydra.job.name)
    if name != Path(name).name:
        raise ConfigError(f"hydra.job.name must be a name without /, got {name!r}")
