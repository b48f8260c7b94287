"""The names of metrics and of columns of tables: what makes a name also reads it.

| name | holds |
|---|---|
| `<estimator>[.<part>]/<quantity>/<layer>` | an estimate or diagnostic, e.g. `ebab/I_XT/output` |
| `<estimator>/compression/<layer or mean>` | a compression score, `compression_robust` likewise |
| `<estimator>/saturated/<layer>`, `<estimator>/dead_layer`, `<estimator>/atoms` | flags |
| `<estimator>/violations/<kind>` | a share of estimates that cannot be right |
| `<estimator>/onset_epoch/<layer>` | a score of the onset of compression |
| `accuracy/<part>`, `rmse/<part>`, `loss/<part>` | a metric of the training |
| `max_activity/<layer>` | another |
| `<score>_ci95`, `<score>_nan` | half an interval of a mean, how often it is undefined |
| `estimator.ebab.bins` | an option of the configuration (dots, no slash) |
"""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

OUTPUT = "output"  # the softmax layer; all others are hidden ones
TEST_ACCURACY = "accuracy/test"
ROBUST_ACCURACY = "accuracy/robust"
TEST_ERROR = "rmse/test"  # of a regression
OUTCOMES = {TEST_ACCURACY: "test accuracy", TEST_ERROR: "test RMSE"}  # in words
FAILED = "failed_to_train"
HEADLINES = ("hidden", "last")  # the compression scores of summaries
FLAGS = (FAILED, "dead_layer", "saturated", "atoms")
IDENTITY = (  # what names a run, in tables of runs
    "run_id",
    "name",
    "status",
    "seed",
    "fingerprint",
    "training_fingerprint",
    "configuration",
    "engine",
    "samples",
    "failure",
    "started",
)
_QUANTITIES = {"i_xt": "I_XT", "i_ty": "I_TY"}  # columns of curves to what metrics call them
_MEASURED = re.compile(r"([^/.]+)(?:\.[^/]+)?/(?:I_XT/|compression/|dead_layer$)")
_COMPRESSION = re.compile(r"[^/]+/compression(?:_robust)?/[^/]+")


def estimate(estimator: str, column: str, layer: str, *, part: str = "all") -> str:
    """Name the metric of a column of curves.

    Example:
        >>> estimate("ebab", "i_xt_error", "layer_1", part="train")
        'ebab.train/I_XT_error/layer_1'
    """
    quantity = _QUANTITIES.get(column[:4], column[:4]) + column[4:]
    return f"{estimator}{'' if part == 'all' else f'.{part}'}/{quantity}/{layer}"


def compression(estimator: str, layers: str = "hidden", *, robust: bool = False) -> str:
    """Name the compression score of a layer, or a mean over layers.

    Example:
        >>> compression("ebab")
        'ebab/compression/hidden'
    """
    return f"{estimator}/compression{'_robust' if robust else ''}/{layers}"


def saturated(estimator: str, layer: str) -> str:
    """Name the flag of a layer that is at its ceiling all along."""
    return f"{estimator}/saturated/{layer}"


def dead_layer(estimator: str) -> str:
    """Name the flag of a network with a layer without a score; every measured network has it."""
    return f"{estimator}/dead_layer"


def atoms(estimator: str) -> str:
    """Name the flag of a network with a layer that has atoms beside a density."""
    return f"{estimator}/atoms"


def violation(estimator: str, kind: str) -> str:
    """Name the share of estimates that cannot be right in one way."""
    return f"{estimator}/violations/{kind}"


def onset(estimator: str, quantity: str, layer: str) -> str:
    """Name what is known of the onset of a layer's compression, e.g. `onset_epoch`."""
    return f"{estimator}/{quantity}/{layer}"


def interval(score: str) -> str:
    """Name half the width of the 95 % interval of a mean."""
    return f"{score}_ci95"


def undefined(score: str) -> str:
    """Name the count of networks without a value."""
    return f"{score}_nan"


def option(estimator: str, key: str = "") -> str:
    """Name an option of an estimator, or what the names of all its options begin with.

    Example:
        >>> option("ebab", "bins"), option("ebab")
        ('estimator.ebab.bins', 'estimator.ebab.')
    """
    return f"estimator.{estimator}.{key}"


