"""Translation of connection failures to RPC errors with the root cause and a fix."""

import socket
from collections.abc import Iterator

from crystalmath_server.protocol.errors import AccessDenied, HostKeyRefused, RpcError, TransportFailed

_LOST = frozenset(
    {"ConnectionLost", "DisconnectError", "SFTPConnectionLost", "SFTPNoConnection", "ChannelOpenError"}
)
_KEY = frozenset({"HostKeyNotVerifiable", "BadHostKeyException"})
_LOGIN = frozenset({"PermissionDenied", "AuthenticationException", "PasswordRequiredException"})
_KEY_WORDS = (
    "host key verification failed",
    "remote host identification has changed",
    "not found in known_hosts",
)
_LOGIN_WORDS = ("permission denied (", "authentication failed", "no authentication methods available")


def error_chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes; libraries wrap the root cause."""
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__


def is_lost(error: BaseException) -> bool:
    """Whether the connection itself is lost, rather than one request failing."""
    if isinstance(error, TimeoutError):
        return True
    return any(
        type(link).__name__ in _LOST or isinstance(link, ConnectionError | EOFError)
        for link in error_chain(error)
    )


def not_connected(error: BaseException, name: str) -> RpcError:
    """The RPC error that explains why `name` cannot be reached."""
    if isinstance(error, RpcError):
        return error
    links = tuple(error_chain(error))
    kinds = {type(link).__name__ for link in links}
    words = _message(error)
    low = words.lower()
    if kinds & _KEY or any(text in low for text in _KEY_WORDS):
        return HostKeyRefused(f"The key of {name} is not trusted: {words}", field="hostname")
    if kinds & _LOGIN or any(text in low for text in _LOGIN_WORDS):
        hint = f"First make this work without a password: ssh {name}. With 2FA keep a master connection open."
        return AccessDenied(f"{name} refused the login: {words}", field="hostname", hint=hint)
    return _unreachable(links, words, name)


def _unreachable(links: tuple[BaseException, ...], message: str, name: str) -> TransportFailed:
    by_hand = f"Try it manually: ssh {name}"
    if any(isinstance(link, socket.gaierror) for link in links):
        hint = "Correct the name, or add the host to ~/.ssh/config; some names need a VPN."
        return TransportFailed(f"The name {name} cannot be resolved: {message}", field="hostname", hint=hint)
    if any(isinstance(link, ConnectionRefusedError) for link in links):
        return TransportFailed(f"{name} refused the connection: {message}", field="hostname", hint=by_hand)
    if any(isinstance(link, TimeoutError) for link in links):
        detail = f"{name} did not answer in time"
        return TransportFailed(detail, field="hostname", hint=f"It may be down or need a VPN. {by_hand}")
    return TransportFailed(f"{name} cannot be reached: {message}", field="hostname", hint=by_hand)


def _message(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    for wrapped in ("Error while opening the transport: ", "Error while executing the command: "):
        text = text.removeprefix(wrapped)
    return text[:500]
