"""Measures stored networks from their weights: other estimators, options, parts of the data."""

import copy
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import joblib
import pandas as pd
import torch
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from ibsweep.analysis.summaries import choice_columns
from ibsweep.config import fingerprints
from ibsweep.config.instantiation import ConfigError
from ibsweep.config.jobs import describe
from ibsweep.config.keys import ASIDE, CHANGEABLE
from ibsweep.config.settings import Settings
from ibsweep.sweeps.batch import Batch
from ibsweep.tracking import Store


class Request(NamedTuple):
    """A stored network and how to measure it now.

    Attributes:
        settings: All of its configuration, with the new measuring.
        choices: The option chosen in each configuration group.
    """

    settings: Settings
    choices: Mapping[str, str]


def requests(
    store: Store,
    networks: pd.DataFrame,
    overrides: Sequence[str],
    *,
    conf_dir: str,
    trusted: Sequence[str] = (),
) -> Iterator[Request]:
    """Ask for new measurements of stored networks.

    Args:
        store: Where they are stored.
        networks: Their runs: `run_id`, and the columns of choices, as `Store.networks` returns.
        overrides: Of estimator, parts, floor_snapshots and artifacts, as on the command line.
        conf_dir: Folder of the configuration.
        trusted: Prefixes of targets outside ibsweep and torch.nn that configurations may name.

    Yields:
        One request a network.

    Raises:
        ConfigError: If an override is of something else, or wrong.
    """
    for override in overrides:
        key = override.lstrip("+~").partition("=")[0]
        if key.split(".")[0] not in CHANGEABLE:
            rule = f"must be of {', '.join(CHANGEABLE)}: the rest is the stored networks'"
            raise ConfigError(f"override {rule}, got {override}")
    groups = choice_columns(networks)
    composed = functools.cache(
        lambda seeding: _composed([f"seeding={seeding}", *overrides], conf_dir)
    )
    for row in networks.to_dict("records"):
        choices = {str(group): str(row[group]) for group in groups if pd.notna(row[group])}
        config = copy.deepcopy(composed(choices["seeding"]))  # composing takes some 40 ms
        stored = OmegaConf.create(store.read_config(str(row["run_id"])))
        assert isinstance(stored, DictConfig)
        _restore(config, stored)
        options = store.options
        config.tracking = {"uri": options.uri, "study": options.study, "curves": options.curves}
        config.directory = str(options.directory)
        config.trusted_targets = list(trusted)
        settings = Settings.of(config)
        settings.check()
        yield Request(settings, choices)


def measure(
    store: Store, wanted: Iterable[Request], *, sweep: str, workers: int = -1
) -> Iterator[str]:
    """Measure networks in worker processes, and yield each one's new run.

    Those that are measured so already are not measured again; they join the sweep.

    Args:
        store: Where the networks are, and the results go.
        wanted: What to measure.
        sweep: Identifier that the runs get.
        workers: Number of processes; −1 for one a core.

    Yields:
        The identifier of each network's run.
    """
    known = {fingerprints.run_fingerprint(one.settings): one for one in wanted}
    finished = store.finished(known)
    store.join_sweep(finished.values(), sweep)
    yield from finished.values()
    missing = [one for name, one in known.items() if name not in finished]
    tasks = (
        joblib.delayed(_measure)(one.settings.values, one.settings.seeding, one.choices, sweep)
        for one in missing
    )
    with joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
        yield from joblib.Parallel(return_as="generator_unordered")(tasks)


def _composed(overrides: Sequence[str], conf_dir: str) -> DictConfig:
    """Compose the shipped configuration.

    Raises:
        ConfigError: If that fails.
    """
    try:
        with initialize_config_dir(conf_dir, version_base="1.3"):
            return compose("config", list(overrides))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(" ".join(str(error).split())) from error


def _restore(config: DictConfig, stored: DictConfig) -> None:
    """Replace what determines a network by what is stored of it, but for streams that follow it.

    A stream of random numbers whose seed is `${seed}` stays so: such networks differ in the seed
    alone, and so belong to one configuration.
    """
    with open_dict(config):
        for key, value in stored.items():
            if key not in (*CHANGEABLE, *ASIDE, "seeding"):
                config[key] = value
        for stream, seed in stored.seeding.items():
            if config.seeding.get(stream) != seed:
                config.seeding[stream] = seed


def _measure(
    values: Mapping[str, object],
    seeding: Mapping[str, object],
    choices: Mapping[str, str],
    sweep: str,
) -> str:
    """Measure one network in a worker, and return its run."""
    torch.set_num_threads(1)
    settings = Settings(values, seeding)
    job = describe(settings, choices, sweep=sweep)
    return Batch([settings], lambda fraction: None).run(0, job).run_id
