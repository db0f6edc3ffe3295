"""Parsing with argparse: command-line words → option values."""

import argparse
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NoReturn

from crystalmath_tui.cli.options import Convert, Option, UsageError

_HELP_COLUMN = 30

# A fixed width saves argparse from importing shutil, which takes 3 ms, for each option.
_unseen = partial(argparse.HelpFormatter, width=100)


class Parser(argparse.ArgumentParser):
    """An argparse parser that raises its errors and has only the declared options."""

    def __init__(self, *, shown: bool = False, **words: Any) -> None:
        formatter = partial(argparse.RawDescriptionHelpFormatter, max_help_position=_HELP_COLUMN)
        super().__init__(
            add_help=False, allow_abbrev=False, formatter_class=formatter if shown else _unseen, **words
        )

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message.removeprefix("argument "))


class _Put(argparse.Action):
    """Store a value, or add it to earlier values."""

    def __call__(
        self, _parser: object, namespace: argparse.Namespace, value: Any, _flag: object = None
    ) -> None:
        """Store the value."""
        _put(vars(namespace), self.dest, value)


def parse(options: Sequence[Option], arguments: Sequence[str]) -> dict[str, Any]:
    """Option name → JSON value, for the options that are given.

    Raises
    ------
    UsageError
        An option is unknown, or a value is missing or invalid.
    """
    found, bare = parse_known(options, arguments)
    end = bare.index("--") if "--" in bare else len(bare)
    for word in bare[:end]:
        if word.startswith("-") and word != "-" and not _is_number(word):
            raise UsageError(_unknown(options, word.partition("=")[0]))
    _fill(options, found, bare[:end] + bare[end + 1 :])
    missing = [option.display_name for option in options if option.required and option.name not in found]
    if missing:
        raise UsageError(f"missing: {', '.join(missing)}")
    return found


def parse_known(options: Iterable[Option], arguments: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Values of the options among the words, and the other words; words after -- are not parsed."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parser = Parser(prog="", usage="")
    add_flags(parser, options)
    found, rest = parser.parse_known_args(arguments[:end])
    return vars(found), [*rest, *arguments[end:]]


def add_flags(parser: argparse._ActionsContainer, options: Iterable[Option], *, shown: bool = False) -> None:  # pyright: ignore[reportPrivateUsage]  the type of a group and of a parser
    """Declare the options that have flags; `shown` adds their help."""
    for option in options:
        if not option.flags:
            continue
        words: dict[str, Any] = {"help": describe(option).replace("%", "%%")} if shown else {}
        if option.convert is not None:
            words |= {"action": _Put, "type": _argument_type(option.convert), "metavar": option.metavar}
            words["choices"] = option.choices if shown and option.choices else None
        elif option.flags[-1] == f"--no-{option.flags[0][2:]}":
            words["action"] = argparse.BooleanOptionalAction
        else:
            words["action"] = "store_true"
        flags = option.flags[:1] if words["action"] is argparse.BooleanOptionalAction else option.flags
        action = parser.add_argument(*flags, dest=option.name, default=argparse.SUPPRESS, **words)
        action.files = option.files  # type: ignore[attr-defined]  read by completion


def describe(option: Option) -> str:
    """Help, choices and default of an option."""
    parts = [option.help]
    if option.choices:
        parts.append("one of " + ", ".join(option.choices))
    if option.many:
        parts.append("may be repeated")
    if option.default:
        parts.append(f"default {option.default}")
    return "; ".join(part for part in parts if part)


def _argument_type(convert: Convert) -> Convert:
    """A conversion whose error messages argparse passes on."""

    def read(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    """Store a value by name; extend lists and mappings."""
    if isinstance(value, list):
        values[name] = [*values.get(name, []), *value]
    elif isinstance(value, dict):
        values[name] = {**values.get(name, {}), **value}
    else:
        values[name] = value


def _fill(options: Iterable[Option], values: dict[str, Any], bare: list[str]) -> None:
    """Assign positional words, in order, to the arguments that no flag has filled.

    argparse also assigns words to filled arguments, and cannot handle an option between two arguments.
    """
    for option in options:
        if not option.positional or option.name in values or option.convert is None:
            continue
        count = len(bare) if option.takes_rest else 1
        for text in bare[:count]:
            try:
                value = option.convert(text)
            except ValueError as error:
                raise UsageError(f"{option.metavar}: {error}") from None
            _put(
                values,
                option.name,
                [value] if option.many == "list" and not isinstance(value, list) else value,
            )
        del bare[:count]
    if bare:
        raise UsageError(f"unexpected: {' '.join(bare)}")


def _unknown(options: Iterable[Option], flag: str) -> str:
    known = [name for option in options for name in option.flags]
    near = next((name for name in known if name.startswith(flag) or flag.startswith(name)), "")
    return f"no option {flag}" + (f"; did you mean {near}?" if near else "")


def _is_number(text: str) -> bool:
    """Whether a word that starts with a dash is a negative number."""
    return text[1:2].isdigit() or text[1:2] == "."
