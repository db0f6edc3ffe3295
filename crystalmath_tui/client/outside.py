"""Editing a text in the user's own editor, in a temporary folder."""

from collections.abc import Mapping
from pathlib import Path

_USUAL = "vi"


def edit_outside(name: str, text: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The text as edited in $VISUAL or $EDITOR, or "" and the reason; waits until the editor exits."""
    import shlex  # rarely needed
    import tempfile

    try:
        command = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "") or [_USUAL]
        with tempfile.TemporaryDirectory(prefix="crystalmath-") as folder:
            return _run_editor(command, Path(folder) / name, text)
    except OSError as error:
        words = error.strerror or str(error)
        return "", f"The text cannot be edited outside: {words}. Set EDITOR to an editor that is installed."
    except ValueError as error:
        return "", f"EDITOR is not a command: {error}."


def _run_editor(command: list[str], path: Path, text: str) -> tuple[str, str]:
    import subprocess

    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    status = subprocess.run([*command, str(path)], check=False).returncode  # noqa: S603  the command is the user's own
    if status:
        return "", f"{command[0]} ended with exit status {status}; the text is unchanged."
    return path.read_text(encoding="utf-8", errors="replace"), ""
