"""What a job is called, and what is written down about it before it runs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import OmegaConf

from ibsweep.config import fingerprints
from ibsweep.config.data_files import PATHS, without_paths
from ibsweep.config.engines import KEY, engine_of, with_engine
from ibsweep.config.keys import ASIDE
from ibsweep.config.settings import Settings
from ibsweep.records import Job, UsedData

END_TO_END = "end_to_end"  # the scheme that names leave out


def describe(settings: Settings, choices: Mapping[str, Any], *, sweep: str | None) -> Job:
    """Describe a job.

    Args:
        settings: What it asks for.
        choices: The option chosen in each configuration group; other keys are left out.
        sweep: Identifier of the sweep that it belongs to, if any.
    """
    engine = engine_of(settings)
    settings = with_engine(settings, engine)
    hashes = fingerprints.all_of(settings)
    values = settings.values
    chosen = {str(k): str(v) for k, v in choices.items() if k in values and v is not None}
    chosen |= {group: ",".join(values[group]) or "none" for group in ("estimator", "noise")}
    attack = values["robustness"].get("_target_", "none")
    chosen["robustness"] = str(attack).rpartition(".")[2]  # stored networks can get another
    chosen.setdefault("regularization", ",".join(values["regularization"]) or "none")
    chosen.setdefault("activation", "own")  # written out in a configuration of the user's
    chosen.setdefault("quantization", "own" if values["quantization"] else "none")
    groups = ("activation", "regularization", "noise", "quantization")
    named = [chosen[group] for group in groups]
    named.append(chosen.get("scheme", END_TO_END))
    named.append(f"seed{values['seed']}")
    return Job(
        name="-".join(word for word in named if word not in ("none", END_TO_END)),
        parameters={
            **parameters(values),
            "device": settings.device.type,
        },
        choices=chosen,
        seed=values["seed"],
        fingerprint=hashes.run,
        training_fingerprint=hashes.network,
        configuration=fingerprints.configuration_fingerprint(settings),
        config=OmegaConf.to_yaml(OmegaConf.create(dict(values))),
        sweep=sweep,
        engine=engine,
        data=_data(settings, chosen),
    )


def _data(settings: Settings, choices: Mapping[str, str]) -> UsedData:
    """Describe the data set and its split."""
    dataset, (train, test) = settings.dataset, settings.split
    samples, features = dataset.inputs.shape
    return UsedData(
        name=choices.get("task", "own"),
        digest=dataset.digest,
        split=f"{choices.get('split', 'own')}: {len(train)} train, {len(test)} test",
        samples=samples,
        features=features,
        source=json.dumps(without_paths(settings.values["task"])),
        targets=dataset.outputs if dataset.continuous else 0,
    )


def parameters(values: Mapping[str, Any]) -> dict[str, object]:
    """Return the options that a run is searched by: all that its numbers may follow, flattened.

    Example:
        >>> parameters({"task": {"path": "a.npz", "labels": "y"}, "seed": 1, "rerun": True})
        {'task.labels': 'y', 'seed': 1}
    """
    flat = dict(_flatten({key: value for key, value in values.items() if key not in ASIDE}))
    flat.pop(KEY, None)  # a column of its own
    return flat


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        elif key not in ("_target_", "_partial_", *PATHS):
            yield f"{prefix}{key}", value
