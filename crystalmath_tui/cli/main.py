"""argv → one command; errors → messages and exit status."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, NoReturn

from crystalmath_server import __version__
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.families import FAMILIES, family, find
from crystalmath_tui.cli import output
from crystalmath_tui.cli.options import Option, UsageError, number, one_of
from crystalmath_tui.cli.parser import parse, parse_known
from crystalmath_tui.cli.session import DONE, INTERRUPTED, USAGE, Session, exit_status

if TYPE_CHECKING:
    from crystalmath_tui.cli.parser import Parser

GENERAL = (
    Option("profile", ("--profile",), "AiiDA profile", str, "NAME"),
    Option("socket", ("--socket",), "socket of the server", str, "PATH"),
    Option("as_json", ("--json",), "results and errors as JSON"),
    Option("as_csv", ("--csv",), "results as comma-separated values"),
    Option("yes", ("--yes", "-y"), "skip confirmation before actions that cannot be undone"),
    Option("readonly", ("--readonly",), "refuse every call that changes something"),
    Option("timeout", ("--timeout",), "longest wait for an answer, or for the end of a job [s]", number, "S"),
    Option("no_mouse", ("--no-mouse",), "leave the mouse to the terminal"),
    Option("help", ("--help", "-h"), "show help"),
    Option("version", ("--version",), "show the version"),
)
SERVER_COMMANDS = ("start", "stop", "status", "logs", "sockname", "openrpc")
SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is not in the method table; `load` imports what only this command needs."""

    usage: str
    summary: str
    load: Callable[[], tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]]


@dataclass(frozen=True, slots=True)
class Invocation:
    """The general options and the words of the command; no words mean the terminal interface."""

    session: Session
    arguments: tuple[str, ...]
    wants_help: bool = False
    wants_version: bool = False

    @property
    def opens_interface(self) -> bool:
        """Whether to open the terminal interface: no command is given."""
        return not (self.arguments or self.wants_help or self.wants_version)


def read(argv: Sequence[str]) -> Invocation:
    """Extract the general options from argv, before or after the command.

    Raises
    ------
    UsageError
        A general option is wrong.
    """
    found, rest = parse_known(GENERAL, argv)
    if rest and rest[0].startswith("-"):
        parse(GENERAL, rest[:1])  # not a general option, so parse raises
    mouse = not found.pop("no_mouse", False)
    wants = [bool(found.pop(name, False)) for name in ("help", "version")]
    return Invocation(Session(mouse=mouse, **found), tuple(rest), *wants)


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    as_json = "--json" in argv
    try:
        return _run(read(argv))
    except UsageError as error:
        output.say(f"error: {error} — see {_help_of(argv)}")
        return USAGE
    except RpcError as error:
        output.say_error(error, as_json=as_json)
        return exit_status(error)
    except KeyboardInterrupt:
        output.say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _help_of(argv: Sequence[str]) -> str:
    """The help command for the words before the first option."""
    first, second = (*takewhile(lambda word: not word.startswith("-"), argv), "", "")[:2]
    if first not in COMMANDS and first not in FAMILIES:
        return "crystalmath --help"
    known = [first, second] if first in FAMILIES and second in family(first) else [first]
    return " ".join(["crystalmath", *known, "--help"])


def _run(invocation: Invocation) -> int:
    try:
        if invocation.wants_version:
            output.put(f"crystalmath {__version__}\n")
            return DONE
        if invocation.wants_help:
            output.put(help_text(*invocation.arguments))
            return DONE
        return _dispatch(invocation.session, invocation.arguments)
    finally:
        invocation.session.close()


def _dispatch(session: Session, arguments: Sequence[str]) -> int:
    first, *rest = arguments
    if first == "server":
        _server(session, rest)
    if first in COMMANDS:
        _, run_command = COMMANDS[first].load()
        return run_command(session, rest)
    if first not in FAMILIES:
        raise UsageError(f"no command {first}")
    method = find(f"{first}.{rest[0]}") if rest else None
    if method is None:
        what = f"no method {first} {rest[0]}" if rest else f"{first} needs a method"
        raise UsageError(f"{what}; there are {', '.join(family(first))}")
    from crystalmath_tui.cli.methods import run_method

    return run_method(session, method, rest[1:])


