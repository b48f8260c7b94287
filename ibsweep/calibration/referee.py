"""The referee: bias and spread of a study's estimators, at its own samples and dimensions."""

import functools
import inspect
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from ibsweep.calibration.measuring import Estimator, measure
from ibsweep.calibration.pair_estimators import pair_estimator
from ibsweep.calibration.summary import summarize
from ibsweep.config.fingerprints import NUMERICS, fingerprint, versions
from ibsweep.config.instantiation import build
from ibsweep.distributions import Distribution
from ibsweep.distributions.normal import Normal
from ibsweep.distributions.quantized_uniform import QuantizedUniform
from ibsweep.estimators.lossy import lossy_information
from ibsweep.names import OUTPUT, TEST_ERROR
from ibsweep.stored.restoring import stored_settings
from ibsweep.tracking import Store

TRUTHS = {"i_xt": (0.0, 2.0, 6.0, 10.0), "i_ty": (0.0, 0.5, 1.0)}  # bits
WIDEST = 128  # dimensions; beyond, samples of a sweep's number say little and take long
_COLUMNS = ["configuration", "estimator", "layer", "dimensions", "samples", "quantity", "truth"]


class _Question(NamedTuple):
    """What is asked of an estimator.

    Attributes:
        node: Its option, as JSON.
        quantity: `i_xt` or `i_ty`.
        dimensions: Of the vectors.
        samples: How many.
        seeds: How often.
    """

    node: str
    quantity: str
    dimensions: int
    samples: int
    seeds: int


def referee(
    store: Store,
    runs: pd.DataFrame,
    *,
    seeds: int = 3,
    cache: Path | None = None,
    trusted: Sequence[str] = (),
) -> pd.DataFrame:
    """Calibrate the estimators of a study as it used them.

    I(X;T) is judged on rotated Gaussians of as many dimensions as what was estimated has, I(T;Y)
    on a uniform variable of these dimensions and its bin; of regressions it is not judged. What
    was estimated is the layer, all its values (of a convolution: channels × pixels); or its code,
    if the estimator compresses layers: then the estimators of the codes are judged, and not what
    compressing loses.

    Args:
        store: Where the runs are.
        runs: Finished networks, as `Store.networks` returns them; one of each configuration is
            looked at.
        seeds: Number of samples that are drawn for each truth, ≥ 2.
        cache: Folder that keeps what was measured; None: nothing is kept.
        trusted: Prefixes of targets outside ibsweep and torch.nn that the stored configurations
            may name.

    Returns:
        Columns `configuration, estimator, layer, dimensions, samples, quantity` (`i_xt` or
        `i_ty`), `truth, mean, bias, sd, rmse` (bits), `n` (seeds; 0 and no truth where there are
        more than `WIDEST` dimensions, which are not judged).
    """
    judge = functools.cache(functools.partial(_remembered, cache=cache, trusted=trusted))
    tables = []
    for _, run in runs.drop_duplicates("configuration").iterrows():
        samples, configuration = int(run["samples"]), run["configuration"]
        continuous = pd.notna(run.get(TEST_ERROR))
        for name, layer, question in _questions(store, run["run_id"], samples, seeds, trusted):
            if continuous and question.quantity == "i_ty":
                continue  # its Y is no class
            if question.dimensions > WIDEST:
                table = pd.DataFrame({"n": [0]})
            else:
                table = judge(question)
            known = {"configuration": configuration, "estimator": name, "layer": layer}
            tables.append(table.assign(**known, **_shown(question)))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_COLUMNS)
    wanted = [*_COLUMNS, "mean", "bias", "sd", "rmse", "n"]
    return table[[name for name in wanted if name in table]]


def _shown(question: _Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in ("dimensions", "samples", "quantity")}


def _questions(
    store: Store, run_id: str, samples: int, seeds: int, trusted: Sequence[str]
) -> Iterator[tuple[str, str, _Question]]:
    """Yield each estimator and layer of a run with what is to be asked about it."""
    config = OmegaConf.to_container(OmegaConf.create(store.read_config(run_id)))
    assert isinstance(config, dict)
    units = _units(store, run_id, trusted)
    for name, node in config["estimator"].items():
        estimator = build(node, f"estimator.{name}", trusted=trusted)
        for layer in units:
            for quantity, dimensions in _dimensions(estimator, layer, units).items():
                text = json.dumps(node, sort_keys=True)
                yield name, layer, _Question(text, quantity, dimensions, samples, seeds)


def _units(store: Store, run_id: str, trusted: Sequence[str]) -> dict[str, int]:
    """Return the number of values of each layer, for a sample."""
    logged = store.logged_epochs(run_id)
    if logged:
        activity = store.read_activity(run_id, logged[0])
        return {name: values.shape[1] for name, values in activity.items()}
    network = stored_settings(store, run_id, trusted=trusted).network
    return dict(zip(network.layers, network.units, strict=True))


def _dimensions(estimator: object, layer: str, units: Mapping[str, int]) -> dict[str, int]:
    """Return the dimensions of what was estimated: the layer, or its code."""
    options = _options(estimator)
    if "layer_compressor" not in options:
        return dict.fromkeys(TRUTHS, units[layer])
    most = units[layer] - (layer == OUTPUT and units[layer] > 1)  # probabilities add up to 1
    if "dimensions" not in inspect.signature(options["layer_compressor"]).parameters:
        return dict.fromkeys(TRUTHS, most)
    known = inspect.signature(lossy_information).parameters
    wanted, labels = (
        options.get(name, known[name].default) for name in ("dimensions", "label_dimensions")
    )
    labels = labels or max(wanted, units[OUTPUT] - 1)
    return {"i_xt": min(wanted, most), "i_ty": min(labels, most)}


def _options(estimator: object) -> Mapping[str, Any]:
    return estimator.keywords if isinstance(estimator, functools.partial) else {}


def _remembered(
    question: _Question, *, cache: Path | None, trusted: Sequence[str]
) -> pd.DataFrame:
    """Calibrate one estimator, unless this version of it was calibrated before."""
    if cache is None:
        return _judged(question, trusted)
    content = {**question._asdict(), "numerics": NUMERICS["estimators"], "truths": TRUTHS}
    content |= versions(json.loads(question.node))
    path = cache / f"referee-{fingerprint(content)}.parquet"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        _judged(question, trusted).to_parquet(partial)
        partial.replace(path)
    return pd.read_parquet(path)


def _judged(question: _Question, trusted: Sequence[str]) -> pd.DataFrame:
    """Calibrate one estimator."""
    node = json.loads(question.node)
    estimators = {"it": _estimator(node, trusted)}
    rows = []
    for truth in TRUTHS[question.quantity]:
        law = _law(question.quantity, truth, question.dimensions)
        for seed in range(question.seeds):
            pair = law.sample(question.samples, np.random.default_rng(seed))
            rows.append(measure(pair, estimators).assign(truth=truth))
    return summarize(pd.concat(rows, ignore_index=True), ["truth"])


def _estimator(node: Mapping[str, Any], trusted: Sequence[str]) -> Estimator:
    """Build what estimates a pair; of an estimator that compresses, what estimates its codes."""
    options = _options(build(node, "estimator", trusted=trusted))
    if "layer_compressor" not in options:
        return pair_estimator(node, "estimator", trusted=trusted)
    return lambda x, y: options["of_inputs" if y.ndim == 2 else "of_labels"](x, y)


def _law(quantity: str, truth: float, dimensions: int) -> Distribution:
    if quantity == "i_ty":
        return QuantizedUniform(information=truth, features=dimensions)
    return Normal(dims=(dimensions, dimensions), information=truth, rotated=True)
