"""What a paper says of a sweep: a paragraph on methods, and the references that it cites."""

from collections.abc import Mapping

import pandas as pd

from ibsweep import analysis, names
from ibsweep.analysis.headlines import counted, grouping
from ibsweep.reports.methods import estimand_of, values_of
from ibsweep.reports.references import Reference, cited, references
from ibsweep.stored.querying import runs_of
from ibsweep.tracking import Store

_SOFTWARE = {"torch": "PyTorch", "numpy": "NumPy", "mlflow": "MLflow"}
_SCORE = "chelombiev2019"  # whose eq. 6 is the compression score


def citation(store: Store, sweep: str) -> str:
    """Return a methods paragraph in LaTeX, and below it the BibTeX of all that it cites.

    Args:
        store: The store.
        sweep: The sweep's identifier.

    Raises:
        ValueError: If no network of the sweep is finished.
    """
    networks = analysis.finished_networks(store.networks(sweep=sweep))
    if networks.empty:
        raise ValueError(f"sweep must have finished networks, got {sweep!r} with none")
    used: dict[str, Reference] = {}
    runs = runs_of(store, sweep=sweep)
    tags = store.sweep_tags(sweep)
    sentences = [
        _trained(runs, used),
        _software(tags, used),
        _measured(networks, _names(runs, "estimator"), used),
        _evaluated(used),
    ]
    paragraph = " ".join(sentences)
    return "\n\n".join([paragraph, *(entry.text for entry in used.values())]) + "\n"


def _trained(runs: pd.DataFrame, used: dict[str, Reference]) -> str:
    """Say what was trained, on what, and how."""
    seeds = runs.groupby("configuration")["seed"].nunique()
    counts = " to ".join(str(count) for count in sorted({seeds.min(), seeds.max()}))
    each = " for each configuration" if len(seeds) > 1 else ""
    kinds = "".join(f", {name} {_values(runs, name)}" for name in grouping(runs))
    tasks = [f"{name}{_cite(cited('task', name), used)}" for name in _names(runs, "task")]
    noises = [f"{name}{_cite(cited('noise', name), used)}" for name in _names(runs, "noise")]
    noise = [one for one in noises if not one.startswith("none")]
    bits = [name for name in _names(runs, "quantization") if name not in ("none", "own")]
    few = [f"{name}{_cite(cited('quantization', name), used)}" for name in bits]
    return (
        f"We trained {counted(len(runs), 'network')} (random seeds{each}: {counts}{kinds})"
        f" on the task {', '.join(tasks) or 'of the user'} with hidden layers"
        f" {_values(runs, 'network.hidden')} and activation {_values(runs, 'activation')}"
        f"{' and noise ' + ', '.join(noise) if noise else ''}"
        f"{' and quantization ' + ', '.join(few) if few else ''}"
        f" for {_values(runs, 'training.epochs')} epochs with"
        f" {_values(runs, 'training.optimizer')} (learning rate"
        f" {_values(runs, 'training.learning_rate')}, batches of"
        f" {_values(runs, 'training.batch_size')}"
        f"{_schemes(runs, used)})."
    )


def _schemes(runs: pd.DataFrame, used: dict[str, Reference]) -> str:
    """Say by which schemes, unless all networks are trained end to end."""
    schemes = _names(runs, "scheme")
    if not set(schemes) - {"end_to_end"}:
        return ""
    return ", scheme " + ", ".join(
        f"{name.replace('_', '-')}{_cite(cited('scheme', name), used)}" for name in schemes
    )


def _software(tags: Mapping[str, str], used: dict[str, Reference]) -> str:
    """Say by which programs, in which versions where they are stored."""
    programs = {"ibsweep": "ibsweep", **_SOFTWARE}
    each = []
    for name, shown in programs.items():
        version = tags.get(f"ibsweep.version.{name}", "")
        mark = _cite([references()[name]], used)
        each.append(f"{shown}{' ' + version if version[:1].isdecimal() else ''}{mark}")
    return f"We used {', '.join(each[:-1])} and {each[-1]}."


def _measured(networks: pd.DataFrame, estimators: list[str], used: dict[str, Reference]) -> str:
    """Say by what information was estimated, and what else described the layers."""
    kinds = names.estimators(networks)
    marks = {name: _cite(cited("estimator", name), used) for name in [*kinds, *estimators]}
    samples = int(networks["samples"].iloc[0])
    informed = "; ".join(f"{estimand_of(networks, name)}{marks[name]}" for name in kinds)
    others = ", ".join(f"{name}{marks[name]}" for name in estimators if name not in kinds)
    sentences = [
        "The mutual information of each layer with input and label was estimated in bits, on"
        f" {samples} patterns, by {informed}."
    ] * bool(informed)
    sentences += [f"Layers were also described by {others}."] * bool(others)
    return " ".join(sentences)


def _evaluated(used: dict[str, Reference]) -> str:
    """Say what a compression score is, and the statistics that ibsweep reports."""
    return (
        "The compression of a layer is 1 minus its final I(X;T) divided by its largest"
        f"{_cite([references()[_SCORE]], used, 'eq. 6')}. Intervals are 95\\,\\%: Student's t"
        " over seeds, percentile bootstrap for correlations over networks, whose p values are"
        " from permutations and adjusted by Holm's rule. Networks that were never better than a"
        " constant answer are left out of correlations, or given apart."
    )


def _cite(entries: list[Reference], used: dict[str, Reference], place: str = "") -> str:
    """Return a citation of entries, and remember that they are used."""
    used |= {entry.key: entry for entry in entries}
    where = f"[{place}]" if place else ""
    return f"~\\cite{where}{{{','.join(entry.key for entry in entries)}}}" if entries else ""


def _names(runs: pd.DataFrame, group: str) -> list[str]:
    """Return the options of a group that networks have, each once."""
    texts = runs[group].dropna() if group in runs else ()
    return sorted({name for text in texts for name in str(text).split(",")})


def _values(runs: pd.DataFrame, name: str) -> str:
    """Return the values of a column in LaTeX."""
    text = values_of(runs, name) if name in runs else "not stored"
    return text.replace("_", "\\_")
