"""What one run leaves behind, from the code that makes it to the store."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class UsedData:
    """The data set that a network was trained and measured on, as a catalogue lists it.

    Attributes:
        name: The option of the group `task`, e.g. `spherical`.
        digest: SHA-256 of patterns and labels.
        split: The option of the group `split`, and the samples of each part, e.g. `stratified:
            3277 train, 819 test`.
        samples: Number of patterns.
        features: Numbers of a pattern.
        source: The task's options as JSON, without the paths of files.
        targets: Continuous ones of a pattern; 0 where it has a label.
    """

    name: str
    digest: str
    split: str
    samples: int
    features: int
    source: str
    targets: int = 0


@dataclass(frozen=True)
class Job:
    """One job of a sweep: what was asked for, before anything is computed.

    Attributes:
        name: Short readable name, e.g. `relu-l2-seed7`.
        parameters: Flattened configuration that determines the numbers, dotted key to plain value.
        choices: Option chosen in each configuration group, e.g. `activation` → `relu`.
        seed: The swept seed.
        fingerprint: Hash of all that determines the run's numbers.
        training_fingerprint: The same without the estimators: it names the trained network.
        configuration: Hash of all that determines the numbers but the seed: equal for the seeds of
            one configuration.
        config: Resolved configuration, as YAML text.
        sweep: Identifier of the sweep the job belongs to, or None for a single run.
        kind: What it leaves behind: `network`, or `calibration` (estimates of known information).
        engine: What trains its network, e.g. `compiled`; None where nothing of ours does.
        data: The data set of its network; None where it is the user's own.
    """

    name: str
    parameters: dict[str, object]
    choices: dict[str, str]
    seed: int
    fingerprint: str
    training_fingerprint: str
    configuration: str
    config: str
    sweep: str | None
    kind: str = "network"
    engine: str | None = None
    data: UsedData | None = None


@dataclass(frozen=True)
class NetworkRecord:
    """Everything that one trained and measured network leaves behind: what tracking stores.

    Attributes:
        job: What was asked for.
        curves: Columns `epoch, layer, estimator, part, i_xt, i_ty, i_ty_floor` (bits), and the
            errors and diagnostics that estimators give; one row a measurement, every snapshot; NaN
            where something was not measured.
        training: Column `epoch` and one column a metric, e.g. `accuracy/test`, `loss/train`,
            `max_activity/layer_1`; one row a snapshot.
        scores: Metric name to final value: compression scores, accuracies, flags, shares of
            estimates that cannot be right; NaN where undefined.
        weights: `epochs` of shape `(snapshots,)` and each parameter at those, shape `(snapshots,
            …)`.
        activity: `epochs` of shape `(logged snapshots,)` and each layer's noise-free activity at
            those, shape `(logged snapshots, samples, units)`; empty if none is to be logged.
        samples: Number of patterns that information was measured on.
        started: Unix time in seconds at which the training began.
        durations: Seconds spent, e.g. `training`, `measuring`, for this network (an ensemble's
            time divided by its members).
        weights_from: The run that trained this network, if this one only measured it.
    """

    job: Job
    curves: pd.DataFrame
    training: pd.DataFrame
    scores: dict[str, float]
    weights: dict[str, np.ndarray]
    activity: dict[str, np.ndarray]
    samples: int
    started: float
    durations: dict[str, float]
    weights_from: str | None = None


@dataclass(frozen=True)
class CalibrationRecord:
    """What estimators said of samples whose information is known: what tracking stores.

    Attributes:
        job: What was asked for.
        truth: The information, in bits.
        estimates: Columns `estimator, estimate, error` (bits; NaN where a method states no error),
            `seconds`, `megabytes` (by which the process grew); one row an estimator.
        scores: Further metrics, e.g. how well a compressor rebuilds what it compressed.
        samples: Number of samples.
        started: Unix time in seconds.
    """

    job: Job
    truth: float
    estimates: pd.DataFrame
    scores: dict[str, float]
    samples: int
    started: float


@dataclass(frozen=True)
class ConfigurationResult:
    """What a sweep found for one configuration, over its seeds.

    Attributes:
        name: Short readable name, e.g. `relu-l2`.
        configuration: Hash of all that determines the numbers but the seed.
        choices: Option chosen in each configuration group.
        parameters: Flattened configuration, without the seed.
        statistics: Metric name to mean over the seeds, `<name>_ci95` to the half-width of its
            95 % interval.
        curves: Mean curves: `epoch, layer, estimator, part`, and `i_xt`, `i_ty` with their `_low`
            and `_high`, in bits.
        training: Mean of the training's metrics: `epoch` and one column a metric.
    """

    name: str
    configuration: str
    choices: dict[str, str]
    parameters: dict[str, object]
    statistics: dict[str, float]
    curves: pd.DataFrame
    training: pd.DataFrame