def is_compression(name: str) -> bool:
    """Say whether a name is that of a compression score.

    Example:
        >>> is_compression("ebab/compression_robust/last"), is_compression("ebab/I_XT/last")
        (True, False)
    """
    return bool(_COMPRESSION.fullmatch(name))


def is_headline(name: str) -> bool:
    """Say whether a metric belongs into summaries.

    Example:
        >>> is_headline("ebab/compression/last"), is_headline("ebab/compression/layer_1")
        (True, False)
    """
    parts = name.split("/")
    return name in OUTCOMES or (parts[1:2] == ["compression"] and parts[2] in HEADLINES)


def outcome(known: pd.DataFrame | Mapping[str, object]) -> str:
    """Return how well networks did: the name of their headline.

    Args:
        known: Table of networks, or a network's scores.

    Example:
        >>> outcome({"rmse/test": 0.3, "r2/test": 0.9}), outcome({})
        ('rmse/test', 'accuracy/test')
    """
    for name in OUTCOMES:
        if name in known and (not isinstance(known, pd.DataFrame) or known[name].notna().any()):
            return name
    return TEST_ACCURACY


def in_words(outcome: str) -> str:
    """Return what an outcome is called in sentences.

    Example:
        >>> in_words("accuracy/test"), in_words("r2/test")
        ('test accuracy', 'r2/test')
    """
    return OUTCOMES.get(outcome, outcome)


def is_estimate(name: str) -> bool:
    """Say whether a metric is an estimate of information, or the error of one."""
    return "/I_" in name


def is_flag(name: str) -> bool:
    """Say whether a metric is 1 where something is wrong with a network, 0 elsewhere."""
    return any(part in FLAGS for part in name.split("/"))


def is_parameter(name: str) -> bool:
    """Say whether a column holds an option of the configuration."""
    return "." in name and "/" not in name


def estimators(columns: Iterable[object]) -> list[str]:
    """Return the estimators that a table of networks has columns of, in its order.

    Example:
        >>> estimators(["name", "ebab/I_XT/output", "kde.train/I_XT/output", "accuracy/test"])
        ['ebab', 'kde']
    """
    matches = (_MEASURED.match(str(name)) for name in columns)
    return list(dict.fromkeys(match[1] for match in matches if match))


def measuring(columns: Iterable[object]) -> list[str]:
    """Return the estimators of `estimators`, and those that tell no information but have options.

    Example:
        >>> measuring(["ebab/I_XT/output", "estimator.geometry.largest", "geometry/nc1/output"])
        ['ebab', 'geometry']
    """
    texts = list(map(str, columns))
    optional = (text.split(".")[1] for text in texts if text.startswith("estimator."))
    described = {text.split("/")[0] for text in texts if text.count("/") > 1}
    return list(dict.fromkeys([*estimators(texts), *(x for x in optional if x in described)]))


def layers(columns: Iterable[object]) -> list[tuple[str, str]]:
    """Return every estimator with every layer that it measured, in the order of the network.

    Example:
        >>> layers(["kde/I_XT/output", "kde/I_XT/layer_10", "kde/I_XT/layer_2"])
        [('kde', 'layer_2'), ('kde', 'layer_10'), ('kde', 'output')]
    """
    parts = [name.split("/") for name in map(str, columns) if "/I_XT/" in name]
    whole = [(one[0], one[2]) for one in parts if "." not in one[0]]  # no part of the data
    return sorted(whole, key=lambda one: (one[0], one[1] == OUTPUT, len(one[1]), one[1]))


def configuration_names(networks: pd.DataFrame) -> pd.Series:
    """Return the name of each network without its seed, named `networks`.

    Args:
        networks: Columns `name` and `seed`.

    Example:
        >>> table = pd.DataFrame({"name": ["relu-l2-seed7", "mine"], "seed": [7, 0]})
        >>> configuration_names(table).tolist()
        ['relu-l2', 'mine']
    """
    pairs = zip(networks["name"], networks["seed"], strict=True)
    names = [str(name).removesuffix(f"-seed{seed}") for name, seed in pairs]
    return pd.Series(names, index=networks.index, name="networks", dtype=object)
