"""Resources as form texts: display, input and parsing."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_origin

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.method import title_of
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.core import record_form
from crystalmath_tui.core.form import Field, new_field

TITLES = {row.name: title_of(Resources, row.name) for row in fields(Resources)}
"""Display name of each field."""

_TYPED = {
    "walltime_s": "Seconds, or a time such as 1:00:00 or 1-00:00:00.",
    "modules": "Separate them with blanks.",
    "prepend_text": "\\n starts a new line.",
    "append_text": "\\n starts a new line.",
}
"""Input hints for fields with a special syntax."""
_TIME = re.compile(r"(?:(?:(\d{1,4})-)?(\d{1,5}):)?(\d{1,6}):(\d{1,6})", re.ASCII)
_MOST_DIGITS = 8


def resource_fields(defaults: Resources, section: str) -> tuple[Field, ...]:
    """One form field for each resource."""
    first, *rest = (
        new_field(row.name, TITLES[row.name], text_of(row.name, getattr(defaults, row.name)), _help(row.name))
        for row in fields(Resources)
    )
    return (replace(first, section=section), *rest)


def _help(name: str) -> str:
    return f"{record_form.help_of(Resources, name)} {_TYPED.get(name, '')}".strip()


def text_of(name: str, value: object) -> str:
    """A value as a user would type it; empty if it requests nothing."""
    if value is None or value in (0, "", ()):
        return ""
    if name == "walltime_s":
        return _clock(int(str(value)))
    if isinstance(value, tuple):
        return " ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value).replace("\n", "\\n")


def _clock(whole: int) -> str:
    """Seconds in SLURM's time format."""
    days, rest = divmod(whole, 86400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{days}-{clock}" if days else clock.removeprefix("0")


def resources(texts: Mapping[str, str]) -> Resources:
    """The resources that the texts request; an empty text requests none.

    Raises
    ------
    InvalidForm
        With the name of the field.
    """
    return Resources(**{row.name: _read(row.name, texts.get(row.name, "")) for row in fields(Resources)})


def changes(texts: Mapping[str, str], defaults: Resources) -> Resources:
    """The requested resources that differ from the defaults; None for the others.

    Raises
    ------
    InvalidForm
        With the name of the field.
    """
    wanted = resources(texts)
    same = {
        row.name: None
        for row in fields(Resources)
        if texts.get(row.name, "") == text_of(row.name, getattr(defaults, row.name))
    }
    return replace(wanted, **same)


def _read(name: str, text: str) -> Any:
    of = record_form.type_of(Resources, name)
    if get_origin(of) is tuple:
        return tuple(text.replace(",", " ").split())
    if name == "walltime_s":
        return seconds(text)
    if of is int:
        return whole_number(name, text)
    return text.replace("\\n", "\n")


def seconds(text: str) -> int:
    """Seconds from a number or [[days-]hours:]minutes:seconds; empty is 0."""
    match = _TIME.fullmatch(text)
    if match is None:
        return whole_number("walltime_s", text)
    days, hours, minutes, secs = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + secs


def whole_number(name: str, text: str) -> int:
    """An unsigned whole number; empty is 0. Raises InvalidForm with the name of the field."""
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        hint = "Give a number of seconds, or a time such as 1:00:00." if name == "walltime_s" else ""
        raise InvalidForm(f"{text!r} is not a number", field=name, hint=hint)
    return int(text)
