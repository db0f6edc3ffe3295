"""Saving text to a local file, overwriting only after confirmation."""

from crystalmath_tui.core.effects import Ask, Effect, Say, WriteFile


def save(tag: str, path: str, text: str, *, over: bool = False) -> WriteFile:
    """Write the file; the answer to `tag` goes to `report`."""
    return WriteFile(path, text, tag, (path, text), over=over)


def report(tag: str, about: tuple[str, str], outcome: str) -> tuple[Effect, ...]:
    """Report the outcome, or ask whether to overwrite an existing file."""
    path, text = about
    if outcome == "written":
        return (Say(f"Wrote {path}."),)
    if outcome == "exists":
        return (Ask(f"Overwrite {path}?", (), (save(tag, path, text, over=True),)),)
    return (Say(f"{path} was not written: {outcome}", "error"),)
