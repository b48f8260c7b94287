"""An interrupted training goes on where it was, bit-equal to one that was not."""

import dataclasses
import logging
import os
import socket
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
import torch

from ibsweep.learning.checkpoints import (
    Checkpoints,
    checkpoint_epoch,
    remove_checkpoint,
    remove_partials,
)
from ibsweep.learning.trainer import train
from tests.learning.test_trainer import OPTIONS, ensemble

EPOCHS, STOPPED = 6, 4


class Interrupted(Exception):
    pass


def stop(fraction):
    if fraction >= STOPPED / EPOCHS:
        raise Interrupted


def parts_of(seeds, *kind, optimizer="adam"):
    options = dataclasses.replace(OPTIONS, epochs=EPOCHS, optimizer=optimizer, sgd_momentum=0.9)
    return ensemble(seeds, *kind, options=options, snapshots=np.array([0, 2, 5, EPOCHS]))


def interrupt(folder, parts, names):
    with pytest.raises(Interrupted):
        train(parts, stop, checkpoints=Checkpoints(folder, names, seconds=0))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(
    "kind",
    [
        ("relu", "none", "init"),
        ("tanh", "dropout", "init"),
        ("prelu", "dropout", "all"),
        ("elu", "l2", "init_and_batches"),
    ],
    ids="-".join,
)
def test_going_on_is_bit_equal_in_any_company(tmp_path, kind, optimizer):
    seeds = [3, 8, 5, 9, 7]
    undisturbed = train(parts_of(seeds, *kind, optimizer=optimizer)).weights
    interrupt(tmp_path, parts_of(seeds, *kind, optimizer=optimizer), [f"s{s}" for s in seeds])
    assert {checkpoint_epoch(tmp_path, f"s{seed}") for seed in seeds} == {STOPPED}
    rest = [7, 3, 5, 8]
    going_on = Checkpoints(tmp_path, [f"s{seed}" for seed in rest], epoch=STOPPED)
    finished = train(parts_of(rest, *kind, optimizer=optimizer), checkpoints=going_on).weights
    for member, seed in enumerate(rest):
        assert torch.equal(finished[:, member], undisturbed[:, seeds.index(seed)])


def test_a_single_network_with_its_fillers_goes_on_too(tmp_path):
    undisturbed = train(parts_of([4] * 4)).weights
    interrupt(tmp_path, parts_of([4] * 4), ["one"])
    going_on = Checkpoints(tmp_path, ["one"], epoch=STOPPED)
    assert torch.equal(train(parts_of([4] * 4), checkpoints=going_on).weights, undisturbed)


def test_a_divergence_before_the_interruption_is_remembered(tmp_path):
    parts = parts_of(range(4))
    wild = [
        m._replace(learning_rate=1e30 if i == 1 else 4e-4) for i, m in enumerate(parts.members)
    ]
    parts = dataclasses.replace(parts, members=wild)
    names = list("abcd")
    interrupt(tmp_path, parts, names)
    going_on = Checkpoints(tmp_path, names, epoch=STOPPED)
    assert train(parts, checkpoints=going_on).failed == {1: 1}


def test_a_damaged_checkpoint_means_a_new_start_and_a_warning(tmp_path, caplog):
    interrupt(tmp_path, parts_of(range(4)), list("abcd"))
    path = tmp_path / "b.npz"
    path.write_bytes(path.read_bytes()[:500])
    with caplog.at_level(logging.WARNING):
        assert checkpoint_epoch(tmp_path, "b") == 0
    assert "b.npz cannot be read" in caplog.text
    assert checkpoint_epoch(tmp_path, "a") == STOPPED


def test_what_a_dead_process_left_half_written_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here, elsewhere, start = socket.gethostname(), "elsewhere.example.org", time.time()
    own = f"{os.getpid()}-{psutil.Process().create_time():.0f}"
    dead = [f"a.{here}.{ended.pid}-{start:.0f}", f"a.{here}.{os.getpid()}-{start - 1e6:.0f}"]
    old = [f"b.{elsewhere}.{ended.pid}-{start:.0f}", f"b.{here}.{ended.pid}"]
    kept = [f"c.{here}.{own}", f"d.{elsewhere}.{ended.pid}-{start:.0f}", f"d.{here}.{ended.pid}"]
    dead, old, kept = ([f"{name}.partial" for name in names] for names in (dead, old, kept))
    kept.append("c.npz")
    for name in (*dead, *old, *kept):
        (tmp_path / name).touch()
    for name in old:
        os.utime(tmp_path / name, (0, 0))
    assert sorted(remove_partials(tmp_path)) == sorted(dead + old)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    assert remove_partials(tmp_path / "absent") == []


def test_checkpoints_leave_nothing_half_written_and_can_be_removed(tmp_path):
    interrupt(tmp_path, parts_of(range(4)), list("abcd"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz", "c.npz", "d.npz"]
    remove_checkpoint(tmp_path, "a")
    assert checkpoint_epoch(tmp_path, "a") == 0
