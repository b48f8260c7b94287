"""SQLite files on a network file system are refused before anything is made."""

from pathlib import Path

import pytest

from ibsweep.tracking import StoreError, TrackingOptions
from ibsweep.tracking.file_systems import mount_of, refuse_network

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw,relatime shared:2 master:1 - nfs4 server:/home rw,vers=4.2
31 30 8:2 / /home/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/my\040data rw - fuse.sshfs me@host:/ rw
33 22 0:42 / /work rw - lustre 10.0.0.1@tcp:/work rw
34 22 8:3 / /work rw - ext4 /dev/sdc1 rw
"""


@pytest.fixture
def mounts(tmp_path):
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    return file


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/homework", "ext4"),
        ("/home/me/outputs", "nfs4"),
        ("/home/local/me", "xfs"),
        ("/mnt/my data/outputs", "fuse.sshfs"),
        ("/work/outputs", "ext4"),  # the later mount hides the earlier one
    ],
)
def test_the_innermost_and_latest_mount_counts(folder, kind):
    assert mount_of(Path(folder), MOUNTS).type == kind


def test_the_kernels_own_list_is_understood():
    own = Path("/proc/self/mountinfo")
    if not own.exists():
        pytest.skip("no /proc")
    assert mount_of(Path("/proc/self"), own.read_text()).type == "proc"


@pytest.mark.parametrize(
    ("directory", "uri", "key"),
    [
        ("/home/me/outputs", None, "directory"),
        ("/tmp", "sqlite:////home/me/mlflow.db", "tracking.uri"),
    ],
)
def test_a_file_on_a_network_is_refused_with_the_ways_out(mounts, directory, uri, key):
    options = TrackingOptions.at(directory, uri=uri)
    with pytest.raises(StoreError) as error:
        refuse_network(options, mounts)
    text = str(error.value)
    assert text.startswith(f"{key} must not put a SQLite file on a network file system")
    assert "(nfs4 at /home)" in text and "tracking=server" in text and "ibsweep merge" in text


def test_servers_local_files_and_who_takes_the_risk_are_not_refused(mounts):
    refuse_network(TrackingOptions.at("/home/me", uri="http://127.0.0.1:5000"), mounts)
    refuse_network(TrackingOptions.at("/home/local/me"), mounts)
    refuse_network(TrackingOptions(None, "ibsweep", "metrics", Path("/home/me"), True), mounts)
    refuse_network(TrackingOptions.at("/home/me"), mounts.parent / "none")
