"""Small records of made-up networks, for the tests of what happens after measuring."""

import time

import numpy as np
import pandas as pd

from ibsweep.records import Job, NetworkRecord, UsedData

LAYERS = {"layer_1": 3, "layer_2": 2, "output": 2}
EPOCHS = np.unique(np.geomspace(1, 501, 60).astype(int)) - 1
SAMPLES = 16


def make_job(seed=0, activation="relu", penalty=0.0, sweep="night") -> Job:
    """Return a job whose hashes are readable."""
    configuration = f"{activation}-{penalty}"
    return Job(
        name=f"{activation}-seed{seed}",
        parameters={"training.epochs": 500, "regularization.penalty": penalty, "seed": seed},
        choices={"activation": activation, "task": "spherical"},
        seed=seed,
        fingerprint=f"run-{configuration}-{seed}",
        training_fingerprint=f"net-{configuration}-{seed}",
        configuration=configuration,
        config=f"activation: {activation}\nseed: {seed}\n",
        sweep=sweep,
        data=UsedData(
            name="spherical",
            digest=64 * "d",
            split="stratified: 12 train, 4 test",
            samples=SAMPLES,
            features=4,
            source='{"_target_": "ibsweep.tasks.boolean.spherical"}',
        ),
    )


def make_curves(seed=0, estimators=("ebab",), parts=("all",), layers=tuple(LAYERS)):
    """Return curves that rise, each layer lower than the one before."""
    rng = np.random.default_rng(seed)
    rise = np.log1p(EPOCHS) / np.log1p(EPOCHS[-1])
    tables = [
        pd.DataFrame(
            {
                "epoch": EPOCHS,
                "layer": layer,
                "estimator": estimator,
                "part": part,
                "i_xt": 4.0 - k + 0.5 * rise / (k + 1) + 0.05 * rng.random(),
                "i_ty": (0.9 - 0.1 * k) * rise + 0.05 * rng.random(),
            }
        )
        for estimator in estimators
        for part in parts
        for k, layer in enumerate(layers)
    ]
    return pd.concat(tables, ignore_index=True)


def make_record(seed=0, *, estimators=("ebab",), parts=("all",), scores=None, **job):
    """Return the record of one network that was trained for half a minute."""
    rng = np.random.default_rng(seed)
    training = pd.DataFrame(
        {"epoch": EPOCHS, "accuracy/test": 0.5 + 0.4 * EPOCHS / 500, "loss/train": 0.3}
    )
    kept = EPOCHS[[0, 20, -1]]
    return NetworkRecord(
        job=make_job(seed, **job),
        curves=make_curves(seed, estimators, parts),
        training=training,
        scores={"ebab/compression/hidden": 0.1 * seed, "failed_to_train": 0.0} | (scores or {}),
        weights={"epochs": EPOCHS, "layer_1.weight": rng.normal(size=(len(EPOCHS), 3, 4))},
        activity={"epochs": kept}
        | {
            name: rng.normal(size=(len(kept), SAMPLES, units)).astype(np.float32)
            for name, units in LAYERS.items()
        },
        samples=SAMPLES,
        started=time.time() - 30.0,
        durations={"training": 20.0, "measuring": 10.0},
    )
