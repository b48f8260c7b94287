"""An app whose ensembles write down what happens to them; `python -m tests.apps.fake` runs it."""

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig

from ibsweep.launching.registration import register
from ibsweep.launching.task import Cost, EnsembleTask, Identity, Inputs, Recalled

CONF = Path(__file__).resolve().parents[2] / "conf"
log = logging.getLogger(__name__)


def note(**facts):
    folder = Path(HydraConfig.get().sweep.dir) / "notes"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.time_ns()}-{os.getpid()}.json"
    path.write_text(json.dumps({"pid": os.getpid(), **facts}))


def notes(folder):
    return [json.loads(path.read_text()) for path in sorted(Path(folder, "notes").glob("*"))]


def start(configs, progress):
    note(event="start", seeds=[config.seed for config in configs])
    trained = False

    def run(index):
        nonlocal trained
        if not trained:
            log.info("training")
            for step in range(10):
                time.sleep(configs[0].wait_s / 10)
                progress((step + 1) / 10)
            trained = True
        return job(configs[index])

    return run


def job(config):
    running = HydraConfig.get()
    note(
        event="job",
        num=running.job.num,
        seed=config.seed,
        variable=os.environ.get("IBSWEEP_TEST"),
        threads=os.environ.get("OMP_NUM_THREADS"),
    )
    if config.seed in config.fail:
        raise UnpicklableError(f"seed {config.seed}\ncannot be trained")
    tried = Path(running.sweep.dir) / f"tried-{config.seed}"
    if config.seed in config.fail_once and not tried.exists():
        tried.touch()
        raise OSError(f"seed {config.seed} cannot be written")
    marker = Path(running.sweep.dir) / f"killed-{config.seed}"
    if config.seed in config.kill or (config.seed in config.kill_once and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"seed": config.seed, "kind": config.kind, "num": running.job.num}


class UnpicklableError(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.held = time.sleep, (x for x in ())  # a generator cannot be pickled


def prepare(config):
    HydraConfig.instance().set_config(config)
    note(event="prepare")


def identify(config, seeds):
    return [identity(config, config.seed if seed is None else seed) for seed in seeds]


def identity(config, seed):
    if config.penalty < 0:
        raise ValueError(f"penalty must be ≥ 0, got {config.penalty}")
    network = f"{seed} {config.penalty}"
    return Identity(
        config.kind,
        network,
        run=f"{config.kind} {network} {config.measure}",
        store=str(HydraConfig.get().job.env_set),
    )


def recall(config, identities):
    return [
        Recalled({"known": one.run} if one.run in config.known else None, trained=False)
        for one in identities
    ]


def finish(config, results):
    note(event="finish", jobs=len(results), dir=config.hydra.sweep.dir, seed=config.seed)


task = EnsembleTask(
    run=job,
    identify=identify,
    start=start,
    prepare=prepare,
    recall=recall,
    peek=recall,
    probe=lambda configs: Cost(2.0, 0.5, 1e6, 100.0),
    summarise=finish,
    travel=lambda config, own_store: Inputs({}, None),
    move=lambda config, scratch, own_store: None,
    gather=lambda config, copies: None,
    publish=lambda config, sweep, text: None,
)


def plain(config):
    return job(config)


def exiting(config):
    raise SystemExit(3)


def returning_a_generator(config):
    return (number for number in range(3))


if __name__ == "__main__":
    register()
    settings = f"hydra.searchpath=[file://{CONF}]"
    sys.argv.append(settings)
    hydra.main(version_base="1.3", config_path="conf", config_name="config")(task)()
