"""config.toml and environment → frozen Settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from crystalmath_server.protocol.errors import FileUnreadable, InvalidForm
from crystalmath_server.protocol.framing import MAX_FRAME

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
TABLE = "server"
PREFIX = "CRYSTALMATH_"
_TOP_LEVEL = frozenset({"profile"})


@dataclass(frozen=True, slots=True)
class Settings:
    """User settings, from the [server] table of config.toml or from CRYSTALMATH_NAME environment variables.

    Attributes
    ----------
    idle_exit_s
        The server exits after this long without a client [s]; 0: never.
    shutdown_grace_s
        How long a stopping server waits for requests in flight [s].
    write_patience_s
        Clients that read no pending responses for this long are disconnected [s].
    max_frame
        Maximum message size from a client [bytes].
    high_water
        Unread responses above which the server stops reading from a client [bytes].
    max_clients, max_in_flight, max_in_flight_per_client
        Maximum numbers of connections, and of concurrent slow requests in total and per client.
    log_level
        DEBUG, INFO, WARNING or ERROR.
    worker_timeout_s
        Time limit of a task in the worker process [s].
    daemon_workers
        Number of workers when AiiDA's daemon is started.
    """

    idle_exit_s: float = 1800.0
    shutdown_grace_s: float = 20.0
    write_patience_s: float = 60.0
    max_frame: int = MAX_FRAME
    high_water: int = 1_048_576
    max_clients: int = 256
    max_in_flight: int = 512
    max_in_flight_per_client: int = 64
    log_level: LogLevel = "INFO"
    worker_timeout_s: float = 100.0
    daemon_workers: int = 1


_LEAST: dict[str, float] = {
    "idle_exit_s": 0,
    "shutdown_grace_s": 0,
    "write_patience_s": 0.05,
    "max_frame": 1024,
    "high_water": 1024,
    "worker_timeout_s": 0.1,
}
_KINDS: dict[str, type] = {row.name: type(row.default) for row in fields(Settings)}


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Settings from the file at `path`, if it exists; the environment takes precedence.

    Raises
    ------
    FileUnreadable, InvalidForm
        With the name of the invalid setting.
    """
    given = {name: _check(name, value, f"{TABLE}.{name}", path) for name, value in _table(path).items()}
    for name in _KINDS:
        variable = PREFIX + name.upper()
        if (text := environ.get(variable)) is not None:
            given[name] = _check(name, _from_text(name, text), variable, None)
    return replace(Settings(), **given)


def _table(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror}", field="config.toml") from error
    import tomllib  # rarely needed; importing it would delay the socket

    try:
        document = tomllib.loads(text.decode())
    except ValueError as error:
        raise InvalidForm(
            f"{path} is not valid TOML: {error}", field="config.toml", hint=f"Correct {path}."
        ) from error
    for name, value in document.items():
        if not isinstance(value, dict) and name not in (TABLE, *_TOP_LEVEL):
            raise _unknown(name, path, sorted(_TOP_LEVEL))
    table = document.get(TABLE, {})
    if not isinstance(table, dict):
        raise InvalidForm(f"[{TABLE}] in {path} is not a table", field=TABLE, hint=f"Correct {path}.")
    return table  # pyright: ignore[reportUnknownVariableType]  TOML has string keys


def _unknown(name: str, path: Path, known: list[str]) -> InvalidForm:
    detail = f"unknown setting {name!r} in {path}; known: {', '.join(known)}"
    return InvalidForm(detail, field=name, hint=f"Remove or correct it in {path}.")


def _from_text(name: str, text: str) -> object:
    kind: Callable[[str], object] = _KINDS.get(name, str)
    try:
        return kind(text)
    except ValueError:
        return text


def _check(name: str, value: object, field: str, path: Path | None) -> object:
    hint = f"Correct it in {path}." if path else f"Correct {field} in the environment."
    if path and name not in _KINDS:
        raise _unknown(f"{TABLE}.{name}", path, [f"{TABLE}.{known}" for known in _KINDS])
    if complaint := _complaint(name, value):
        raise InvalidForm(f"{field} must be {complaint}, not {value!r}", field=field, hint=hint)
    return float(value) if _KINDS[name] is float else value  # pyright: ignore[reportArgumentType]


def _complaint(name: str, value: object) -> str:
    """What a value must be; empty if it is valid."""
    if name == "log_level":
        levels = get_args(LogLevel)
        return "" if value in levels else f"one of {', '.join(levels)}"
    accepted = (int, float) if _KINDS[name] is float else (int,)
    if isinstance(value, bool) or not isinstance(value, accepted):
        return "a number" if _KINDS[name] is float else "a whole number"
    least = _LEAST.get(name, 1)
    if not least <= value < float("inf"):
        return f"{least:g} or more"
    if name == "max_frame" and value > MAX_FRAME:
        return f"{MAX_FRAME} at most"
    return ""


def settings_path(config_dir: Path) -> Path:
    """Path of the settings file."""
    return config_dir / "config.toml"


__all__ = ["Settings", "load", "settings_path"]