def _server(session: Session, arguments: Sequence[str]) -> NoReturn:
    """Replace this process with crystalmath-server, which sets the exit status."""
    if not arguments or arguments[0] not in SERVER_COMMANDS:
        raise UsageError(f"server needs one of {', '.join(SERVER_COMMANDS)}")
    options = [
        *(("--profile", session.profile) if session.profile else ()),
        *(("--socket", session.socket) if session.socket else ()),
        *(("--json",) if session.as_json else ()),
    ]
    sys.stdout.flush()
    command = [sys.executable, "-P", "-m", "crystalmath_server", *arguments, *options]
    os.execv(sys.executable, command)  # noqa: S606  our own interpreter and module


def help_text(*words: str) -> str:
    """The help of a command, given as words such as "jobs", "list"; without words, of the whole program."""
    first, second = (*words, "", "")[:2]
    top, below = _program()
    if first in COMMANDS:
        _fill(below[first], COMMANDS[first].load()[0])
    elif first in FAMILIES:
        methods = _methods(below[first], first)
        if second in methods:
            _fill(methods[second], _options_of(first, second))
            return methods[second].format_help()
    return below.get(first, top).format_help()


def tree() -> "Parser":
    """All commands with all their options as argparse parsers, for completion and documentation."""
    top, below = _program()
    for name, row in COMMANDS.items():
        _fill(below[name], row.load()[0])
    for first in FAMILIES:
        for second, parser in _methods(below[first], first).items():
            _fill(parser, _options_of(first, second))
    return top


def completion_text(shell: str) -> str:
    """The completion script for bash, zsh or fish; needs shtab."""
    from crystalmath_tui.cli.completion import script

    return script(shell, tree())


def _program() -> "tuple[Parser, dict[str, Parser]]":
    from crystalmath_tui.cli.help import program

    rows = [*COMMANDS.items(), *FAMILIES.items()]
    return program(GENERAL, {name: row.summary for name, row in rows})


def _methods(parser: "Parser", first: str) -> "dict[str, Parser]":
    from crystalmath_tui.cli.help import children, general_options

    below = children(parser, "METHOD", {name: row.summary for name, row in family(first).items()})
    general_options(parser, GENERAL)
    return below


def _fill(parser: "Parser", options: Sequence[Option]) -> None:
    from crystalmath_tui.cli.help import fill

    fill(parser, options, GENERAL)


def _options_of(first: str, second: str) -> Sequence[Option]:
    from crystalmath_tui.cli.methods import options_of

    return options_of(family(first)[second])


def _load_submit() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    from crystalmath_tui.cli import running

    return running.SUBMIT_OPTIONS, running.run_submit


def _load_wait() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    from crystalmath_tui.cli import running

    return running.WAIT_OPTIONS, running.run_wait


def _load_follow() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    from crystalmath_tui.cli import follow

    return follow.OPTIONS, follow.run_follow


def _load_download() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    from crystalmath_tui.cli import download

    return download.OPTIONS, download.run_download


def _load_call() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    from crystalmath_tui.cli import methods

    return methods.CALL_OPTIONS, methods.run_call


def _one_of(metavar: str, choices: tuple[str, ...]) -> Option:
    return Option(metavar.lower(), (), "", one_of(choices), metavar, choices, positional=True, required=True)


def _load_server() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    return (_one_of("COMMAND", SERVER_COMMANDS),), _server


def _load_completion() -> tuple[Sequence[Option], Callable[[Session, Sequence[str]], int]]:
    return (_one_of("SHELL", SHELLS),), _completion


def _completion(_session: Session, arguments: Sequence[str]) -> int:
    shell = parse((_one_of("SHELL", SHELLS),), arguments)["shell"]
    try:
        output.put(completion_text(shell))
    except ImportError:
        from crystalmath_tui.cli.completion import installed_script

        output.put(installed_script(shell))
    return DONE


COMMANDS = {
    "submit": Command("submit", "Run a template on a structure file.", _load_submit),
    "wait": Command("wait", "Wait until a job ends.", _load_wait),
    "follow": Command("follow", "Print a file of a job as it grows, until the job ends.", _load_follow),
    "download": Command("download", "Download files of a job, or its whole folder.", _load_download),
    "call": Command("call", "Call any method with plain JSON.", _load_call),
    "server": Command("server", "Start, stop or inspect the server.", _load_server),
    "completion": Command("completion", "Print a completion script for a shell.", _load_completion),
}
