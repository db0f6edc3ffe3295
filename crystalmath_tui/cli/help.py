"""All commands as argparse parsers: the source of help, completion, and man pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crystalmath_tui.cli.options import Option
from crystalmath_tui.cli.parser import Parser, add_flags, describe

EXIT_CODES = """exit status:
  0    done
  1    the server answered with an error
  2    wrong usage, or a field with a wrong value
  3    no server, or the connection or the wait for an answer failed
  4    a job that was waited for did not finish
  130  interrupted"""

_USAGE = """crystalmath [OPTIONS]                     open the terminal interface
       crystalmath [OPTIONS] COMMAND …           run one command
       crystalmath [OPTIONS] FAMILY METHOD …     call one method of the server"""
_MORE = f"{EXIT_CODES}\n\nData goes to stdout, messages to stderr. More: crystalmath COMMAND --help"


def program(general: Iterable[Option], summaries: Mapping[str, str]) -> tuple[Parser, dict[str, Parser]]:
    """The top-level parser behind `crystalmath --help`, and the still empty parsers of the commands."""
    parser = Parser(shown=True, prog="crystalmath", usage=_USAGE, epilog=_MORE)
    below = children(parser, "COMMAND", summaries)
    add_flags(parser.add_argument_group("options"), general, shown=True)
    return parser, below


def children(parser: Parser, word: str, summaries: Mapping[str, str]) -> dict[str, Parser]:
    """The parsers of the subcommands, by name."""
    added = parser.add_subparsers(title="commands", metavar=word, prog=parser.prog)
    parser.usage = parser.usage or f"{parser.prog} {word} …"
    return {
        name: added.add_parser(name, shown=True, help=_escape(text), description=_escape(text))
        for name, text in summaries.items()
    }


def fill(parser: Parser, options: Sequence[Option], general: Iterable[Option]) -> None:
    """Declare the arguments and options of a command."""
    arguments = [option for option in options if option.positional]
    words = [option.metavar if option.required else f"[{option.metavar}]" for option in arguments]
    parser.usage = _escape(" ".join((parser.prog, *words, "[OPTIONS]")))
    group = parser.add_argument_group("arguments")
    for option in arguments:
        _add_argument(group, option)
    add_flags(parser.add_argument_group("options"), options, shown=True)
    general_options(parser, general)


def general_options(parser: Parser, general: Iterable[Option]) -> None:
    """Declare the options that every command takes."""
    add_flags(parser.add_argument_group("options of all commands"), general, shown=True)


def _add_argument(group: Any, option: Option) -> None:
    nargs = "*" if option.takes_rest else None if option.required else "?"
    action = group.add_argument(
        option.name,
        nargs=nargs,
        metavar=option.metavar,
        choices=option.choices or None,
        help=_escape(describe(option)),
    )
    action.files = option.files  # read by completion


def _escape(text: str) -> str:
    """Text escaped so that argparse prints it unchanged."""
    return text.replace("%", "%%")
