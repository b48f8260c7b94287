"""Statistics over seeds, from what tracking stored: tables, mean curves, intervals."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ibsweep import names
from ibsweep.analysis.naming import configuration_names
from ibsweep.records import ConfigurationResult

_CURVE = ["epoch", "layer", "estimator", "part"]
UNDERSAMPLED = "undersampled"  # a detail of estimators that count
_QUANTITIES = ("i_xt", "i_ty", "i_ty_floor")


class MeanInterval(NamedTuple):
    """Mean of a sample and its 95 % confidence interval by Student's t.

    Attributes:
        mean: Mean of the values that are not NaN; NaN if there are none.
        half_width: Half the interval's width; NaN for fewer than two values.
        undefined: How many values are NaN.
    """

    mean: float
    half_width: float
    undefined: int


def mean_interval(values: pd.Series) -> MeanInterval:
    """Return mean and 95 % interval of the defined values, and how many are not defined.

    A score is NaN where it does not exist (a dead layer). That is a finding, not a missing
    measurement: the mean is over the networks that have one, and the count of the others is
    always given beside it.
    """
    numbers = values.astype(float)
    defined = numbers[numbers.notna()].to_numpy()
    mean = float(defined.mean()) if defined.size else np.nan
    spread = float(defined.std(ddof=1)) if defined.size > 1 else np.nan
    half_width = float(_t_quantile(defined.size)) * spread / np.sqrt(max(defined.size, 1))
    return MeanInterval(mean, half_width, int(numbers.isna().sum()))


def summarize(networks: pd.DataFrame) -> pd.DataFrame:
    """Return one row per configuration: what varies, how many seeds, and its main scores.

    Args:
        networks: Table of runs, as `Store.networks` returns it. Of several runs with one
            fingerprint the last finished one counts; a seed has failed if no run of it finished.

    Returns:
        `configuration`; the choices and parameters in which configurations differ; `n` networks,
        `failed` seeds; how many of the networks `failed_to_train`, see `scores.performance`; for
        the final test accuracy and each estimator's `hidden` and `last` score the mean,
        `<name>_ci95` (half-width of the 95 % interval over seeds) and `<name>_nan` (networks
        without a value).
    """
    scores = [name for name in networks if names.is_headline(str(name))]
    networks = networks.sort_values("started", kind="stable")
    groups = networks.groupby("configuration", sort=False)
    rows = [_summary_row(group, scores) for _, group in groups]
    columns = ["n", "failed", names.FAILED, *_columns(*scores)]
    summary = pd.DataFrame(rows, columns=columns)
    labels = varying(networks)
    return labels.reset_index().join(summary) if len(labels) else summary


def varying(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the choices in which configurations differ, and the parameters beyond those.

    Returns:
        One row per configuration (the index), one column per such choice or parameter.
    """
    seeds = networks.groupby("configuration", sort=False)
    first = seeds.first()
    choices = [name for name in choice_columns(networks) if first[name].nunique(dropna=False) > 1]
    groups = first.groupby(choices, dropna=False) if choices else first.groupby(lambda _: 0)
    extra = [
        name
        for name in parameter_columns(networks)
        if (groups[name].nunique(dropna=False) > 1).any()
        and (seeds[name].nunique(dropna=False) == 1).all()  # what varies within one is a seed
    ]
    return first[choices + extra]


