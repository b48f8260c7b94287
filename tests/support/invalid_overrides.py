"""Wrong command lines, generated from the configuration: every option in every wrong way."""

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from tests.conftest import ROOT

CONF = ROOT / "conf"
TINY = {"training.epochs": 6, "snapshots.count": 6, "artifacts.activity_snapshots": 2}
HUGE = "1" + 40 * "0"
WRONG = {  # type of the shipped value → what is wrong in its place
    int: ["-1", "1.5", "nan", "inf", "'7'", "words", "", "null", "[1]", "{a:1}", "true", HUGE],
    float: ["-1", "nan", "inf", "-inf", "words", "", "null", "[1]", "{a:1}", "true", "1e999"],
    str: ["nonsense", "", "null", "5", "nan", "[a]", "{a:1}", "true"],
    bool: ["maybe", "5", "", "null", "[true]", "{a:1}", "nan"],
    list: ["words", "5", "", "null", "{a:1}", "[words]", "[-1]", "[nan]", "[null]", "[1.5]"],
    dict: ["words", "5", "null", "", "[1]"],
    type(None): ["5", "[a]", "{a:1}", "true", "nonsense"],
}
GROUPS = [
    name
    for entry in yaml.safe_load((CONF / "config.yaml").read_text())["defaults"]
    if isinstance(entry, dict)
    for name in entry
    if not name.startswith("override ")
]
FINE = {  # what looks wrong in this place and is not
    *(("seed", HUGE), ("task.seed", HUGE), ("learned.slope", "-1"), ("low", "5")),
    ("lossy.label_dimensions", "5"),
    *(("tracking.uri", ""), ("tracking.uri", "null"), ("tracking.study", "nonsense")),
    *(("seeding.batches", HUGE), ("seeding.split", HUGE), ("seeding.noise", HUGE)),
    *(
        (f"task.{name}", "nonsense") for name in ("inputs", "labels", "targets")
    ),  # of arrays in a file
    *(("directory", "nonsense"), ("activity_snapshots", HUGE)),
    *((f"seeding.{stream}", "5") for stream in ("init", "batches", "split", "noise")),
}
SHOWN = {  # how a value may be shown that is not shown as typed
    "": ["''", "nothing", "="],
    "[null]": ["None"],
    "null": ["None", "nothing", "null"],
    "1e999": ["inf"],
    "{a:1}": ["{'a': 1}", "{a:1}"],
    "true": ["True", "true"],
}


class Case(NamedTuple):
    """A wrong command line.

    Attributes:
        arguments: What is typed.
        key: What the message must name.
        shown: Texts, one of which the message must contain.
    """

    arguments: list[str]
    key: str
    shown: list[str]


def case(arguments: str, key: str, *shown: str) -> Case:
    """Return a case whose arguments have no spaces."""
    return Case(arguments.split(), key, list(shown))


def of_options() -> Iterator[Case]:
    """Yield each option of each file once, with each wrong value."""
    seen = set()
    for path in (path for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))):
        group, values = path.parent.name, yaml.safe_load(path.read_text())
        values.pop("defaults", None)  # Hydra's own
        listed = group in ("estimator", "noise")
        choice = f"{group}=[{path.stem}]" if listed else f"{group}={path.stem}"
        for key, default in leaves(values, group):
            last = key.rpartition(".")[2]
            same = (group, last) if group != "regularization" or last[0] == "_" else (key, "")
            if same not in seen:
                seen.add(same)
                images = ["task=digits"] if path.stem.startswith("conv") else []
                yield from wrong(key, default, choice, *images)


def of_top_level() -> Iterator[Case]:
    """Yield each option that is in no group, with each wrong value."""
    values = yaml.safe_load((CONF / "config.yaml").read_text())
    for key in values.keys() - {"defaults", "hydra"}:
        yield from wrong(key, values[key])


def of_groups() -> Iterator[Case]:
    """Yield each group with choices that it has not, and misspelt."""
    for group in GROUPS:
        for value in ("nonsense", "5", "[5]", "{a:1}", "1.5", "true"):
            yield Case([f"{group}={value}"], group, [value, value.strip("[]")])
        yield Case([f"{group}s=nonsense"], f"{group}s", [f"{group}s"])


