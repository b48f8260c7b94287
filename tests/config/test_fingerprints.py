import copy
import functools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibsweep.config.fingerprints import (
    NUMERICS,
    configuration_fingerprint,
    ensemble_key,
    fingerprint,
    network_fingerprint,
    run_fingerprint,
    versions,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES))
def test_the_order_of_keys_does_not_matter(values):
    assert fingerprint(values) == fingerprint(dict(reversed(values.items())))


@given(st.integers(-(2**53), 2**53))
def test_the_way_a_number_is_typed_does_not_matter(number):
    assert fingerprint({"a": number}) == fingerprint({"a": float(number)})


def test_different_values_have_different_fingerprints():
    values = [1, 2, True, "1", None, [1], {"a": 1}]
    assert len({fingerprint({"x": value}) for value in values}) == len(values)


def test_infinity_has_none():
    with pytest.raises(ValueError, match="not JSON compliant"):
        fingerprint({"a": np.inf})


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.learning_rate=0.0004"],
        ["training.learning_rate=4e-4"],
        ["tracking.study=other"],
        ["artifacts=full"],
        ["directory=elsewhere"],
        ["hydra/launcher=basic"],
        ["training.sgd_momentum=0.5"],
        ["training.weight_decay=0"],
        ["training.label_smoothing=0"],
        ["training.schedule=constant"],
        ["scheme=end_to_end"],
        ["network.normalization=none"],
        ["training.step_factor=0.5", "training.step_at=[0.1]", "training.warmup_fraction=0"],
    ],
    ids="".join,
)
def test_two_spellings_of_one_configuration_are_one_run(settings, overrides):
    assert run_fingerprint(settings(*overrides)) == run_fingerprint(settings())


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "activation=elu",
        "training.epochs=7999",
        "seeding.noise=1",
        "dtype=float64",
        "task=parity",
        "training.optimizer=adamw",
        "training.label_smoothing=0.1",
        "training.schedule=cosine",
        "scheme=layerwise",
        "network.normalization=batch",
    ],
)
def test_what_changes_the_network_changes_both(settings, override):
    assert network_fingerprint(settings(override)) != network_fingerprint(settings())
    assert run_fingerprint(settings(override)) != run_fingerprint(settings())


@pytest.mark.parametrize(
    ("part", "overrides"),
    [
        ("convolutions", ["task=digits", "network=conv_small"]),
        ("noise_numerics", ["noise=additive"]),
        ("ibsweep.regularizers", ["regularization=l2"]),
        ("ibsweep.tasks.digits", ["task=digits"]),
    ],
)
def test_new_numbers_of_a_part_make_new_networks_of_those_that_have_it(
    settings, monkeypatch, part, overrides
):
    with_it, without = settings(*overrides), settings()
    before = network_fingerprint(with_it), network_fingerprint(without)
    monkeypatch.setitem(NUMERICS, part, 99)
    assert network_fingerprint(with_it) != before[0]
    assert network_fingerprint(without) == before[1]


ALL_PARTS = [
    *("task=digits", "network=conv_small", "noise=[additive,relative,dropout]"),
    *("regularization=l1_l2", "activation=prelu", "training.engine=torch"),
]


def leaves(node, *place):
    """Yield where each number and text of nested options stands."""
    if not isinstance(node, dict | list):
        yield place
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from leaves(value, *place, key)


def with_another(values, place):
    """Copy nested options, with another value at one place."""
    values = copy.deepcopy(values)
    *path, last = place
    node = functools.reduce(lambda node, key: node[key], path, values)
    node[last] = "another"
    return values


def test_every_option_of_a_network_counts(settings):
    given = settings(*ALL_PARTS)
    groups = ("split", "network", "activation", "regularization", "snapshots", "noise")
    names = {network_fingerprint(given)}
    places = list(leaves({group: given.values[group] for group in groups}))
    for place in places:
        values = with_another(given.values, place)
        names.add(network_fingerprint(replace(given, values=values)))
    assert len(names) == len(places) + 1


@pytest.mark.parametrize(("part", "estimator"), [("autoencoders", "lossy"), ("critics", "mine")])
def test_new_numbers_of_a_part_make_new_runs_of_estimators_that_use_it(
    settings, monkeypatch, part, estimator
):
    with_it, without = settings(f"estimator=[ebab,{estimator}]"), settings("estimator=[ebab]")
    before = run_fingerprint(with_it), run_fingerprint(without), network_fingerprint(with_it)
    monkeypatch.setitem(NUMERICS, part, 99)
    assert run_fingerprint(with_it) != before[0]
    assert (run_fingerprint(without), network_fingerprint(with_it)) == before[1:]


def test_new_numbers_of_an_estimator_make_new_runs_of_it_alone(settings, monkeypatch):
    names = ["ebab", "akde", "ksg", "ksg_subsampled", "shuffled", "kl", "lossy", "gaussian"]
    runs = {name: settings(f"estimator=[{name}]") for name in names}

    def renamed_by(module):
        before = {name: run_fingerprint(run) for name, run in runs.items()}
        with monkeypatch.context() as patch:
            patch.setitem(NUMERICS, f"ibsweep.estimators.{module}", 2)
            return {name for name, run in runs.items() if run_fingerprint(run) != before[name]}

    assert renamed_by("ebab") == {"ebab"}
    assert renamed_by("kde") == {"akde"}
    assert renamed_by("ksg") == {"ksg", "ksg_subsampled"}
    assert renamed_by("shuffled") == {"shuffled", "lossy"}
    assert renamed_by("eba") == set()


