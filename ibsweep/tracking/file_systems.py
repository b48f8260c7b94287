"""Which file system a folder is on: SQLite's locks do not hold on those of a network."""

import re
from pathlib import Path
from typing import NamedTuple

from ibsweep.tracking.options import StoreError, TrackingOptions

NETWORKS = (
    *(
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "lustre",
        "gpfs",
        "beegfs",
        "glusterfs",
    ),
    *("orangefs", "panfs", "pvfs2", "wekafs", "acfs", "gfs2", "ocfs2"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone"),
)
_MOUNTS = Path("/proc/self/mountinfo")


class Mount(NamedTuple):
    """A mounted file system.

    Attributes:
        folder: Where it is mounted.
        type: As the kernel names it, e.g. `ext4`.
    """

    folder: Path
    type: str


def mount_of(folder: Path, mounts: str) -> Mount | None:
    r"""Return the file system that a folder is on.

    Args:
        folder: Absolute, without symbolic links; it need not exist.
        mounts: Text of `/proc/self/mountinfo`.

    Returns:
        The file system, or None if the text does not say.

    References:
        proc_pid_mountinfo(5): the fifth field is the folder, the first after a hyphen the type;
        spaces are \040.

    Example:
        >>> mounts = "1 0 0:1 / / rw - ext4 sda rw\n2 1 0:2 / /home rw shared:1 - nfs4 host:/ rw"
        >>> mount_of(Path("/home/me/outputs"), mounts).type
        'nfs4'
    """
    innermost = None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4])
        if folder.is_relative_to(place) and (
            not innermost or Path(place).is_relative_to(innermost.folder)
        ):
            innermost = Mount(Path(place), after.split(" ")[0])  # later ones hide earlier ones
    return innermost


def refuse_network(options: TrackingOptions, mounts: Path = _MOUNTS) -> None:
    """Refuse a SQLite store on a network file system, unless the user allows it.

    Args:
        options: Of the store.
        mounts: File that lists what is mounted; where there is none, nothing is refused.

    Raises:
        StoreError: With the ways out.
    """
    if options.database is None or options.allow_network_file_system or not mounts.exists():
        return
    mount = mount_of(options.database, mounts.read_text())
    if mount and mount.type in NETWORKS:
        key = "tracking.uri" if options.uri else "directory"
        raise StoreError(
            f"{key} must not put a SQLite file on a network file system, whose locks do not hold, "
            f"got {str(options.database)!r} ({mount.type} at {mount.folder}): use a server "
            "(tracking=server), or a local store on each machine and `ibsweep merge` after; "
            "tracking.allow_network_file_system=true takes the risk"
        )
