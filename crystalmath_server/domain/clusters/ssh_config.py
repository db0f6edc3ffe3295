"""Host names in an SSH configuration file, and hosts as resolved by `ssh -G`; pure."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from crystalmath_server.protocol.clusters import SshHost

Include = Callable[[str], Sequence[str]]
"""Pattern of an Include line → texts of the matching files."""

_DEEPEST = 16
_OFF = frozenset({"", "no", "none"})
_PATTERN = frozenset("*?!")


def names(text: str, include: Include) -> tuple[str, ...]:
    """Hosts named without wildcards in Host lines, in order; resolving them is left to ssh."""
    return tuple(dict.fromkeys(_names(text, include, 0)))


def _names(text: str, include: Include, depth: int) -> Iterator[str]:
    for line in text.splitlines():
        key, values = _split(line)
        if key == "host":
            yield from (value for value in values if not _PATTERN.intersection(value))
        elif key == "include" and depth < _DEEPEST:
            for part in (part for value in values for part in include(value)):
                yield from _names(part, include, depth + 1)


def _split(line: str) -> tuple[str, list[str]]:
    """The lowercase keyword of a line and its values; `Host = x` equals `Host x`."""
    key, _, rest = line.strip().replace("\t", " ").partition(" ")
    key, equals, first = key.partition("=")
    value = f"{first} {rest}" if equals else rest.strip().removeprefix("=")
    try:
        return key.lower(), shlex.split(value, comments=True)
    except ValueError:
        return key.lower(), value.split()


def settings(answer: str) -> dict[str, str]:
    """Setting → value from the output of `ssh -G`; the first value wins."""
    found: dict[str, str] = {}
    for line in answer.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key.lower(), value.strip())
    return found


def host(found: Mapping[str, str], name: str) -> SshHost:
    """A host as ssh would connect to it."""
    return SshHost(
        name=name,
        hostname=found.get("hostname", name),
        user=found.get("user", ""),
        port=int(found.get("port", "22")),
        proxy_jump=_unless_off(found.get("proxyjump", "")),
        master=bool(_unless_off(found.get("controlpath", ""))),
    )


def jumps(proxy_jump: str) -> tuple[str, ...]:
    """Destinations of a ProxyJump line, in order and in ssh's syntax: `gate`, `ssh://me@gate:2222`."""
    parts = (part.strip().removeprefix("ssh://") for part in proxy_jump.split(","))
    return tuple(f"ssh://{part}" if "@" in part or ":" in part else part for part in parts)


def name_of(destination: str) -> str:
    """The host name in a destination."""
    place = destination.removeprefix("ssh://").rpartition("@")[2]
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0]


def _unless_off(value: str) -> str:
    return "" if value.lower() in _OFF else value
