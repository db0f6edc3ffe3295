"""State shared by all commands: general options, the connection, consent, exit status."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from crystalmath_server.protocol.errors import ErrorCode, NotAllowed, RpcError
from crystalmath_server.protocol.method import Method
from crystalmath_server.protocol.system import ProgressParams
from crystalmath_tui.cli.output import say
from crystalmath_tui.client import Client, connect_to
from crystalmath_tui.client.daemon import locate

P = TypeVar("P")
R = TypeVar("R")

DONE, ERROR, USAGE, NO_SERVER, NOT_FINISHED, INTERRUPTED = 0, 1, 2, 3, 4, 130

_USAGE_CODES = frozenset({ErrorCode.INVALID_PARAMS, ErrorCode.INVALID_FORM, ErrorCode.METHOD_NOT_FOUND})
_SERVER_CODES = frozenset(
    {
        ErrorCode.CONNECTION_LOST,
        ErrorCode.DAEMON_START_FAILED,
        ErrorCode.CALL_TIMEOUT,
        ErrorCode.VERSION_MISMATCH,
    }
)


def exit_status(error: RpcError) -> int:
    """The exit status of an error."""
    if error.code in _USAGE_CODES:
        return USAGE
    return NO_SERVER if error.code in _SERVER_CODES else ERROR


@dataclass(slots=True)
class Session:
    """General options, and a connection that opens when a command needs it."""

    profile: str | None = None
    socket: str | None = None
    as_json: bool = False
    as_csv: bool = False
    yes: bool = False
    readonly: bool = False
    mouse: bool = True
    timeout: float | None = None
    _client: Client | None = field(default=None, repr=False)

    def call(self, method: Method[P, R], params: P) -> R:
        """Call a method; connects if needed."""
        self._permit(method.name, method.effect)
        return self.client().call(method, params, self.timeout)

    def call_json(self, name: str, params: object, effect: str, seconds: float) -> object:
        """Call a method with plain JSON."""
        self._permit(name, effect)
        return self.client().call_json(name, params, self.timeout or seconds)

    def client(self) -> Client:
        """The connection, opened on first use."""
        if self._client is None:
            self._client = connect_to(
                locate(self.profile, self.socket), on_words=say, on_progress=_say_progress
            )
        return self._client

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def consent(self, name: str, question: Callable[[], str]) -> None:
        """Ask for confirmation before an action that cannot be undone.

        Raises
        ------
        NotAllowed
            There is no terminal to ask on, or the answer is no.
        """
        if self.yes:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise NotAllowed(f"{name} asks for confirmation, and there is no terminal", hint="Add --yes.")
        say(f"{question()} [y/N]")
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise NotAllowed("not confirmed; nothing was done", hint="Answer y, or add --yes.")

    def _permit(self, name: str, effect: str) -> None:
        if self.readonly and effect == "write":
            raise NotAllowed(f"{name} changes something", hint="Omit --readonly.")


def _say_progress(progress: ProgressParams) -> None:
    part = "" if progress.fraction is None else f" ({progress.fraction:.0%})"
    say(f"{progress.text}{part}")
