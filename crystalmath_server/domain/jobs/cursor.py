"""Opaque cursor for keyset pagination: sort order and last row seen."""

import base64
import json
from dataclasses import dataclass

from crystalmath_server.protocol.errors import InvalidForm


@dataclass(frozen=True, slots=True)
class Cursor:
    """The start of the next page: after the row with this key and pk."""

    sort: str
    descending: bool
    key: str | float
    pk: int


def write_cursor(cursor: Cursor) -> str:
    """The token of a cursor."""
    text = json.dumps([cursor.sort, cursor.descending, cursor.key, cursor.pk])
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(token: str, sort: str, *, descending: bool) -> Cursor | None:
    """The cursor of a token; None if the token is empty.

    Raises
    ------
    InvalidForm
        The token is invalid or belongs to another sort order.
    """
    if not token:
        return None
    try:
        kept_sort, kept_descending, key, pk = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError):
        raise _invalid_cursor("The cursor was not issued by this method.") from None
    if not isinstance(pk, int) or not isinstance(key, int | float | str):
        raise _invalid_cursor("The cursor was not issued by this method.")
    if isinstance(key, str) != (sort not in {"pk", "modified", "state"}):
        raise _invalid_cursor("The cursor belongs to another sort order.")
    if (kept_sort, kept_descending) != (sort, descending):
        raise _invalid_cursor("The cursor belongs to another sort order.")
    return Cursor(sort, descending, key, pk)


def _invalid_cursor(detail: str) -> InvalidForm:
    return InvalidForm(detail, field="cursor", hint="Start again with an empty cursor.")
