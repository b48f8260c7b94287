"""A Hydra callback that writes down when it is called."""

import json
import os
import time
from pathlib import Path

from hydra.experimental.callback import Callback


class Recorder(Callback):
    def __init__(self, folder):
        self.folder = Path(folder)

    def _note(self, event, **facts):
        path = self.folder / f"{time.time_ns()}-{os.getpid()}.callback"
        path.write_text(json.dumps({"event": event, "pid": os.getpid(), **facts}))

    def on_multirun_start(self, config, **kwargs):
        self._note("multirun_start")

    def on_multirun_end(self, config, **kwargs):
        self._note("multirun_end")

    def on_job_start(self, config, **kwargs):
        self._note("job_start", num=config.hydra.job.num)

    def on_job_end(self, config, job_return, **kwargs):
        self._note("job_end", num=config.hydra.job.num, status=job_return.status.name)


def calls(folder):
    return [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.callback"))]