def wrong(key: str, default: object, *choice: str) -> Iterator[Case]:
    """Yield a key with each value that is wrong for it."""
    for value in WRONG[type(default)]:
        if not any(key.endswith(end) and value == fine for end, fine in FINE):
            tail = key.rpartition(".")[2]
            yield Case([*choice, f"{key}={value}"], tail, SHOWN.get(value, [value.strip("'[]")]))


def leaves(values: object, key: str) -> Iterator[tuple[str, object]]:
    """Yield the keys of a nested mapping, dotted, with their values."""
    if isinstance(values, dict) and values:
        for name, value in values.items():
            yield from leaves(value, f"{key}.{name}")
    elif values != {} or key.count("."):
        yield key, values


UNKNOWN = [
    case("unheard_of=1", "unheard_of", "unheard_of"),
    case("+unheard_of=1", "unheard_of", "unknown"),
    case("training.epoch=5", "training.epoch", "training.epoch"),
    case("+training.epoch=5", "training", "epoch"),
    case("+network.depth=5", "network", "depth"),
    case("+task.bits=12", "task", "bits"),
    case("+estimator.ebab.bin=5", "estimator.ebab", "bin"),
    case("+regularization.l2.penalty=0.1", "regularization.l2", "penalty"),
    case("+seeding.weights=5", "seeding", "weights"),
    case("+artifacts.weights=false", "artifacts", "weights"),
    case("+tracking.password=secret", "tracking", "password"),
    case("~training.epochs", "training", "epochs"),
    case("~seed", "seed", "nothing"),
    case("~activation", "activation", "nothing"),
    case(
        "activation._target_=ibsweep.networks.activations.Nothing",
        "activation._target_",
        "Nothing",
    ),
    case("activation._target_=ibsweep.nothing.At", "activation._target_", "nothing.At"),
    case("activation._target_=torch.nn..ReLU", "activation._target_", "torch.nn..ReLU"),
    case("activation.function._target_=os.system", "activation.function._target_", "os.system"),
    case("activation.function._target_=torch.nn.Linear", "activation", "Linear", "missing"),
    case("network._target_=ibsweep.sweeps.app.os.getcwd", "network._target_", "os.getcwd"),
    case("estimator.ebab._target_=builtins.print", "estimator.ebab._target_", "builtins.print"),
    case("split.train_fraction=1.0", "split.train_fraction", "1.0"),
    case("split.train_fraction=0.00001", "split", "1e-05"),
    case("training.weight_decay=0.1", "training.weight_decay", "0.1"),
    case("training.optimizer=sgd training.weight_decay=0.1", "training.weight_decay", "0.1"),
    case("training.label_smoothing=1", "training.label_smoothing", "1"),
    case("training.batch_size=4000", "training.batch_size", "4000"),
    case("snapshots=explicit snapshots.at=[9000]", "snapshots.at", "9000"),
    case("regularization=dropout regularization.dropout.rate=1", "rate", "1"),
    case(
        "regularization=activity_l2 regularization.activity_l2.layers=[output]", "layers", "output"
    ),
    case("task=parity task.bits=17", "task.bits", "17"),
    case("task=arrays task.path=absent.npz", "task.path", "absent.npz"),
]
SWEPT = [
    case("-m seed=0,-1", "seed", "-1"),
    case("-m seed=0,x,2", "seed", "'x'"),
    case("-m seed=0,1.5", "seed", "1.5"),
    case("-m seed=range(0)", "seed", "range(0)"),
    case("-m seed=interval(0,1)", "seed", "interval"),
    case("-m seed=glob(*)", "seed", "glob"),
    case("-m activation=relu,reul,tanh", "activation", "reul"),
    case("-m activation=relu,5", "activation", "5"),
    case("-m seed=range(0,3,0)", "seed", "range(0,3,0)"),
    case("-m seed=range(0,inf)", "seed", "range(0,inf)"),
    case("-m activation=range(3)", "activation", "range(3)"),
    case("activation=[relu,tanh]", "activation", "[relu,tanh]"),
    case("-m hydra/launcher=5", "hydra/launcher", "5"),
    case("-m hydra.sweep.dir=/", "hydra.sweep.dir", "'/'"),
    case("-m hydra.job.name=my/job", "hydra.job.name", "'my/job'"),
    case("hydra.job.name=my/job", "hydra.job.name", "'my/job'"),
    case("hydra.verbose=5", "verbose", "verbose_config"),
    case("hydra.job.env_copy=[ABSENT]", "env_set", "ABSENT"),
    case("hydra.mode=SOMETIMES", "hydra.mode", "SOMETIMES"),
    case("--config-name=calibration", "--config-name", "ibsweep calibrate"),
    case("--config-name=absent", "config", "absent"),
    case("--config-dir=absent", "config directory", "absent"),
    case("-m --cfg=job", "--multirun", "--cfg"),
    case("--resolve", "--resolve", "--cfg"),
    case("--info=nonsense", "--info", "nonsense"),
    case("seed=1 --config-dir=. split.train_fraction=0.5", "overrides", "split.train_fraction"),
    case("++activation=tanh", "activation", "++activation=tanh"),
    case("~activation=5", "activation", "5"),
    case("+seed=2", "seed", "++seed=2"),
    case("-m activation=glob(x*)", "activation", "glob(x*)"),
    case("-m estimator=[ebab],[abeb]", "estimator", "abeb"),
    case("-m training.epochs=6,0,7", "training.epochs", "0"),
    case("-m training.learning_rate=1e-3,nan seed=0,1", "training.learning_rate", "nan"),
    case("-m regularization=l2 regularization.l2.penalty=0.1,-0.1", "penalty", "-0.1"),
    case("-m network.hidden=[3,2],[0]", "network.hidden[0]", "0"),
    case("-m snapshots.count=6,1", "snapshots.count", "1"),
    case("-m dtype=float32,float16", "dtype", "float16"),
    case("-m hydra/launcher=basic seed=0,-1", "seed", "-1"),
    case("-m hydra/launcher=basic training.epochs=6,0", "training.epochs", "0"),
    case("-m hydra/launcher=joblib seed=0,-1", "seed", "-1"),
    case("-m hydra/launcher=basic activation=relu,reul", "activation", "reul"),
    case("-m +experiment=a,b", "experiment", "+experiment=a,b"),
    case("-m +experiment=absent", "experiment", "absent", "unknown"),
    case("-m retries=-1", "retries", "-1"),
    case("-m fail_fast=5", "fail_fast", "5"),
    case("seed=range(3)", "multirun", "seed"),
    case("activation=relu,tanh", "multirun", "activation"),
]
LAUNCHED = [
    *(
        case(f"-m hydra.launcher.{key}={value}", key, *shown)
        for key, value, shown in [
            ("workers", "0", ["0"]),
            ("workers", "words", ["'words'"]),
            ("workers", "null", ["None"]),
            ("workers", "[2]", ["[2]"]),
            ("threads", "0", ["0"]),
            ("threads", "auto", ["'auto'"]),
            ("threads", "1.5", ["1.5"]),
            ("max_ensemble", "0", ["0"]),
            ("max_ensemble", "nan", ["nan"]),
            ("backend", "threads", ["'threads'"]),
            ("backend", "null", ["None"]),
            ("scheduler", "5", ["5"]),
            ("retries", "-1", ["-1"]),
            ("fail_fast", "maybe", ["'maybe'"]),
            ("nothing", "1", ["nothing"]),
            ("_target_", "os.system", ["os.system"]),
        ]
    ),
    case("-m +hydra.launcher.nothing=1", "hydra.launcher", "nothing"),
    case("-m hydra/launcher=absent", "hydra/launcher", "absent"),
    case("-m hydra/sweeper=absent", "hydra/sweeper", "absent"),
    case("-m hydra.sweeper.grids=5", "hydra.sweeper.grids", "5"),
    case("-m hydra.sweeper.grids=[5]", "hydra.sweeper.grids", "5"),
    case("-m hydra.sweeper.grids={a:1}", "hydra.sweeper.grids", "{a:1}"),
    case("-m hydra.sweeper.grids=[{seed:x}]", "seed", "'x'"),
    case("-m hydra.sweeper.grids=[{sed:1}]", "sed", "sed"),
    case("-m hydra.sweeper.grids=[{seed:[0,1]}]", "seed", "[0, 1]"),
    case("-m hydra.sweeper.grids=[{activation:'relu,reul'}]", "activation", "reul"),
    case("-m hydra.sweeper.params=5", "hydra.sweeper.params", "5"),
    case("-m +hydra.sweeper.params.seed='range('", "seed", "range("),
    case("-m +hydra.sweeper.nothing=1", "hydra.sweeper", "nothing"),
]
TRACKED = [
    case("tracking.uri=5", "tracking.uri", "5"),
    case("tracking.uri=ftp://x", "tracking.uri", "ftp://x"),
    case("tracking.uri=words", "tracking.uri", "words"),
    case("tracking.uri=http://", "tracking.uri", "http://"),
    case("tracking.uri=sqlite:///", "tracking.uri", "sqlite:///"),
    case("tracking.uri=sqlite://", "tracking.uri", "sqlite://"),
    case("tracking.uri=sqlite:///:memory:", "tracking.uri", "sqlite:///:memory:"),
    case("tracking.uri=file:///tmp/x", "tracking.uri", "file:///tmp/x"),
    case("tracking.uri=http://127.0.0.1:9", "tracking.uri", "127.0.0.1:9"),
    case("tracking.uri=http://127.0.0.1:99999", "tracking.uri", "127.0.0.1:99999"),
    case("tracking.uri=http://[::1", "tracking.uri", "http://[::1"),
    case("tracking.uri='http://[::1'", "tracking.uri", "http://[::1"),
    case("tracking.uri=http://me:secret@host", "tracking.uri", "MLFLOW_TRACKING_PASSWORD"),
    case("tracking.uri=https://me@host", "tracking.uri", "MLFLOW_TRACKING_USERNAME"),
    case("tracking.uri=postgresql://me:secret@host/x", "tracking.uri", "PGPASSWORD"),
    case("tracking.uri=postgresql://h/x?password=secret", "tracking.uri", "password"),
    case("tracking.uri='postgresql://h/x?password=secret'", "tracking.uri", "PGPASSWORD"),
    case("-m tracking.uri=http://me:secret@host", "tracking.uri", "MLFLOW_TRACKING_PASSWORD"),
    case("-m tracking.uri=http://127.0.0.1:9", "tracking.uri", "127.0.0.1:9"),
    case("tracking.study=a/../b", "tracking.study", "a/../b"),
    case("tracking.study=mine-summary", "tracking.study", "mine-summary"),
    case(f"tracking.study={'a' * 201}", "tracking.study", "aaa"),
    case("directory=/proc/absent", "directory", "/proc/absent"),
    case("directory=/dev/null/x", "directory", "/dev/null/x"),
]
GRAMMAR = [
    case("seed=range(", "seed=range(", "seed=range("),
    case("a=b=c", "a", "a=b=c"),
    case("seed", "seed", "seed"),
    case("=5", "=5", "=5"),
    case("seed=[1", "seed", "[1"),
    case("seed={a", "seed", "{a"),
    case("seed='1", "seed", "'1"),
    case("seed=${nothing}", "nothing", "nothing"),
    case("seed=${oc.env:ABSENT_VARIABLE}", "ABSENT_VARIABLE", "ABSENT_VARIABLE"),
    case("seed=${unheard:1}", "unheard", "unheard"),
    case("seed=${seed}", "seed", "seed"),
    case("-m seed=choice(", "seed=choice(", "seed=choice("),
    case("-m seed=range(1,2", "seed", "range(1,2"),
    case("-m seed=shuffle(range(3),5)", "seed", "shuffle"),
]
BY_HAND = [*UNKNOWN, *SWEPT, *LAUNCHED, *TRACKED, *GRAMMAR]
GENERATED = sorted(
    [*of_options(), *of_top_level(), *of_groups()], key=lambda one: one.arguments[::-1]
)
