from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibsweep.launching.planning import even_sizes, makespan, split

counts = st.lists(st.integers(0, 130), min_size=1, max_size=6)
workers = st.integers(1, 9)
sizes = st.integers(1, 70)


def groups_of(counts):
    return {f"group{i}": [(i, n) for n in range(count)] for i, count in enumerate(counts)}


def finish(ensembles, workers, overhead=8.0):
    return makespan((overhead + len(ensemble) for ensemble in ensembles), workers)


@given(counts, workers, sizes)
def test_every_network_is_trained_once(counts, workers, max_size):
    groups = groups_of(counts)
    ensembles = split(groups, workers, max_size=max_size)
    assert sorted(chain(*ensembles)) == sorted(chain(*groups.values()))


@given(counts, workers, sizes)
def test_an_ensemble_is_of_one_group_in_order_and_not_too_large(counts, workers, max_size):
    for ensemble in split(groups_of(counts), workers, max_size=max_size):
        assert 1 <= len(ensemble) <= max_size
        assert len({group for group, _ in ensemble}) == 1
        assert list(ensemble) == sorted(ensemble)


@given(counts, workers, sizes)
def test_no_later_than_one_ensemble_per_worker_and_group(counts, workers, max_size):
    naive = []
    for count in filter(None, counts):
        parts = min(count, max(workers, -(-count // max_size)))
        naive += [range(size) for size in even_sizes(count, parts)]
    ensembles = split(groups_of(counts), workers, max_size=max_size)
    assert finish(ensembles, workers) <= finish(naive, workers)


@given(counts, workers, sizes)
def test_the_largest_ensembles_start_first(counts, workers, max_size):
    lengths = [len(ensemble) for ensemble in split(groups_of(counts), workers, max_size=max_size)]
    assert lengths == sorted(lengths, reverse=True)


@given(st.integers(1, 200), st.integers(1, 20))
def test_even_sizes_differ_by_one_at_most(count, parts):
    sizes = even_sizes(count, parts)
    assert sum(sizes) == count and max(sizes) - min(sizes) <= 1


def test_both_workers_are_busy_to_the_end():
    ensembles = split(groups_of([50, 50, 50]), workers=2)
    assert finish(ensembles, 2) == pytest.approx((150 + 8 * len(ensembles)) / 2)
    assert finish(ensembles, 2) <= finish([range(25)] * 6, 2)


def test_one_large_group_fills_all_workers():
    assert [len(e) for e in split(groups_of([150]), workers=2)] == [38, 38, 37, 37]


def test_one_worker_gets_the_fewest_ensembles():
    assert [len(e) for e in split(groups_of([50, 50]), workers=1)] == [50, 50]


def test_many_groups_are_planned_in_a_moment(benchmark_limit_s=2.0):
    import time

    started = time.perf_counter()
    split(groups_of([3] * 500), workers=16)
    assert time.perf_counter() - started < benchmark_limit_s


@pytest.mark.parametrize("options", [{"workers": 0}, {"workers": 2, "max_size": 0}])
def test_limits_must_be_positive(options):
    with pytest.raises(ValueError, match="must be an integer ≥ 1, got 0"):
        split(groups_of([3]), **options)
