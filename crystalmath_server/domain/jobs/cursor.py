"""Opaque cursor of keyset paging: sort order and the last row seen."""

import base64
import json
from dataclasses import dataclass

from crystalmath_server.protocol.errors import InvalidForm


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: after the row of this key and pk."""

    sort: str
    descending: bool
    key: str | float
    pk: int


def write_cursor(cursor: Cursor) -> str:
    """The cursor as a token."""
    text = json.dumps([cursor.sort, cursor.descending, cursor.key, cursor.pk])
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(token: str, sort: str, *, descending: bool) -> Cursor | None:
    """The cursor of a token; None of an empty one.

    Raises
    ------
    InvalidForm
        Where it is none of ours, or of another order.
    """
    if not token:
        return None
    try:
        kept_sort, kept_descending, key, pk = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError):
        raise _refused("It is not one that this method gave.") from None
    if not isinstance(pk, int) or not isinstance(key, int | float | str):
        raise _refused("It is not one that this method gave.")
    if isinstance(key, str) != (sort not in {"pk", "modified", "state"}):
        raise _refused("It belongs to another order.")
    if (kept_sort, kept_descending) != (sort, descending):
        raise _refused("It belongs to another order.")
    return Cursor(sort, descending, key, pk)


def _refused(detail: str) -> InvalidForm:
    return InvalidForm(detail, field="cursor", hint="Begin again with an empty cursor.")
