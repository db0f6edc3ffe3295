"""Read-only SLURM commands, and parsers of partitions, accounts and times; pure."""

import re
from collections.abc import Iterable

from crystalmath_server.protocol.clusters import Partition

NAME = "core.slurm"
ONCE = "crystalmath.slurm"
"""This project's plugin, which submits a job only once; new clusters get it."""
NAMES = (NAME, ONCE)

SINFO = "sinfo --noheader --format='%P|%a|%l|%D|%T|%c|%m|%G'"
"""Prints a line for each partition and state: name, up or down, limit, nodes, state, cores, MB, GPUs."""

ACCOUNTS = "sacctmgr --noheader --parsable2 show associations user=$(id -un) format=account,qos"
"""Prints a line for each of the user's accounts with its QOS list."""

_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")
_UNSTEADY = "*~#!%$@^-+"
_NO_GPU = frozenset({"", "(null)", "N/A"})


def partitions(text: str) -> tuple[Partition, ...]:
    """Partitions in SINFO's output; other lines are ignored."""
    found: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 8 and cells[3].isdigit():
            found.setdefault(cells[0], []).append(cells)
    return tuple(_partition(name, rows) for name, rows in found.items())


def _partition(name: str, rows: list[list[str]]) -> Partition:
    nodes: dict[str, int] = {}
    for row in rows:
        state = row[4].rstrip(_UNSTEADY)
        if int(row[3]):
            nodes[state] = nodes.get(state, 0) + int(row[3])
    return Partition(
        name=name.rstrip("*"),
        default=name.endswith("*"),
        available=rows[0][1] == "up",
        time_limit_s=seconds(rows[0][2]),
        nodes=nodes,
        cores_per_node=max(_number(row[5]) for row in rows),
        memory_mb=max(_number(row[6]) for row in rows),
        gpus=next((row[7] for row in rows if row[7] not in _NO_GPU), ""),
    )


def _number(text: str) -> int:
    """A count as printed by sinfo, which writes 64+ if nodes differ."""
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else 0


def seconds(text: str) -> int | None:
    """Seconds of a [[days-]hours:]minutes:seconds time; None for "infinite" and other text."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, secs = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + secs


def accounts(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Accounts and QOS names in ACCOUNTS' output."""
    rows = [line.split("|") for line in text.splitlines() if "|" in line]
    return _unique(row[0] for row in rows), _unique(qos for row in rows for qos in row[1].split(","))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in names if word.strip()))