def mean_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Average curves over networks.

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt, i_ty`, as `Store.read_curves`
            returns it; the networks should be the seeds of one configuration.

    Returns:
        `epoch, layer, estimator, part, n`, then the mean of each quantity in bits and its 95 %
        interval over networks, `<quantity>_low` and `<quantity>_high` (Student's t; NaN for one
        network). An undefined value makes its mean NaN. A detail `undersampled` is 1 where a
        network's is.
    """
    groups = curves.groupby(_CURVE, sort=False)
    means = groups.size().rename("n").to_frame()
    quantile = _t_quantile(means["n"])
    for name in (name for name in _QUANTITIES if name in curves):
        values = groups[name]
        complete = values.count() == means["n"]
        means[name] = values.mean().where(complete)
        half_width = quantile * values.std(ddof=1).where(complete) / np.sqrt(means["n"])
        means[f"{name}_low"] = means[name] - half_width
        means[f"{name}_high"] = means[name] + half_width
    if UNDERSAMPLED in curves:
        means[UNDERSAMPLED] = groups[UNDERSAMPLED].max()
    return means.reset_index()


def mean_training(training: pd.DataFrame) -> pd.DataFrame:
    """Average a training table over networks.

    Returns:
        `epoch`, then the mean of every metric, `<metric>_low` and `<metric>_high`: its 95 %
        interval (Student's t; NaN for one network). An undefined value makes its mean NaN.
    """
    groups = training.drop(columns="network").groupby("epoch")
    sizes = groups.size()
    complete = groups.count().eq(sizes, axis="index")
    means = groups.mean().where(complete)
    quantiles = pd.Series(_t_quantile(sizes) / np.sqrt(sizes), index=sizes.index)
    half_widths = groups.std(ddof=1).where(complete).mul(quantiles, axis="index")
    bands = [(means - half_widths).add_suffix("_low"), (means + half_widths).add_suffix("_high")]
    return pd.concat([means, *bands], axis="columns").reset_index()


def configurations(
    networks: pd.DataFrame, curves: pd.DataFrame, training: pd.DataFrame
) -> list[ConfigurationResult]:
    """Aggregate the finished networks of a sweep by configuration, ready to be stored.

    Args:
        networks: Table of runs, as `Store.networks` returns it.
        curves: Curves of the finished ones, as `Store.read_curves` returns them.
        training: Their training tables, as `Store.read_training` returns them.
    """
    done = finished_networks(networks).sort_values("started", kind="stable")
    labels = configuration_names(_base_names(networks), varying(networks))
    return [
        _configuration(
            labels[str(configuration)],
            group,
            curves[curves["network"].isin(group["run_id"])],
            training[training["network"].isin(group["run_id"])],
        )
        for configuration, group in done.groupby("configuration", sort=False)
    ]


def _base_names(networks: pd.DataFrame) -> pd.Series:
    """Return each configuration's name without the seed of the network that it is taken from."""
    return names.configuration_names(networks.groupby("configuration", sort=False).first())


def finished_networks(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the finished runs, the last of those with the same fingerprint."""
    done = networks[networks["status"] == "FINISHED"]
    return done.sort_values("started").drop_duplicates("fingerprint", keep="last").sort_index()


def failed_jobs(networks: pd.DataFrame) -> int:
    """Count the jobs that failed, and did not finish in another run."""
    failed = networks.loc[networks["status"] == "FAILED", "fingerprint"]
    return len(set(failed) - set(finished_networks(networks)["fingerprint"]))


def choice_columns(networks: pd.DataFrame) -> list[str]:
    """Return the columns that hold the choices of configuration groups: text, plain names."""
    return [
        name
        for name in networks
        if name not in names.IDENTITY
        and "." not in name
        and "/" not in name
        and pd.api.types.infer_dtype(networks[name], skipna=True) == "string"
    ]


def parameter_columns(networks: pd.DataFrame) -> list[str]:
    """Return the columns that hold parameters: dotted names without a slash."""
    return [name for name in networks if names.is_parameter(name)]


def metric_columns(networks: pd.DataFrame) -> list[str]:
    """Return the columns that hold metrics: all that are no identity, choice or parameter."""
    others = {*names.IDENTITY, *choice_columns(networks), *parameter_columns(networks)}
    numeric = networks.select_dtypes("number")
    return [name for name in numeric if name not in others]


def _summary_row(group: pd.DataFrame, scores: list[str]) -> dict[str, float]:
    """Return the numbers of one configuration."""
    done = finished_networks(group)
    row: dict[str, float] = {"n": len(done), "failed": failed_jobs(group)}
    row[names.FAILED] = done[names.FAILED].sum() if names.FAILED in done else np.nan
    for name in scores:
        row |= zip(_columns(name), mean_interval(done[name]), strict=True)
    return row


def _configuration(
    label: str, networks: pd.DataFrame, curves: pd.DataFrame, training: pd.DataFrame
) -> ConfigurationResult:
    """Aggregate the networks of one configuration."""
    first = networks.iloc[0]
    choices = {
        name: str(first[name]) for name in choice_columns(networks) if pd.notna(first[name])
    }
    parameters = {
        name: _plain(first[name])
        for name in parameter_columns(networks)
        if networks[name].nunique(dropna=False) == 1  # not a seed
    }
    statistics: dict[str, float] = {"networks": float(len(networks))}
    for name in (name for name in metric_columns(networks) if not names.is_estimate(name)):
        interval = mean_interval(networks[name])
        statistics |= {name: interval.mean, names.interval(name): interval.half_width}
    return ConfigurationResult(
        name=label,
        configuration=str(first["configuration"]),
        choices=choices,
        parameters=parameters,
        statistics=statistics,
        curves=mean_curves(curves),
        training=mean_training(training),
    )


def _plain(value: object) -> object:
    """Return a table's cell as a plain Python value."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _columns(*scores: str) -> list[str]:
    """Return the columns of scores: each with its interval and its count of undefined values."""
    return [
        column for name in scores for column in (name, names.interval(name), names.undefined(name))
    ]


def _t_quantile(n: pd.Series | int) -> np.ndarray:
    """Return the 97.5 % quantile of Student's t for samples of size n; NaN below two."""
    sizes = np.asarray(n, dtype=float)
    return stdtrit(np.where(sizes > 1, sizes - 1, np.nan), 0.975)
