"""The data set of a run, as MLflow lists it: in the column *Dataset*, and for filters."""

import json
from typing import TYPE_CHECKING

from ibsweep.records import UsedData
from ibsweep.tracking.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import DatasetInput

DIGITS = 8  # of the digest, as many as MLflow itself shows
_TAKEN = ("UNIQUE constraint", "duplicate key")  # as SQLite and PostgreSQL say it


def log_data(connection: Connection, run_id: str, data: UsedData | None) -> None:
    """Log the data set of a run, if it is known, with the split as its context."""
    if data is not None:
        log_datasets(connection, run_id, [_dataset_input(data)])


def log_datasets(connection: Connection, run_id: str, inputs: "Sequence[DatasetInput]") -> None:
    """Log data sets; of two processes that are the first to name one, the later tries again."""
    from mlflow.exceptions import MlflowException

    try:
        connection.client.log_inputs(run_id, datasets=list(inputs))
    except MlflowException as error:
        if not any(text in str(error) for text in _TAKEN):
            raise
        connection.client.log_inputs(run_id, datasets=list(inputs))


def _dataset_input(data: UsedData) -> "DatasetInput":
    """Return a data set in MLflow's terms, with the shapes of patterns and labels or targets."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    each = [data.targets] * bool(data.targets)  # the shape of a label is ()
    tensors = {
        "features": _tensor("float64", [-1, data.features]),
        "targets": _tensor("float64" if each else "int64", [-1, *each]),
    }
    profile = {
        "features_shape": [data.samples, data.features],
        "targets_shape": [data.samples, *each],
    }
    dataset = Dataset(
        name=data.name,
        digest=data.digest[:DIGITS],
        source_type="ibsweep task",
        source=data.source,
        schema=json.dumps({"mlflow_tensorspec": tensors}),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", data.split)])


def _tensor(dtype: str, shape: list[int]) -> str:
    """Return MLflow's specification of an array, as JSON; −1 stands for any number."""
    return json.dumps([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}])
