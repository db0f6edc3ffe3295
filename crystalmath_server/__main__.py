"""argv → run | start | stop | status | logs | sockname | openrpc; kept light for worker processes."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crystalmath_server import __version__
from crystalmath_server.protocol import endpoint
from crystalmath_server.protocol.errors import ConnectionLost, EngineUnavailable, InternalError, RpcError

OK, ERROR, NOT_RUNNING = 0, 1, 3

NEEDED = ("anyio", "orjson", "pydantic", "jsonrpcserver", "aiida", "atomate2", "pymatgen")
START_S = 20.0
"""How long a server may take to give its first response [s]."""

EPILOG = """commands:
  run       run the server (default), in the background unless --foreground is given
  start     run the server in the background and wait until it responds
  stop      finish requests in flight and stop the server; jobs keep running
  status    show the state of the server and its components
  logs      show the end of the log; -n LINES, -f to follow
  sockname  print the path of the socket
  openrpc   print the OpenRPC document of the API

exit status: 0 success, or a server is already running; 1 error; 2 usage error; 3 no server is running

If the server cannot start, it prints the reason to stderr and to the last line of its log.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """Parsed command-line options."""

    command: str
    profile: str
    socket: Path
    foreground: bool
    lines: int
    follow: bool
    json: bool

    @property
    def log(self) -> Path:
        """The log of this server."""
        return endpoint.log_path(self.profile, os.environ)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _options(argv)
    try:
        return _COMMANDS[options.command](options)
    except RpcError as error:
        print(f"crystalmath-server: {_describe(error)}", file=sys.stderr)
        return ERROR
    except (KeyboardInterrupt, BrokenPipeError):
        sys.stderr.close()  # nobody reads stderr now; suppress the traceback at exit
        return ERROR


def _options(argv: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        "crystalmath-server",
        description="The daemon of crystalmath: AiiDA and atomate2 behind a Unix socket.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=tuple(_COMMANDS), default="run", metavar="COMMAND")
    parser.add_argument("--profile", metavar="NAME", help="AiiDA profile to serve")
    parser.add_argument("--socket", metavar="PATH", help="socket to listen on")
    parser.add_argument("--foreground", action="store_true", help="run: stay in the foreground")
    parser.add_argument("-n", "--lines", type=int, default=50, help="logs: number of lines")
    parser.add_argument("-f", "--follow", action="store_true", help="logs: follow the log as it grows")
    parser.add_argument("--json", action="store_true", help="status: as JSON")
    parser.add_argument("--version", action="version", version=f"crystalmath-server {__version__}")
    given = parser.parse_args(argv)
    profile = endpoint.profile_name(given.profile, os.environ)
    socket = Path.cwd() / given.socket if given.socket else endpoint.socket_path(profile, os.environ)
    return Options(given.command, profile, socket, given.foreground, given.lines, given.follow, given.json)


def _describe(error: RpcError) -> str:
    parts = (error.data.detail or error.message, error.data.hint)
    return "\n  ".join(part for part in parts if part)


def _run(options: Options) -> int:
    """Serve unless a server is already running; in the background unless --foreground is given.

    Clients wait for the socket: whatever is not needed to bind it runs later.
    """
    from crystalmath_server.rpc import logfile
    from crystalmath_server.rpc.claim import claim

    logfile.prepare(options.log)
    try:
        settings = _prepare()
        found = claim(options.socket)
    except RpcError as error:
        _log(options).error("cannot start: %s", _describe(error).replace("\n", " "))
        raise
    if found is None:
        print(f"a server already listens at {options.socket}", file=sys.stderr)
        return OK
    _log(options).setLevel(settings.log_level)
    if options.foreground:
        return _serve(options, settings, found)
    if _detach(options.log):
        sys.exit(_serve(options, settings, found))
    return OK


def _log(options: Options) -> Any:
    from crystalmath_server.rpc import journal

    return journal.open_log(options.log, to_terminal=options.foreground and sys.stderr.isatty())


def _prepare() -> Any:
    """Settings, after checking that all required packages are installed."""
    from importlib.util import find_spec

    from crystalmath_server import settings

    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise EngineUnavailable(
            f"the server's packages are not installed: {', '.join(missing)}",
            hint="Install them: pip install 'crystalmath[server]'",
        )
    return settings.load(endpoint.config_dir(os.environ) / "config.toml", os.environ)


def _detach(log: Path) -> bool:
    """Fork into the background; True in the child, False in the original process.

    The socket is already bound, so the caller may connect as soon as the original process exits.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        return False
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_APPEND)
    for target, source in enumerate((nothing, written, written)):
        os.dup2(source, target)
    return True


def _serve(options: Options, settings: Any, claim: Any) -> int:
    """Serve; heavy imports start here, when the socket already accepts connections."""
    import gc
    import logging

    log = logging.getLogger("crystalmath_server")
    try:
        claim.announce()
        log.info("pid %d serves profile %s at %s", os.getpid(), options.profile, options.socket)
        gc.disable()  # a collection during imports frees nothing and costs time
        from crystalmath_server.bootstrap import run

        run(settings, options.profile, claim)
    except Exception as error:
        log.exception("the server failed")
        reason = f"{type(error).__name__}: {error}"
        log.error("cannot continue: %s", reason)  # noqa: TRY400  the last line of the log is the reason
        raise InternalError(reason, hint=f"See {options.log}") from error
    finally:
        claim.release()
    log.info("ended")
    return OK


def _start(options: Options) -> int:
    from crystalmath_server.rpc.probe import call

    if status := _run(options):
        return status
    answer = call(options.socket, "system.status", START_S)
    print(f"pid {answer['pid']} serves profile {answer['profile']} at {answer['socket']}")
    return OK


def _stop(options: Options) -> int:
    from crystalmath_server.rpc.stop import stop

    stopped = stop(options.socket)
    print(stopped or f"no server runs at {options.socket}", file=sys.stdout if stopped else sys.stderr)
    return OK if stopped else NOT_RUNNING


def _status(options: Options) -> int:
    from crystalmath_server.rpc.probe import call

    try:
        answer = call(options.socket, "system.status")
    except ConnectionLost as error:
        print(_describe(error), file=sys.stderr)
        return NOT_RUNNING
    print(_as_json(answer) if options.json else "\n".join(_rows(answer)))
    return OK


def _rows(answer: dict[str, Any]) -> list[str]:
    """`name  value` lines of a status; a component shows its state, detail and hint."""
    rows: list[str] = []
    for name, value in answer.items():
        words = _part(value) if isinstance(value, dict) else str(value)  # pyright: ignore[reportUnknownArgumentType]
        rows.append(f"{name:<14} {words}")
    return rows


def _part(part: dict[str, str]) -> str:
    return "  ".join(word for word in (part["state"], part["detail"], part["hint"]) if word)


def _logs(options: Options) -> int:
    from crystalmath_server.rpc import logfile

    for line in logfile.tail(options.log, options.lines):
        print(line)
    if options.follow:
        for added in logfile.follow(options.log):
            print(added, end="", flush=True)
    return OK


def _sockname(options: Options) -> int:
    print(options.socket)
    return OK


def _openrpc(_options: Options) -> int:
    from crystalmath_server.rpc.openrpc import document

    print(_as_json(document()))
    return OK


def _as_json(value: object) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


_COMMANDS: dict[str, Callable[[Options], int]] = {
    "run": _run,
    "start": _start,
    "stop": _stop,
    "status": _status,
    "logs": _logs,
    "sockname": _sockname,
    "openrpc": _openrpc,
}

if __name__ == "__main__":
    sys.exit(main())
