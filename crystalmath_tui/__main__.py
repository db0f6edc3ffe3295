"""Entry point: the TUI without arguments, else the CLI."""

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crystalmath_tui.cli.session import Session


def main(argv: list[str] | None = None) -> int:
    """Open the terminal interface or run one command, and return the exit status."""
    gc.disable()  # a command ends before a collection pays off; saves 5 % of its time
    from crystalmath_tui.cli import main as cli

    words = sys.argv[1:] if argv is None else argv
    try:
        asked = cli.read(words)
    except cli.UsageError:
        return cli.run(words)
    return _open_interface(asked.session) if asked.opens_interface else cli.run(words)


def _open_interface(session: "Session") -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(
            "error: the terminal interface needs a terminal — for commands see crystalmath --help\n"
        )
        return 2
    from crystalmath_tui import runtime

    gc.freeze()  # imported objects live until exit
    gc.enable()
    return runtime.main(session.profile, session.socket, session.readonly, session.mouse)


if __name__ == "__main__":
    sys.exit(main())
