"""Command-line reference, generated from the output of --help."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from functools import cache
from typing import NamedTuple

from markup import ROOT, page, table

from crystalmath_server.protocol.families import FAMILIES
from crystalmath_server.protocol.methods import METHODS
from crystalmath_tui.cli.help import EXIT_CODES
from crystalmath_tui.cli.main import COMMANDS, SHELLS, completion_text, run

SHARED = "options of all commands"
"""The help section that all commands share."""


class Entry(NamedTuple):
    """A help entry: an argument or option, and its description."""

    term: str
    text: str


class Help(NamedTuple):
    """The help of a command."""

    usage: str
    summary: str
    sections: dict[str, list[Entry]]


@cache
def printed(*words: str) -> str:
    """What a command prints to stdout."""
    out = io.StringIO()
    with redirect_stdout(out), suppress(SystemExit):
        run(words)
    return out.getvalue()


@cache
def server_help() -> str:
    """What `crystalmath-server --help` prints."""
    command = [sys.executable, "-m", "crystalmath_server", "--help"]
    environ = {"COLUMNS": "110", "PATH": "", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environ, cwd=ROOT).stdout


def completion(shell: str) -> str:
    """The completion script for a shell, as a file that the shell loads automatically."""
    return completion_text(shell)


def help_of(*words: str) -> Help:
    """The parsed help of a command."""
    head, *blocks = re.split(r"\n\n(?=[^\n]+:\n)", printed(*words, "--help").rstrip())
    usage, _, summary = head.partition("\n\n")
    named = (block.partition(":\n") for block in blocks)
    return Help(
        usage.removeprefix("usage: "),
        summary.strip(),
        {title: list(entries(body)) for title, _, body in named},
    )


def entries(body: str) -> Iterator[Entry]:
    """The entries of a section; a line with deeper indentation continues the previous entry."""
    found: list[Entry] = []
    for line in body.splitlines():
        term, _, text = line.strip().partition("  ")
        if line.startswith("   ") and found:
            found[-1] = Entry(found[-1].term, f"{found[-1].text} {line.strip()}".strip())
        elif term:
            found.append(Entry(term, text.strip()))
    yield from found


def reference() -> str:
    """Every command with its arguments and options."""
    top = help_of()
    return page(
        "Command line",
        "Every server method is a command, `crystalmath FAMILY METHOD`; a few more commands exist. "
        "Data goes to stdout, messages go to stderr.",
        f"```text\nusage: {top.usage}\n```",
        f"## Options of all commands\n\n{entry_table(top.sections['options'])}",
        f"## Exit status\n\n{exit_statuses()}",
        *(f"## crystalmath {name}\n\n{body(name)}" for name in COMMANDS),
        *(family(name) for name in FAMILIES),
        f"## crystalmath-server\n\n```text\n{server_help().rstrip()}\n```",
    )


def family(name: str) -> str:
    """The commands of a family of methods."""
    methods = [each.partition(".")[2] for each in METHODS if each.partition(".")[0] == name]
    parts = (f"### crystalmath {name} {method}\n\n{body(name, method)}" for method in methods)
    return "\n\n".join((f"## crystalmath {name}", FAMILIES[name].summary.capitalize() + ".", *parts))


def body(*words: str) -> str:
    """The reference text of a command."""
    told = help_of(*words)
    sections = (entry_table(rows) for title, rows in told.sections.items() if title != SHARED and rows)
    return "\n\n".join((f"```text\n{told.usage}\n```", told.summary, *sections))


def entry_table(rows: list[Entry]) -> str:
    """A table of arguments or options."""
    return table(("", ""), ((f"`{row.term}`", row.text) for row in rows))


def exit_statuses() -> str:
    """The exit statuses of the command line."""
    rows = (line.split(maxsplit=1) for line in EXIT_CODES.splitlines()[1:])
    return table(("status", "meaning"), ((status, meaning) for status, meaning in rows))


__all__ = ["SHARED", "SHELLS", "Entry", "Help", "completion", "help_of", "reference", "server_help"]
