"""SLURM's own daemons on this machine, one node, stopped by their process ids."""

import contextlib
import os
import signal
import socket
import subprocess
import time

from tests.support.servers import free_port

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm(folder):
    """Run a controller and a node; yield the environment in which SLURM's commands find them."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    host = socket.gethostname().partition(".")[0]
    (folder / "slurm.conf").write_text(
        CONFIGURATION.format(
            host=host, controller=free_port(), node=free_port(), folder=folder, user="root"
        )
    )
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    names = ("key-file", "socket", "pid-file", "log-file", "seed-file")
    files = [f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in names]
    commands = [
        ["/usr/sbin/munged", "--foreground", "--force", *files],
        ["/usr/sbin/slurmctld", "-D"],
        ["/usr/sbin/slurmd", "-D"],
    ]
    with contextlib.ExitStack() as stack:
        for command in commands:
            stack.enter_context(_daemon(command, environment))
        _wait_for_node(environment)
        yield environment


@contextlib.contextmanager
def _daemon(command, environment):
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        time.sleep(0.5)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _wait_for_node(environment):
    for _ in range(120):
        done = subprocess.run(
            ["sinfo", "--noheader", "--format=%t"],
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
        if done.stdout.strip() == "idle":
            return
        time.sleep(0.25)
    raise TimeoutError(done.stdout + done.stderr)
