"""Help texts, from options and the method table."""

from collections.abc import Iterable, Sequence

from crystalmath_tui.cli.options import Option

EXIT_CODES = """exit status:
  0    done
  1    the server answered with an error
  2    wrong usage, or a field with a wrong value
  3    no server, or the connection or the wait for an answer failed
  4    a job that was waited for did not finish
  130  interrupted"""


def overview(
    commands: Iterable[tuple[str, str]], families: Iterable[tuple[str, str]], options: Iterable[Option]
) -> str:
    """What `crystalmath --help` shows."""
    return "\n".join(
        [
            "usage: crystalmath [OPTIONS]                     open the terminal interface",
            "       crystalmath [OPTIONS] COMMAND …           run one command",
            "       crystalmath [OPTIONS] FAMILY METHOD …     call one method of the server",
            *_section("commands", commands),
            *_section("families", families),
            *_section("options", map(_row, options)),
            "",
            EXIT_CODES,
            "",
            "Data goes to stdout, words to stderr. More: crystalmath COMMAND --help",
        ]
    )


def listing(usage: str, rows: Iterable[tuple[str, str]]) -> str:
    """Help of a family: its methods."""
    return "\n".join([f"usage: {usage}", *_section("methods", rows)])


def command(usage: str, summary: str, options: Sequence[Option], general: Iterable[Option] = ()) -> str:
    """Help of one command."""
    arguments = [option for option in options if option.positional]
    words = [f"[{option.metavar}]" if not option.required else option.metavar for option in arguments]
    return "\n".join(
        [
            " ".join([f"usage: {usage}", *words, "[OPTIONS]"]),
            "",
            summary,
            *_section("arguments", ((option.metavar, _words(option)) for option in arguments)),
            *_section("options", map(_row, (option for option in options if option.flags))),
            *_section("options of all commands", map(_row, general)),
        ]
    )


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    listed = list(rows)
    width = min(30, max((len(left) for left, _ in listed), default=0))
    lines = [f"  {left:<{width}}  {right}".rstrip() for left, right in listed]
    return ["", f"{title}:", *lines] if lines else []


def _row(option: Option) -> tuple[str, str]:
    flags = ", ".join(option.flags)
    return (f"{flags} {option.metavar}" if option.convert else flags), _words(option)


def _words(option: Option) -> str:
    """Help, choices and default of an option."""
    parts = [option.help]
    if option.choices:
        parts.append("one of " + ", ".join(option.choices))
    if option.many:
        parts.append("may be repeated")
    if option.default:
        parts.append(f"default {option.default}")
    return "; ".join(part for part in parts if part)