@pytest.mark.parametrize(
    "option", ["ibsweep.estimators.critics.mine", {"note": "ibsweep.estimators.critics.mine"}]
)
def test_only_targets_name_modules(option):
    assert versions({"of": [option]}) == {}


def test_a_module_that_moved_has_one_version(monkeypatch):
    monkeypatch.setitem(NUMERICS, "ibsweep.activations", 2)
    now, then = "ibsweep.networks.activations.elu", "ibsweep.activations.elu"
    expected = {"ibsweep.activations": 2}
    assert versions({"_target_": now}) == versions([{"_target_": then}]) == expected


@pytest.mark.parametrize(
    "override", ["estimator=[akde]", "estimator.ebab.bins=20", "parts=[all,test]"]
)
def test_what_changes_the_measurement_leaves_the_network(settings, override):
    assert network_fingerprint(settings(override)) == network_fingerprint(settings())
    assert run_fingerprint(settings(override)) != run_fingerprint(settings())


def test_seeds_of_one_configuration_share_its_name(settings):
    first, second = settings("seed=1"), settings("seed=2")
    assert configuration_fingerprint(first) == configuration_fingerprint(second)
    assert configuration_fingerprint(first) != configuration_fingerprint(
        settings("activation=elu")
    )
    assert configuration_fingerprint(first) != configuration_fingerprint(settings("seeding=all"))


@pytest.mark.parametrize(
    ("override", "together"),
    [
        ("seed=3", True),
        ("training.learning_rate=1e-3", True),
        ("seeding=all", True),
        ("activation=elu", False),
        ("training.epochs=10", False),
        ("network.hidden=[10,7,5,4,4]", False),
    ],
)
def test_networks_that_differ_only_in_numbers_train_together(settings, override, together):
    assert (ensemble_key(settings(override)) == ensemble_key(settings())) == together


def test_penalties_train_together_but_not_with_other_regularizers(settings):
    def key(*overrides):
        return ensemble_key(settings(*overrides))

    assert key("regularization=l2") == key("regularization=l2", "regularization.l2.penalty=0.1")
    assert key("regularization=l2") != key("regularization=l1")
    activity, name = "regularization=activity_l2", "regularization.activity_l2"
    assert key(activity) == key(activity, f"{name}.penalty=0.1")
    assert key(activity) != key(activity, f"{name}.layers=[layer_1]")
    growing = [f"{name}.growth={{factor:2,every:5,until:{most}}}" for most in (1, 2)]
    assert len({key(activity), *(key(activity, one) for one in growing)}) == 3


def test_a_penalty_that_does_not_grow_is_that_of_before_there_was_growth(settings):
    given = settings("regularization=activity_l2")
    options = dict(given.values["regularization"]["activity_l2"])
    assert options.pop("growth", "absent") is None
    older = replace(given, values={**given.values, "regularization": {"activity_l2": options}})
    assert network_fingerprint(older) == network_fingerprint(given)


def test_a_sweep_over_weight_decay_is_one_ensemble(settings):
    none, some = (
        settings("training.optimizer=adamw", f"training.weight_decay={value}")
        for value in ("0.0", "0.1")
    )
    assert ensemble_key(none) == ensemble_key(some) != ensemble_key(settings())
    assert network_fingerprint(none) != network_fingerprint(some)


def test_options_of_a_schedule_count_with_it_alone(settings):
    def name(*options):
        return network_fingerprint(settings(*(f"training.{option}" for option in options)))

    assert name("schedule=step", "step_factor=0.5") != name("schedule=step")
    assert name("schedule=step", "warmup_fraction=0.5") == name("schedule=step")
    assert name("schedule=cosine", "step_at=[0.1]") == name("schedule=cosine")
    assert ensemble_key(settings("training.schedule=cosine")) != ensemble_key(settings())


def test_a_sweep_over_label_smoothing_is_one_ensemble(settings):
    some, more = (settings(f"training.label_smoothing={value}") for value in ("0.1", "0.2"))
    assert ensemble_key(some) == ensemble_key(more)
    assert network_fingerprint(some) != network_fingerprint(more)


def test_data_count_by_content_not_by_path(settings, tmp_path):
    for name in ("a.npz", "b.npz"):
        np.savez(tmp_path / name, x=np.eye(20), y=np.arange(20) % 2)
    np.savez(tmp_path / "c.npz", x=np.eye(20), y=np.arange(20) % 4)
    first, same, other = (
        run_fingerprint(
            settings("task=arrays", f"task.path={tmp_path}/{name}.npz", "training.batch_size=8")
        )
        for name in "abc"
    )
    assert first == same != other


def test_data_that_change_within_a_process_make_other_networks(settings, tmp_path):
    names = []
    for classes in (2, 4):
        np.savez(tmp_path / "data.npz", x=np.eye(20), y=np.arange(20) % classes)
        given = settings("task=arrays", f"task.path={tmp_path}/data.npz", "training.batch_size=8")
        given.check()
        names.append(network_fingerprint(given))
        assert given.network.units[-1] == classes
    assert names[0] != names[1]
