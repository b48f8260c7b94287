import numpy as np
import pytest
import torch
from omegaconf import open_dict

from ibsweep.config.fingerprints import run_fingerprint
from ibsweep.config.instantiation import ConfigError
from ibsweep.config.settings import Settings
from ibsweep.estimators import critics
from tests.support.idx import write_idx

RNG = np.random.default_rng(0)
NEED_MORE = {  # data from outside, more epochs, images, continuous targets
    *(
        ("task", name)
        for name in ("arrays", "mnist", "fashion_mnist", "cifar10", "cifar10_normalized")
    ),
    *(("split", name) for name in ("mnist", "cifar10")),
    ("snapshots", "saxe"),
    ("network", "autoencoder"),
    ("network", "conv"),
    ("network", "conv_small"),
    *(("task", name) for name in ("friedman", "linear_gaussian", "diabetes")),  # of targets
    ("regularization", "cs_ib"),
}


class Twice(torch.nn.Module):
    def forward(self, z):
        return 2 * z


def test_defaults_are_the_papers(settings):
    defaults = settings()
    defaults.check()
    assert len(defaults.snapshots) == 120
    assert len(defaults.split.train) == 3277
    assert list(defaults.network.layers)[-1] == "output"
    assert (defaults.training.epochs, defaults.training.batch_size) == (8000, 512)
    assert list(defaults.estimators) == ["ebab"]
    assert len(defaults.logged_epochs) == 10
    assert {0, 8000} <= set(defaults.logged_epochs.tolist())


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["seed=-1"], "seed must be an integer ≥ 0, got -1"),
        (["seed=1.5"], "seed must be an integer ≥ 0, got 1.5"),
        (["seed=nope"], "seed must be an integer ≥ 0, got 'nope'"),
        (["seed=null"], "seed must be given, got nothing"),
        (["training.epochs=0"], "training.epochs must be an integer ≥ 1, got 0"),
        (
            ["training.batch_size=4000"],
            "training.batch_size must be at most the training part's 3277 samples, got 4000",
        ),
        (
            ["training.optimizer=lbfgs"],
            "training.optimizer must be one of adam, adamw, sgd, got 'lbfgs'",
        ),
        (["+training.epoch=5"], "training.epoch must be an option of .*, got an unknown one"),
        (["snapshots=linear", "+snapshots.count=9"], "snapshots.count must be .* of linear"),
        (
            ["estimator=[wkl]", "+estimator.wkl.pair.k=9"],
            "estimator.wkl.pair.k must be an option of",
        ),
        (["+estimator.ebab.bin=9"], "estimator.ebab.bin must be an option of ebab_information"),
        (["split.train_fraction=1.2"], "split.train_fraction must be > 0 and < 1, got 1.2"),
        (
            ["network.hidden=[]"],
            r"network.hidden must be a list of at least one layer size, got \[\]",
        ),
        (["network.hidden=[3,0]"], r"network.hidden\[1\] must be an integer ≥ 1, got 0"),
        (["estimator.ebab.bins=1"], "estimator.ebab.bins must be an integer ≥ 2, got 1"),
        (
            ["estimator=[kde]", "estimator.kde.noise_variance=-1"],
            "estimator.kde.noise_variance must be > 0, got -1",
        ),
        (["estimator=[]"], "estimator must be given, got nothing"),
        (
            ["regularization=l2", "regularization.l2.penalty=-0.1"],
            "regularization.l2.penalty must be ≥ 0, got -0.1",
        ),
        (
            ["snapshots=explicit", "snapshots.at=[9000]"],
            r"snapshots.at must not go beyond the last epoch \(8000\), got 9000",
        ),
        (["task=arrays"], "task.path must name a .npz or .mat file, got nothing"),
        (["task=arrays", "task.path=absent.npz"], "task.path must name an existing file"),
        (["seeding.init=-3"], "seeding.init must be an integer ≥ 0, got -3"),
        (["parts=[validation]"], "parts must be one of all, train, test, got 'validation'"),
        (["device=tpu"], "device must be one of auto, cpu, cuda, got 'tpu'"),
        (["dtype=float16"], "dtype must be one of float32, float64, got 'float16'"),
        (
            ["training.initialization=he"],
            "training.initialization must be one of glorot, released",
        ),
        (
            ["estimator=[binning_global]", "estimator.binning_global.range_over=epoch"],
            "estimator.binning_global.range_over must be one of network, layer, got 'epoch'",
        ),
        (
            ["+regularization.l2.penalty=0.1"],
            "regularization.l2 must be an option with a _target_",
        ),
        (["+regularization.l2=0.1"], "regularization.l2 must be an option with a _target_"),
        (["activation.function._target_=torch.nn.PReLU"], "activation.*must have no parameters"),
        (["activation.function._target_=torch.nn.RReLU"], "activation.*element by element"),
        (["trusted_targets=mypackage."], "trusted_targets must be a list of prefixes"),
        (["tracking.uri=5"], "tracking.uri must be an address, got 5"),
        (["task=arrays", "task.path=5"], "task.path must name a .npz or .mat file, got 5"),
        (["directory=5"], "directory must be a folder, got 5"),
        (["parts=[train]"], "parts must contain all"),
        (["+artifacts.weights=false"], "artifacts must have the key activity_snapshots alone"),
        (["+unheard_of=1"], "unheard_of must be one of .*, got an unknown key"),
        (
            ["activation.function._target_=os.system"],
            "activation.function._target_ must start with one of ibsweep., .*got 'os.system'",
        ),
        (
            ["artifacts.activity_snapshots=few"],
            "artifacts.activity_snapshots .*must be an integer",
        ),
        (["tracking.curves=none"], "tracking.curves must be one of metrics, artifact, got 'none'"),
        (["tracking.uri=ftp://x"], "tracking.uri must start with one of"),
        (
            ["tracking.uri=http://me:secret@host"],
            "tracking.uri must not .* MLFLOW_TRACKING_USERNAME",
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_wrong_options_are_named_with_their_rule(settings, overrides, message):
    with pytest.raises(ConfigError, match=f"^{message}") as caught:
        settings(*overrides).check()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["task=mnist", "task.root="], "task.root must be a folder, got ''"),
        (["task=cifar10", "task.root=absent"], "task.root must hold data_batch_1, .* without"),
        (["split=mnist"], "split.train_samples must be < 4096, all samples, got 60000"),
        (["network=conv"], "network: needs a task of images"),
        (["measured=some"], "measured must be one of all, train, test, got 'some'"),
        (["measured=test", "parts=[all,train]"], r"parts must be measured ones .*, got train"),
        (["noise=additive", "noise.additive.noise_std=0"], "noise.additive.noise_std must be > 0"),
        (
            ["noise=[relative]", "noise.relative.sites=[layer_9]"],
            "noise.relative.sites must be one of layer_1, .*, output, got 'layer_9'",
        ),
        (["noise=dropout", "noise.dropout.sites=[]"], "noise.dropout.sites must be all or a list"),
        (
            ["+noise.l2._target_=ibsweep.learning.regularizers.l2", "+noise.l2.penalty=[1]"],
            "noise.l2._target_ must make a Noise, got Regularizer",
        ),
        (
            ["task=digits", "network=conv"],
            r"network.blocks\[1\] must leave a pixel of its input, got 3 × 3",
        ),
        (["task=digits", "network=conv", "network.blocks=[]"], "network.blocks must be a list"),
        (
            ["task=digits", "network=conv", "network.blocks=[{kernel: 3}]"],
            r"network.blocks\[0\] must have channels and only channels, kernel, padding, pool",
        ),
        (
            ["task=digits", "network=conv", "network.blocks=[{channels: 8, pool: 0}]"],
            r"network.blocks\[0\].pool must be an integer ≥ 1, got 0",
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_wrong_options_of_images_and_noise(settings, overrides, message):
    with pytest.raises(ConfigError, match=f"^{message}") as caught:
        settings(*overrides).check()
    assert "\n" not in str(caught.value)


def test_what_older_configurations_lack_acts_as_it_did(settings, composed):
    older = composed()
    with open_dict(older):
        del older["noise"], older["measured"], older["floor_snapshots"]
        del older["scheme"], older.network["normalization"]
    assert run_fingerprint(Settings.of(older)) == run_fingerprint(settings("floor_snapshots=0"))
    assert run_fingerprint(settings("noise=relative")) != run_fingerprint(settings())
    assert run_fingerprint(settings("measured=test")) != run_fingerprint(settings())


def test_a_users_own_code_must_be_trusted_first(settings):
    own = ["activation.function._target_=tests.config.test_settings.Twice"]
    with pytest.raises(ConfigError, match="trusted_targets"):
        settings(*own).check()
    settings(*own, "trusted_targets=[tests.]").check()


def test_an_attribute_does_not_lead_out_of_trusted_code(settings):
    with pytest.raises(ConfigError, match="activation.function._target_ must start with"):
        settings("activation.function._target_=ibsweep.sweeps.app.os.getcwd").check()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_where_there_is_none(settings):
    with pytest.raises(ConfigError, match="device must be auto or cpu"):
        settings("device=cuda").check()


@pytest.mark.parametrize(
    ("seeding", "driven"),
    [
        ("init", {"init"}),
        ("init_and_batches", {"init", "batches", "noise"}),
        ("all", {"init", "batches", "split", "noise"}),
    ],
)
def test_what_the_seed_drives(settings, seeding, driven):
    seeds = settings(f"seeding={seeding}", "seed=7").seeds
    assert {stream for stream, seed in seeds.items() if seed == 7} == driven


def test_numbers_of_members_are_collected(settings):
    members = [settings("regularization=l2", f"regularization.l2.penalty={p}") for p in (0, 0.5)]
    (l2,) = members[0].regularizers(members)
    assert l2.penalty(torch.ones(2, 4)).tolist() == [0, 1]


def test_every_option_of_every_group_is_valid(settings):
    from tests.conftest import ROOT

    groups = ("task", "split", "activation", "regularization", "seeding", "training", "snapshots")
    for group in (*groups, "artifacts", "tracking", "network", "noise", "scheme"):
        for file in (ROOT / "conf" / group).glob("*.yaml"):
            if (group, file.stem) not in NEED_MORE:
                settings(f"{group}={file.stem}").check()
    estimators = ",".join(file.stem for file in (ROOT / "conf" / "estimator").glob("*.yaml"))
    brief = [f"estimator.{critic}.pair.steps=1" for critic in critics.BOUNDS]
    settings(f"estimator=[{estimators}]", *brief).check()


@pytest.mark.parametrize(
    "experiment",
    [
        *("conv_digits", "conv_mnist", "saxe_mnist", "butakov_digits", "butakov_mnist"),
        *("label_smoothing", "latent_collapse", "butakov_mnist_paper"),
    ],
)
def test_experiments_on_images_are_valid(settings, tmp_path, experiment):
    for part, samples in (("train", 200), ("t10k", 50)):
        images = RNG.integers(0, 256, (samples, 28, 28))
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", np.arange(samples) % 10)
    small = [f"task.root={tmp_path}", "split.train_samples=200", "training.batch_size=100"]
    mnist = small if "mnist" in experiment else []
    study = settings(f"+experiment={experiment}", *mnist)
    study.check()
    assert len(study.measured) == (50 if mnist else 1797)
    assert study.network.units[-1] == 10
    if experiment == "butakov_mnist_paper":
        assert study.snapshots.tolist() == list(range(301))
        assert study.training.batch_size == 100 and study.training.learning_rate == 1e-5


def test_no_noise_is_an_empty_list_of_noises(settings, composed):
    (other,) = settings("noise=[]").with_seeds(composed("noise=[]"), [7])
    assert (other.values["seed"], other.noises) == (7, [])
    assert settings("noise=[]").values == settings("noise=none").values
    assert settings("regularization=[]").values == settings("regularization=none").values


def test_other_seeds_reach_all_that_refers_to_the_seed(settings, composed):
    words = [
        "seeding.batches=${training.epochs}",
        "seeding.noise=${seeding.init}",
        "seeding.split=3",
    ]
    (other,) = settings(*words).with_seeds(composed(*words), [7])
    assert other.seeds == {"init": 7, "batches": 8000, "noise": 7, "split": 3}
    assert other.values == settings(*words, "seed=7").values


def test_home_is_where_the_tilde_points(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings("directory='~/runs'").directory == tmp_path / "runs"
    np.savez(tmp_path / "data.npz", x=np.eye(8), y=np.arange(8) % 2)
    assert settings("task=arrays", "task.path='~/data.npz'").dataset.classes == 2


@pytest.mark.parametrize(
    ("x", "rule"),
    [
        (np.eye(8) * 1e39, "cannot hold, got 1e\\+39"),
        (1 + np.arange(16.0).reshape(8, 2) * 1e-9, "makes equal, got 8 different ones"),
    ],
)
def test_patterns_must_fit_the_type_of_the_training(settings, tmp_path, x, rule):
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(8) % 2)
    own = ["task=arrays", f"task.path={tmp_path}/data.npz", "training.batch_size=4"]
    with pytest.raises(ConfigError, match=f"^dtype must be float64 .* {rule}"):
        settings(*own).check()
    settings(*own, "dtype=float64").check()


def test_continuous_patterns_of_which_a_few_coincide_by_chance_are_taken(settings, tmp_path):
    x = np.random.default_rng(0).normal(size=(10_000, 1))
    assert 0 < len(x) - len(np.unique(x.astype(np.float32))) < 10
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(10_000) % 2)
    settings("task=arrays", f"task.path={tmp_path}/data.npz").check()


def test_every_class_must_be_trained_on(settings, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.eye(8), y=np.arange(8))
    with pytest.raises(ConfigError, match="^split.train_fraction must leave each class a sample"):
        settings("task=arrays", f"task.path={tmp_path}/data.npz").check()
