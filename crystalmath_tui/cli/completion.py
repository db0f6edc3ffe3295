"""completion bash|zsh|fish: what a shell loads to complete our commands; made by shtab."""

import argparse
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import cast

from crystalmath_server.protocol.errors import NotAllowed

FILES = {
    "bash": "share/bash-completion/completions/crystalmath",
    "zsh": "share/zsh/site-functions/_crystalmath",
    "fish": "share/fish/vendor_completions.d/crystalmath.fish",
}
"""Where the wheel puts the scripts, below the prefix of the environment."""


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The completion script for a shell, made of the parsers of all commands.

    Raises
    ------
    ImportError
        shtab is not there; it is a tool of builds.
    """
    import shtab

    for action in _actions(parser):
        if getattr(action, "files", False):
            action.complete = shtab.FILE  # type: ignore[attr-defined]  shtab's way
    return shtab.complete(parser, shell)


def installed(shell: str) -> str:
    """The script that the wheel brought.

    Raises
    ------
    NotAllowed
        It brought none.
    """
    held = metadata.files("crystalmath") or []
    paths = [Path(str(file.locate())) for file in held if str(file).endswith(FILES[shell])]
    if not paths or not paths[0].is_file():
        hint = "Install shtab beside crystalmath: python -m pip install shtab"
        raise NotAllowed(f"this installation has no completion script for {shell}", hint=hint)
    return paths[0].read_text("utf-8")


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """What a parser and those below it take."""
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to list them
        yield action
        choices: object = action.choices
        if isinstance(choices, dict):  # the commands below
            for below in cast("dict[str, argparse.ArgumentParser]", choices).values():
                yield from _actions(below)
