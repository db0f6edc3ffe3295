"""Profile name, socket, lock, log and folder paths, computed identically by client and server."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from crystalmath_server.protocol.errors import NotAllowed

DEFAULT_PROFILE = "crystalmath"
"""The embedded profile, created on first use if AiiDA has no profile."""

LONGEST_SOCKET = 107
"""Longest socket path on Linux [bytes]."""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_OPEN_TO_OTHERS = 0o022


def profile_name(explicit: str | None, environ: Mapping[str, str]) -> str:
    """The AiiDA profile to serve.

    The first one set: `explicit`, $CRYSTALMATH_PROFILE, `profile` in config.toml, AiiDA's default profile,
    the embedded profile. A broken AiiDA configuration is ignored here; the server reports it.
    """
    return (
        explicit
        or environ.get("CRYSTALMATH_PROFILE")
        or _configured_profile(environ)
        or _aiida_default_profile(environ)
        or DEFAULT_PROFILE
    )


def socket_path(profile: str, environ: Mapping[str, str]) -> Path:
    """The socket of a profile: $CRYSTALMATH_SOCKET, or one in the user's runtime directory."""
    if named := environ.get("CRYSTALMATH_SOCKET"):
        return Path(named).absolute()
    path = runtime_dir(environ) / f"{_stem(profile, environ)}.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET:
        return path
    return Path("/tmp") / _private_name() / f"{_hash(str(path), 32)}.sock"  # noqa: S108  made 0700, owner checked


def lock_path(socket: Path) -> Path:
    """The file that the server of `socket` keeps locked while it runs."""
    return socket.with_name(socket.name + ".lock")


def log_path(profile: str, environ: Mapping[str, str]) -> Path:
    """The server log of a profile."""
    return state_dir(environ) / f"{_stem(profile, environ)}.log"


def runtime_dir(environ: Mapping[str, str]) -> Path:
    """$XDG_RUNTIME_DIR/crystalmath, or a private directory under the temporary directory."""
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/") and _is_own_dir(given):
        return Path(given) / "crystalmath"
    return Path(environ.get("TMPDIR") or "/tmp") / _private_name()  # noqa: S108  made 0700, owner checked


def state_dir(environ: Mapping[str, str]) -> Path:
    """Directory of logs and persistent state."""
    return _xdg_dir("XDG_STATE_HOME", ".local/state", environ)


def config_dir(environ: Mapping[str, str]) -> Path:
    """Directory of the user's settings: config.toml, themes, keys."""
    return _xdg_dir("XDG_CONFIG_HOME", ".config", environ)


def aiida_dir(environ: Mapping[str, str]) -> Path:
    """AiiDA's configuration directory, resolved by AiiDA's rules."""
    found = _home(environ) / ".aiida"
    for base in filter(None, environ.get("AIIDA_PATH", "").split(":")):
        path = _expand(base, environ)
        found = path if path.name == ".aiida" else path / ".aiida"
        if found.is_dir():
            break
    return found


def prepare_runtime_dir(path: Path) -> None:
    """Create the socket's directory, accessible only to the user.

    Raises
    ------
    NotAllowed
        The path is not a directory, belongs to another user, or is writable by others.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise _not_allowed(f"cannot make the directory {path}: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise _not_allowed(f"{path} is not a directory")
    if found.st_uid != os.getuid():
        raise _not_allowed(f"{path} belongs to user {found.st_uid}, not to you ({os.getuid()})")
    if found.st_mode & _OPEN_TO_OTHERS:
        raise _not_allowed(f"others may write in {path} (mode {stat.S_IMODE(found.st_mode):04o})")


def _not_allowed(detail: str) -> NotAllowed:
    hint = "Set XDG_RUNTIME_DIR to a directory of your own with mode 0700, or give --socket PATH in one."
    return NotAllowed(detail, field="socket", hint=hint)


def _configured_profile(environ: Mapping[str, str]) -> str:
    path = config_dir(environ) / "config.toml"
    if not path.is_file():
        return ""
    import tomllib  # rarely needed; importing it would slow down client startup

    try:
        name = tomllib.loads(path.read_text("utf-8")).get("profile", "")
    except (OSError, ValueError):
        return ""  # the server reads all settings and reports errors in the file
    return name if isinstance(name, str) else ""


def _aiida_default_profile(environ: Mapping[str, str]) -> str:
    try:
        config = json.loads((aiida_dir(environ) / "config.json").read_bytes())
        name = config.get("default_profile")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""


def _stem(profile: str, environ: Mapping[str, str]) -> str:
    """File name stem of a profile; a non-default AiiDA directory adds a hash."""
    plain = len(profile) <= 64 and not profile.startswith(".") and set(profile) <= _PLAIN
    name = profile if plain and profile else _hash(profile, 16)
    folder = aiida_dir(environ).resolve()
    return name if folder == (_own_home() / ".aiida").resolve() else f"{name}@{_hash(str(folder), 8)}"


def _hash(text: str, digits: int) -> str:
    import hashlib  # loads OpenSSL, which most starts do not need

    return hashlib.sha256(os.fsencode(text)).hexdigest()[:digits]


def _xdg_dir(variable: str, fallback: str, environ: Mapping[str, str]) -> Path:
    given = environ.get(variable, "")
    root = Path(given) if given.startswith("/") else _home(environ) / fallback
    return root / "crystalmath"


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else _own_home()


def _own_home() -> Path:
    """The home directory from the password database, regardless of $HOME."""
    import pwd  # not on every platform that imports this

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()
    except KeyError:  # a container may run a uid without a name
        return Path("/")


def _expand(path: str, environ: Mapping[str, str]) -> Path:
    return _home(environ) / path[1:].lstrip("/") if path == "~" or path.startswith("~/") else Path(path)


def _is_own_dir(path: str) -> bool:
    try:
        found = Path(path).stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _private_name() -> str:
    return f"crystalmath-{os.getuid()}"
