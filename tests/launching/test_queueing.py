import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ibsweep.launching import queueing
from ibsweep.launching.queueing import Queue, Splitter
from ibsweep.launching.units import Unit


class Asked:
    """What a splitter was asked; ensembles of 8 networks or more have 100 s left."""

    def __init__(self, present=2):
        self.names = []
        self.called = threading.Event()
        self.splitter = Splitter(lambda: present, self._left_s, self._split)

    def _left_s(self, name):
        return {"large": 100.0, "larger": 200.0}.get(name, 3.0)

    def _split(self, name):
        self.names.append(name)
        self.called.set()


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(queueing, "POLL_S", 0.01)


def unit(name, networks):
    return Unit(name, tuple((object(),) for _ in range(networks)))


def test_ensembles_come_in_order_and_end():
    queue = Queue([unit("a", 1), unit("b", 1)], Asked().splitter)
    assert [one.name for one in queue] == ["a", "b"]


def test_what_is_to_be_run_again_comes_first():
    queue = Queue([unit("a", 1), unit("b", 1)], Asked().splitter)
    names = []
    for one in queue:
        names.append(one.name)
        queue.end(one, [unit("ar", 1)] if one.name == "a" else [])
    assert names == ["a", "ar", "b"]


def test_a_free_worker_asks_for_half_of_the_ensemble_with_most_left_once():
    asked = Asked(present=3)
    queue = Queue([unit("large", 8), unit("larger", 8)], asked.splitter)
    first, second = iter(queue), iter(queue)
    large, larger = next(first), next(second)
    with ThreadPoolExecutor(1) as pool:
        third = pool.submit(next, iter(queue))
        assert asked.called.wait(5)
        assert not third.done()
        queue.end(larger, larger.halves())
        assert third.result(5).name == "largera"
    assert asked.names == ["larger"]
    assert next(second).name == "largerb"
    assert large.name == "large"


@pytest.mark.parametrize(
    ("present", "networks", "name"),
    [(1, 8, "large"), (2, 1, "large"), (2, 8, "small")],
    ids=["no worker is free", "one network", "nearly done"],
)
def test_what_gains_nothing_is_not_split(present, networks, name):
    asked = Asked(present=present)
    queue = Queue([unit(name, networks)], asked.splitter)
    running = iter(queue)
    next(running)
    with ThreadPoolExecutor(1) as pool:
        idle = pool.submit(list, queue)
        assert not asked.called.wait(0.1)
        assert list(running) == []
        assert idle.result(5) == []


def test_the_worker_of_a_thread_that_fails_is_not_waited_for():
    queue = Queue([unit("large", 8)], Asked(present=1).splitter)

    def fail():
        for _ in queue:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(queue) == []


def test_nothing_is_given_out_after_the_end():
    queue = Queue([unit("a", 1), unit("b", 1)], Asked().splitter)
    with queue.closing():
        next(iter(queue))
    assert list(queue) == []


def test_gain_is_that_of_half_the_networks_with_the_overhead_of_an_ensemble():
    splitter = Splitter(lambda: 2, lambda name: 64.0, lambda name: None)
    assert splitter.gain_s(unit("0", 24)) == 64.0 * 12 / 32
    assert splitter.gain_s(unit("0", 1)) == 0
