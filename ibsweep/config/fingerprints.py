"""What names a run: hashes of all that determines its numbers, and of nothing else."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ibsweep.config import keys
from ibsweep.config.data_files import without_paths
from ibsweep.config.engines import engine_of, with_engine
from ibsweep.config.moved import former
from ibsweep.config.settings import Settings
from ibsweep.learning.engines import COMPILED, TORCH
from ibsweep.learning.ensemble import OF_A_MEMBER, in_effect
from ibsweep.networks.normalization import NONE

NUMERICS = {  # raised when an unchanged configuration would give other numbers
    "training": 1,  # by torch
    "compiled": 2,  # training by compiled loops
    "estimators": 1,  # of what all share
    "convolutions": 2,  # this and the following beside those, where options name the module
    "noise_numerics": 2,  # `noise` is an option, which this stands beside
    "autoencoders": 2,
    "critics": 3,
    "ibsweep.estimators.general": 2,
    "ibsweep.estimators.geometry": 2,  # nc3, nc4
}  # every other module by its address, from version 2 on, as "ibsweep.estimators.ebab": 2
_NAMES = {  # of modules in fingerprints; those of others are their addresses
    "ibsweep.networks.conv": "convolutions",
    "ibsweep.noise": "noise_numerics",
    "ibsweep.compressors.autoencoder": "autoencoders",
    "ibsweep.estimators.critics": "critics",
}


def training_content(settings: Settings) -> dict[str, Any]:
    """All that determines the trained network: the data themselves, not their path."""
    typed = keys.named(keys.NETWORKS, "network", settings.values)
    task = _task(settings)
    values = {
        **typed,
        "network": _network(typed["network"]),
        "regularization": {name: _given(one) for name, one in typed["regularization"].items()},
        "training": _training(settings),
        "task": {**task, "digest": settings.given_data.digest},
        "seeding": settings.seeds,
        "device": settings.device.type,
        "numerics": NUMERICS["training"],
        **versions(typed, task),
    }
    return former(values)


def _task(settings: Settings) -> dict[str, Any]:
    """Return the options of the task, without `targets` where there are none, as before 0.2."""
    task = without_paths(settings.values["task"])
    return {key: value for key, value in task.items() if (key, value) != ("targets", None)}


def _network(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a network; no normalisation adds nothing, as before there was any."""
    return {
        key: value for key, value in options.items() if (key, value) != ("normalization", NONE)
    }


def _given(options: Any) -> Any:  # noqa: ANN401
    """Return the options of a regulariser without those that are null, as older ones lack them."""
    if not isinstance(options, Mapping):
        return options
    return {key: value for key, value in options.items() if value is not None}


def _training(settings: Settings) -> dict[str, Any]:
    """Return the options of training in effect; torch adds nothing to them, as before 0.2."""
    options = {**in_effect(settings.values["training"])}
    options.pop("engine", None)
    if engine_of(settings) == COMPILED:
        options["engine"] = f"{COMPILED} {NUMERICS['compiled']}"
    return options


def content(settings: Settings) -> dict[str, Any]:
    """All that determines a run's numbers."""
    return training_content(settings) | _measurement_content(settings)


def _measurement_content(settings: Settings) -> dict[str, Any]:
    typed = keys.named(keys.NETWORKS, "measurement", settings.values)
    return {
        **former(typed),
        "estimator_numerics": NUMERICS["estimators"],
        **versions(typed),
    }


def versions(*options: object) -> dict[str, int]:
    """Return the numerics versions of the modules that the targets of plain options name.

    A module at its first version has none, and so leaves fingerprints as they are.

    Example:
        >>> versions({"conv": {"_target_": "ibsweep.networks.conv.Conv"}})
        {'convolutions': 2}
    """
    modules = {target.rpartition(".")[0] for target in _targets(former(list(options)))}
    names = {_NAMES.get(module, module) for module in modules}
    return {name: NUMERICS[name] for name in sorted(names & NUMERICS.keys())}


def _targets(node: object) -> Iterator[str]:
    """Yield every target in plain options."""
    if isinstance(node, Mapping):
        yield str(node.get("_target_", ""))
    if isinstance(node, (Mapping, list)):
        for entry in node.values() if isinstance(node, Mapping) else node:
            yield from _targets(entry)


def fingerprint(values: Mapping[str, Any]) -> str:
    """Hash plain values, whatever their order and the way their numbers were typed.

    Example:
        >>> fingerprint({"a": 1e-3, "b": 1}) == fingerprint({"b": 1.0, "a": 0.001})
        True
    """
    text = json.dumps(_canonical(values), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Fingerprints(NamedTuple):
    """Fingerprints of a job.

    Attributes:
        ensemble: See `ensemble_key`.
        network: See `network_fingerprint`.
        run: See `run_fingerprint`.
    """

    ensemble: str
    network: str
    run: str


def all_of(settings: Settings) -> Fingerprints:
    """Return all fingerprints of a job; what determines the network is collected once."""
    network = training_content(settings)
    run = network | _measurement_content(settings)
    return Fingerprints(fingerprint(_shared(network)), fingerprint(network), fingerprint(run))


def network_fingerprint(settings: Settings) -> str:
    """Name the trained network."""
    return fingerprint(training_content(settings))


def run_fingerprint(settings: Settings) -> str:
    """Name the run: the trained network and how it is measured."""
    return fingerprint(content(settings))


def configuration_fingerprint(settings: Settings) -> str:
    """Name what the seeds of one configuration share, whatever trains them."""
    shared = content(with_engine(settings, TORCH))
    return fingerprint({**shared, "seeding": dict(settings.seeding)})


def ensemble_key(settings: Settings) -> str:
    """Hash what an ensemble shares: all but seeds, penalties and such numbers of training.

    What is no number in a regulariser, such as the layers that it is for, is shared.
    """
    return fingerprint(_shared(training_content(settings)))


def _shared(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a network's content that is equal in an ensemble."""
    return {
        **values,
        "seeding": sorted(values["seeding"]),
        "regularization": {
            name: [node["_target_"], sorted(node), *_no_numbers(node)]
            for name, node in values["regularization"].items()
        },
        "training": {k: v for k, v in values["training"].items() if k not in OF_A_MEMBER},
    }


def _no_numbers(options: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the options of a regulariser that are no numbers, if there are some."""
    others = {
        key: value
        for key, value in options.items()
        if key != "_target_" and not isinstance(value, (int, float))
    }
    if others:
        yield others


def _canonical(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {str(key): _canonical(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(entry) for entry in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 1.0 is 1; integers beyond 2**53 stay exact
    return value
