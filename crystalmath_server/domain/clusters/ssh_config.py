"""Hosts of an ssh configuration file: what OpenSSH's rule "the first value wins" makes of them; pure."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from crystalmath_server.protocol.clusters import SshHost

Include = Callable[[str], Sequence[str]]
"""Pattern of an Include line → texts of the files that it names."""

_DEEPEST = 16
_OFF = frozenset({"", "no", "none"})


@dataclass(frozen=True, slots=True)
class Block:
    """Host patterns and the settings under them; a Match block has no patterns here and fits nothing."""

    patterns: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]


def blocks(text: str, include: Include, depth: int = 0) -> tuple[Block, ...]:
    """The blocks of a file and of those it includes, in order."""
    found: list[Block] = []
    patterns: tuple[str, ...] = ("*",)
    for key, value in _lines(text):
        if key == "host":
            patterns = tuple(_words(value))
            found.append(Block(patterns, ()))
        elif key == "match":
            patterns = ("*",) if value.strip().lower() == "all" else ()
        elif key == "include" and depth < _DEEPEST:
            inner = [
                block
                for name in _words(value)
                for part in include(name)
                for block in blocks(part, include, depth + 1)
            ]
            found += inner if patterns else []
        else:
            found.append(Block(patterns, ((key, value),)))
    return tuple(found)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for raw in text.splitlines():
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, _, value = (
            stripped.replace("=", " ", 1).partition(" ")
            if "=" in stripped.split()[0]
            else stripped.partition(" ")
        )
        yield key.lower(), value.strip().removeprefix("=").strip().strip('"')


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def lookup(found: Sequence[Block], name: str) -> dict[str, str]:
    """Setting → value of a host, names in small letters."""
    settings: dict[str, str] = {}
    for block in found:
        if _fits(block.patterns, name):
            for key, value in block.settings:
                settings.setdefault(key, value)
    return settings


def _fits(patterns: Sequence[str], name: str) -> bool:
    if any(pattern.startswith("!") and fnmatchcase(name, pattern[1:]) for pattern in patterns):
        return False
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def names(found: Sequence[Block]) -> tuple[str, ...]:
    """Hosts that are named in full, in order."""
    return tuple(
        dict.fromkeys(
            pattern for block in found for pattern in block.patterns if not set(pattern) & set("*?!")
        )
    )


def host(found: Sequence[Block], name: str, user: str) -> SshHost:
    """One host as it would be connected to; `user` is the name on this machine."""
    settings = lookup(found, name)
    port = settings.get("port", "22")
    jump = settings.get("proxyjump", "")
    return SshHost(
        name=name,
        hostname=settings.get("hostname", name).replace("%h", name),
        user=settings.get("user", user),
        port=int(port) if port.isdigit() else 22,
        proxy_jump="" if jump.lower() in _OFF else jump,
        master=settings.get("controlpath", "").lower() not in _OFF,
    )
