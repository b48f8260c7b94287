"""The referee: bias and spread of a study's estimators, at its own samples and widths."""

import functools
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from ibsweep.calibration.estimators import pair_estimator
from ibsweep.calibration.measuring import measure
from ibsweep.calibration.summary import summarize
from ibsweep.distributions import Distribution
from ibsweep.distributions.normal import Normal
from ibsweep.distributions.quantized_uniform import QuantizedUniform
from ibsweep.tracking import Store

TRUTHS = {"i_xt": (0.0, 2.0, 6.0, 10.0), "i_ty": (0.0, 0.5, 1.0)}  # bits
_SYMBOLS = {"i_xt": "I(X;T)", "i_ty": "I(T;Y)"}


def referee(store: Store, runs: pd.DataFrame, *, seeds: int = 3) -> pd.DataFrame:
    """Calibrate the estimators of a study as it used them.

    I(X;T) is judged on rotated Gaussians of the layer's width (its channels, if it is
    convolutional), I(T;Y) on a uniform variable of that width and its bin. Nothing is measured
    twice in a process.

    Args:
        store: Where the runs are.
        runs: Finished networks, as `Store.networks` returns them; one of each configuration is
            looked at.
        seeds: Number of samples that are drawn for each truth, ≥ 2.

    Returns:
        Columns `estimator, layer, units, samples, quantity` (`i_xt` or `i_ty`), `truth, mean,
        bias, sd, rmse` (bits), `n` (seeds).
    """
    tables = []
    for _, run in runs.drop_duplicates("configuration").iterrows():
        config = OmegaConf.to_container(OmegaConf.create(store.read_config(run["run_id"])))
        assert isinstance(config, dict)
        units = _units(store.read_weights(run["run_id"]))
        tables += [
            _judged(name, json.dumps(node), width, int(run["samples"]), seeds).assign(layer=layer)
            for name, node in config["estimator"].items()
            for layer, width in units.items()
        ]
    columns = ["estimator", "layer", "units", "samples", "quantity", "truth"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    found = [name for name in ("mean", "bias", "sd", "rmse", "n") if name in table]
    return table[[*columns, *found]].drop_duplicates(ignore_index=True)


def sentences(table: pd.DataFrame) -> list[str]:
    """Say what `referee` found, one sentence for each estimator, layer and quantity.

    Args:
        table: As `referee` returns it.

    Example:
        >>> row = {"estimator": "kl", "layer": "layer_1", "units": 10, "samples": 4096}
        >>> row |= {"quantity": "i_xt", "truth": 9.0, "mean": 8.12, "sd": 0.2}
        >>> sentences(pd.DataFrame([row]))
        ['kl, layer_1, I(X;T): at N = 4096, d = 10 it reads 8.12 ± 0.20 bits where the truth is 9']
    """
    lines = []
    for named, cells in table.groupby(
        ["estimator", "layer", "quantity", "samples", "units"], sort=False
    ):
        estimator, layer, quantity, samples, units = named
        reads = [
            f"{row.mean:.2f} ± {row.sd:.2f} bits where the truth is {row.truth:g}"
            for row in cells.drop(columns=["samples"]).itertuples(name="Cell")
        ]
        lines.append(
            f"{estimator}, {layer}, {_SYMBOLS[quantity]}: at N = {samples}, d = {units} it reads"
            f" {', '.join(reads)}"
        )
    return lines


def _units(weights: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Return the width of every layer: the length of its bias at each snapshot."""
    end = ".bias"
    return {
        name.removesuffix(end): values.shape[1]
        for name, values in weights.items()
        if name.endswith(end)
    }


@functools.lru_cache(maxsize=256)
def _judged(name: str, node: str, units: int, samples: int, seeds: int) -> pd.DataFrame:
    """Calibrate one estimator at one width."""
    estimator = pair_estimator(json.loads(node), f"estimator.{name}")
    rows = []
    for quantity, truths in TRUTHS.items():
        for truth in truths:
            law = _law(quantity, truth, units)
            for seed in range(seeds):
                pair = law.sample(samples, np.random.default_rng(seed))
                rows.append(
                    measure(pair, {name: estimator}).assign(quantity=quantity, truth=truth)
                )
    found = pd.concat(rows, ignore_index=True).assign(units=units, samples=samples)
    return summarize(found, ["estimator", "units", "samples", "quantity", "truth"])


def _law(quantity: str, truth: float, units: int) -> Distribution:
    if quantity == "i_ty":
        return QuantizedUniform(information=truth, features=units)
    return Normal(dims=(units, units), information=truth, rotated=True)
