"""What ibsweep installs in workers of Dask."""

import distributed

RESOURCE = "ibsweep"


class OnePackage(distributed.WorkerPlugin):
    """Lets each worker, however many threads it has, run one package at a time.

    A package has a process's folder, log and number of threads to itself. Workers that come later
    get the plugin too, and packages wait until they have it.
    """

    name = "ibsweep-one-package"

    async def setup(self, worker: distributed.Worker) -> None:
        """Give a worker one place for packages."""
        await worker.set_resources(**{RESOURCE: 1})
