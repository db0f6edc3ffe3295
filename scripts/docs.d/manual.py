"""Manual pages crystalmath(1) and crystalmath-server(1), generated from the output of --help."""

import re
from collections.abc import Iterable, Iterator

from commands import EXIT_CODES, SHARED, Entry, help_of, server_help

from crystalmath_server import __version__
from crystalmath_server.protocol.families import FAMILIES
from crystalmath_server.protocol.methods import METHODS
from crystalmath_tui.cli.main import COMMANDS

ABOUT = """\
Without a command it opens the terminal interface.
Every method of the server is a command,
.B crystalmath
.IR "FAMILY METHOD" .
Data goes to stdout, messages go to stderr.
"""
ABOUT_SERVER = """\
One server serves one AiiDA profile for one user.
A client starts it when it is needed.
"""
FILES = """\
.TP
.I $XDG_CONFIG_HOME/crystalmath/config.toml
Settings, in the table [server]; else in ~/.config.
.TP
.I $XDG_STATE_HOME/crystalmath/PROFILE.log
The server's log; else in ~/.local/state.
"""
ENVIRONMENT = """\
.TP
.B CRYSTALMATH_PROFILE
AiiDA profile to use.
.TP
.B CRYSTALMATH_SOCKET
Socket of the server.
.TP
.B NO_COLOR
Use no color.
"""


def crystalmath() -> str:
    """The manual page of the command line."""
    top = help_of()
    commands = (command(name) for name in COMMANDS)
    methods = (command(*name.split(".", 1)) for name in METHODS if name.partition(".")[0] in FAMILIES)
    return "".join(
        (
            title("CRYSTALMATH"),
            name_line("crystalmath", "prepare, run, watch and understand calculations in materials science"),
            f".SH SYNOPSIS\n.nf\n{text(usage(top.usage))}\n.fi\n",
            f".SH DESCRIPTION\n{ABOUT}",
            f".SH OPTIONS\n{tagged(top.sections['options'])}",
            f".SH COMMANDS\n{''.join(commands)}",
            f".SH METHODS\n{''.join(methods)}",
            f".SH EXIT STATUS\n{tagged(exit_statuses())}",
            f".SH ENVIRONMENT\n{ENVIRONMENT}.SH FILES\n{FILES}",
            ".SH SEE ALSO\n.BR crystalmath-server (1),\n.BR verdi (1)\n",
        )
    )


def server() -> str:
    """The manual page of the server."""
    return "".join(
        (
            title("CRYSTALMATH-SERVER"),
            name_line("crystalmath-server", "daemon of crystalmath: AiiDA and atomate2 behind a Unix socket"),
            ".SH SYNOPSIS\n.B crystalmath-server\n[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR]\n",
            f".SH DESCRIPTION\n{ABOUT_SERVER}",
            f".PP\n.nf\n{text(server_help().rstrip())}\n.fi\n",
            f".SH ENVIRONMENT\n{ENVIRONMENT}.SH FILES\n{FILES}",
            ".SH SEE ALSO\n.BR crystalmath (1)\n",
        )
    )


def title(name: str) -> str:
    """The head of a manual page."""
    return f'.TH {name} 1 "" "crystalmath {__version__}" "User Commands"\n'


def name_line(name: str, summary: str) -> str:
    """The name line that whatis and apropos read."""
    return f".SH NAME\n{text(name)} \\- {text(summary)}\n"


def usage(words: str) -> str:
    """A usage text without the indentation that aligns it with the prefix."""
    return "\n".join(line.strip() for line in words.splitlines())


def command(*words: str) -> str:
    """The section of one command."""
    told = help_of(*words)
    sections = (tagged(rows) for name, rows in told.sections.items() if name != SHARED)
    return (
        f".SS {text(' '.join(words))}\n{text(told.summary)}\n.PP\n.B {text(told.usage)}\n{''.join(sections)}"
    )


def tagged(rows: Iterable[Entry]) -> str:
    """Tagged paragraphs: terms with their meanings."""
    return "".join(f".TP\n.B {text(row.term)}\n{text(row.text) or '&nbsp;'}\n" for row in rows).replace(
        "&nbsp;", "\\&"
    )


def exit_statuses() -> Iterator[Entry]:
    """The exit statuses of the command line."""
    for line in EXIT_CODES.splitlines()[1:]:
        status, meaning = line.split(maxsplit=1)
        yield Entry(status, meaning)


def text(words: str) -> str:
    """Text escaped for roff."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)
