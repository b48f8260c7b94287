"""Where runs are stored: options, checked without touching disk, network or MLflow."""

from dataclasses import InitVar, dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from ibsweep import checks

_PLAIN = " +/"  # what SQLAlchemy does not quote in addresses
SCHEMES = ("sqlite", "http", "https", "postgresql")


class StoreError(OSError):
    """The store of runs cannot be used; the message says in a line which key must change."""


class NotThere(StoreError):
    """There is no such store or study; the message begins with `directory`, `uri` or `study`."""


@dataclass(frozen=True)
class TrackingOptions:
    """Where runs are stored, and how much of a curve goes to the database.

    Attributes:
        uri: Address of a tracking server (`http://…`) or database (`sqlite:///…`,
            `postgresql+psycopg2://…`); None or empty: the embedded store in `directory`.
        study: Name of the MLflow experiment that holds the networks; aggregates go to
            `<study>-summary`.
        curves: "metrics": up to 25 points of a curve are metrics, for the UI's charts; "artifact":
            only its last point is. All points are in the artifact either way.
        directory: Folder of the embedded store: `mlflow.db`, and `artifacts/` beside it. Like the
            file of `uri` it is absolute: a process that changes its folder keeps its store.
        allow_network_file_system: Whether a SQLite file may be on one, where its locks may fail.

    Args:
        here: Folder that relative addresses start from; by default the current one.

    Raises:
        ValueError: If an option breaks a rule; the message names the key.
    """

    uri: str | None
    study: str
    curves: str
    directory: Path
    allow_network_file_system: bool = False
    here: InitVar[Path | None] = None

    def __post_init__(self, here: Path | None) -> None:
        checks.choice("tracking.curves", self.curves, ("metrics", "artifact"))
        checks.truth("tracking.allow_network_file_system", self.allow_network_file_system)
        _check_study(self.study)
        if self.uri is not None and not isinstance(self.uri, str):
            raise ValueError(f"tracking.uri must be an address, got {self.uri!r}")
        if self.uri:
            _check_uri(self.uri)
        start = Path.cwd() if here is None else here
        object.__setattr__(self, "directory", start / Path(self.directory).expanduser())
        if self.uri and self.uri.startswith("sqlite"):
            scheme, _, path = self.uri.partition(":///")
            file = start / Path(unquote(path)).expanduser()
            object.__setattr__(self, "uri", f"{scheme}:///{quote(str(file), safe=_PLAIN)}")

    @classmethod
    def at(
        cls, directory: str | Path, *, study: str = "ibsweep", uri: str | None = None
    ) -> "TrackingOptions":
        """Say where a store is, with its curves as metrics, too.

        Args:
            directory: Folder of the embedded store, if there is no `uri`.
            study: Name of the study.
            uri: Server or database.

        Raises:
            ValueError: As the options themselves.
        """
        return cls(uri or None, study, "metrics", Path(directory))

    @property
    def database(self) -> Path | None:
        """Absolute path of the SQLite file, or None if runs are stored elsewhere."""
        if not self.uri:
            return Path(self.directory).resolve() / "mlflow.db"
        if self.uri.startswith("sqlite"):
            return Path(unquote(self.uri.partition(":///")[2])).resolve()
        return None

    @property
    def address(self) -> str:
        """The store's URI as MLflow wants it."""
        if self.database is None:
            return str(self.uri)
        quoted = quote(str(self.database), safe=_PLAIN)
        plain = quoted == str(self.database)
        # with `sqlite:` MLflow would make the folder of what is quoted, too
        return f"{'sqlite' if plain else 'sqlite+pysqlite'}:///{quoted}"

    @property
    def summary_study(self) -> str:
        """Name of the experiment that holds aggregate and sweep runs."""
        return f"{self.study}-summary"


def _check_study(study: object) -> None:
    """Check that a study's name can name an experiment and a folder."""
    if not isinstance(study, str) or not study.strip() or len(study) > 200:
        raise ValueError(f"tracking.study must be a name of 1 to 200 characters, got {study!r}")
    if study.startswith("/") or ".." in study.split("/"):
        raise ValueError(f"tracking.study must not start with / or contain .., got {study!r}")
    if study.endswith("-summary"):
        raise ValueError(
            f"tracking.study must not end in -summary (that is where aggregates go), got {study!r}"
        )


def _check_uri(uri: str) -> None:
    """Check the scheme and that no secret is in the address (and repeat none in the message)."""
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise ValueError(f"tracking.uri must be an address, got {uri!r} ({error})") from error
    scheme = parts.scheme.split("+")[0]
    if "@" in parts.netloc or {"user", "password"} & parse_qs(parts.query).keys():
        names = (
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            if scheme.startswith("http")
            else "PGUSER and PGPASSWORD (MLFLOW_TRACKING_USERNAME and _PASSWORD for a server)"
        )
        raise ValueError(
            "tracking.uri must not contain a user or password: set the environment variables "
            f"{names}"
        )
    if scheme not in SCHEMES:
        raise ValueError(
            f"tracking.uri must start with one of {', '.join(SCHEMES)} or be empty, got {uri!r}"
        )
    if scheme != "sqlite":
        return
    if not uri.startswith(f"{parts.scheme}:///") or uri.endswith((":memory:", "/")):
        raise ValueError(f"tracking.uri must name a file, as in sqlite:///mlflow.db, got {uri!r}")
    if "?" in uri:
        rule = "must name a file without options (a ? in its name is %3F)"
        raise ValueError(f"tracking.uri {rule}, got {uri!r}")
