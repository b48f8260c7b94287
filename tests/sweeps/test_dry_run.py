"""What a dry run says, and that it leaves no trace."""

import pytest

from tests.sweeps.test_command_line import SEQUENTIAL, TINY, command, said, store_of

SWEEP = ["-m", "activation=relu,tanh", "seed=range(2)", *TINY]


def tree(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("arguments", [SWEEP, TINY])
def test_an_empty_folder_stays_empty(tmp_path, arguments):
    text = said(command(tmp_path, *arguments, "dry_run=true"))
    assert "all to run" in text and "time: about" in text
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    said(command(folder, "-m", "activation=relu", "seed=range(2)", *SEQUENTIAL))
    return folder


def test_what_is_known_is_counted_and_nothing_changes(swept):
    before, runs = tree(swept), store_of(swept).networks()
    text = said(command(swept, *SWEEP, "dry_run=true"))
    assert "4 jobs, 2 of 4 already finished, 2 to run" in text
    assert "2 networks, 2 to train, in 2 ensembles" in text
    assert tree(swept) == before
    assert list(store_of(swept).networks()) == list(runs)


def test_another_estimator_trains_nothing(swept):
    text = said(command(swept, "-m", "seed=range(2)", "estimator=[kde]", *TINY, "dry_run=true"))
    assert "measuring 2 networks from stored weights" in text
    assert "2 networks, 0 to train" in text


def test_it_foretells_disk_and_rows(swept):
    """Both are what a run of the same options has left."""
    text = said(command(swept, "activation=elu", "dry_run=true", *TINY))
    line = next(line for line in text.splitlines() if line.startswith("leaves:"))
    megabytes, rows = (float(word.replace(",", "")) for word in line.split() if word[0].isdigit())
    store = store_of(swept)
    (run_id, _) = store.networks()["run_id"]
    client = store.connection.client
    names = client.get_run(run_id).data.metrics
    stored = sum(len(client.get_metric_history(run_id, name)) for name in names)
    files = (swept / "outputs" / "artifacts" / "ibsweep" / run_id).rglob("*")
    size = sum(path.stat().st_size for path in files if path.is_file())
    assert rows == pytest.approx(stored, rel=0.05)
    assert megabytes == pytest.approx(size / 1e6, abs=1)


def test_other_launchers_cannot_plan(tmp_path):
    done = command(tmp_path, "-m", "dry_run=true", "hydra/launcher=basic")
    assert done.returncode == 2
    assert "dry_run must be with hydra/launcher=ensemble" in done.stderr


def refusal(done):
    assert done.status == 2, done.stdout
    (line,) = done.stderr.splitlines()
    return line


def delete_study(folder):
    client = store_of(folder).connection.client
    client.delete_experiment(client.create_experiment("gone"))


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["tracking.study=gone"], "tracking.study"),
        (["tracking.study=gone", "rerun=true"], "tracking.study"),
        (["tracking.uri=http://127.0.0.1:9"], "tracking.uri"),
        (["tracking.uri=http://127.0.0.1:9", "rerun=true"], "tracking.uri"),
        (["tracking.uri=sqlite:///file/all.db"], "tracking.uri"),
        (["directory=file/results"], "directory"),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", [TINY, ["-m", "seed=0,1", *TINY], ["calibrate", "samples=50"]])
def test_what_a_run_is_refused_for_a_dry_run_is_too(typed, tmp_path, command, options, key):
    (tmp_path / "outputs").mkdir()
    (tmp_path / "file").touch()
    delete_study(tmp_path)
    before = tree(tmp_path)
    line = refusal(typed(*command, *options, "dry_run=true"))
    assert line.startswith(f"ibsweep: error: {key} must")
    assert tree(tmp_path) == before
    assert line == refusal(typed(*command, *options))
