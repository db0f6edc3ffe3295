"""No arguments → TUI, else → CLI."""

import sys

from crystalmath_tui.cli import main as cli


def main(argv: list[str] | None = None) -> int:
    """Open the terminal interface or run one command; the exit status."""
    words = sys.argv[1:] if argv is None else argv
    try:
        asked = cli.read(words)
    except cli.UsageError:
        return cli.run(words)
    return _open_interface(asked.session) if asked.opens_interface else cli.run(words)


def _open_interface(session: cli.Session) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(
            "error: the terminal interface needs a terminal — for commands see crystalmath --help\n"
        )
        return cli.USAGE
    from crystalmath_tui import runtime

    return runtime.main(session.profile, session.socket, session.readonly, session.mouse)


if __name__ == "__main__":
    sys.exit(main())
