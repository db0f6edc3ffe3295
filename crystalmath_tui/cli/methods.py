"""FAMILY METHOD …: any method of the table; call METHOD JSON: any method at all."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from crystalmath_server.protocol.families import AnyMethod, find
from crystalmath_server.protocol.files import JOBS_FILE, FileRange
from crystalmath_server.protocol.method import Confirm, Json
from crystalmath_tui.cli import output
from crystalmath_tui.cli.options import Option, UsageError, key_of, of_params, to_params
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.session import DONE, Session

CALL_OPTIONS = (
    Option("method", (), "full name, for example jobs.list", str, "METHOD", positional=True, required=True),
    Option("params", (), "parameters as JSON; - reads stdin; default {}", str, "JSON", positional=True),
)


def run_method(session: Session, method: AnyMethod, arguments: Sequence[str]) -> int:
    """Call a method with the parameters given as words, and print its result."""
    options = options_of(method)
    found = _with_key(method, parse(options, arguments))
    target = found.pop("output", "") if method is JOBS_FILE else ""
    over = bool(found.pop("over", False)) if method is JOBS_FILE else False
    params = to_params(method.params, options, found)
    if target:
        from crystalmath_tui.cli import download

        return download.run_file(session, params, Path(target), over=over)
    if method.confirm is not None:
        confirm = method.confirm
        session.consent(method.name, lambda: question(session, confirm, params))
    result = session.call(method, params)
    if session.as_json:
        output.put_json(result)
    elif method.layout == "columns":
        put_comparison(result, as_csv=session.as_csv)
    elif session.as_csv:
        output.put(_csv(result))
    elif method.layout == "content":
        output.put_file(result.encoding, result.content)
    else:
        output.put_result(result)
    if left := more(params, result):
        output.say(left)
    return DONE


def _csv(result: object) -> str:
    from crystalmath_tui.core.tabular import NoTableError, text_of

    try:
        return text_of(result)
    except NoTableError as error:
        raise UsageError(f"{error}: --json") from None


def options_of(method: AnyMethod) -> list[Option]:
    """Options of a method: its parameters plus the options that the command line adds."""
    options = of_params(method.params)
    if method is JOBS_FILE:
        from crystalmath_tui.cli import download

        options += download.FILE_OPTIONS
    return options


def _with_key(method: AnyMethod, values: dict[str, Any]) -> dict[str, Any]:
    """Create an idempotency key if one is needed and not given, and print it so users can resend it."""
    name = key_of(method.params)
    if not name or name in values:
        return values
    key = os.urandom(16).hex()
    output.say(f"key {key}: the same --{name.replace('_', '-')} never does it twice")
    return {**values, name: key}


def put_comparison(table: Any, *, as_csv: bool) -> None:
    """Print a comparison of jobs: a table with units in its headings, or CSV."""
    from crystalmath_tui.core.comparison import csv_text, title_of

    if as_csv:
        output.put(csv_text(table))
        return
    head = ["PK", "LABEL", *map(title_of, table.columns)]
    rows = [[str(row.pk), row.label, *map(output.cell, row.values)] for row in table.rows]
    output.put("".join(f"{line}\n" for line in output.align([head, *rows])))


def run_call(session: Session, arguments: Sequence[str]) -> int:
    """Call a method with plain JSON and print its JSON result."""
    found = parse(CALL_OPTIONS, arguments)
    name = found["method"]
    params = _json(found.get("params", "{}"))
    method = find(name)
    if method is not None and method.confirm is not None:
        session.consent(name, lambda: f"Really call {name}?")
    seconds = method.timeout_s if method else 60.0
    output.put_json(session.call_json(name, params, method.effect if method else "write", seconds))
    return DONE


def _json(text: str) -> Json:
    source = sys.stdin.read() if text == "-" else text
    try:
        return json.loads(source)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the parameters are not valid JSON: {error}") from None


def question(session: Session, confirm: Confirm, params: Any) -> str:
    """The confirmation question, with its fields filled in."""
    known = _values(params)
    if confirm.about is not None:
        kind = confirm.about.params
        asked = kind(**{row.name: known[row.name] for row in fields(kind) if row.name in known})
        known.update(_values(session.call(confirm.about, asked)))
    return confirm.question.format_map(known)


def _values(record: Any) -> dict[str, Any]:
    return {row.name: getattr(record, row.name) for row in fields(record)}


def more(params: Any, result: Any) -> str:
    """What a result leaves out and how to get the rest; truncation is never silent."""
    if isinstance(result, FileRange):
        start, end, size = result.offset, result.next_offset, result.size
        return f"bytes {start} to {end} of {size}; more: --offset {end}" if end < size else ""
    if cursor := getattr(result, "next_cursor", ""):
        total = getattr(result, "total", None)
        of = "" if total is None else f" of {total}"
        return f"{len(result.rows)}{of} shown; more: --cursor {cursor}, or --limit up to 500"
    if note := getattr(result, "note", ""):
        return note
    if getattr(result, "truncated", False):
        return "older lines were left out"
    if getattr(result, "rows", None) == ():
        return "none" if params == type(params)() else "none that fits"
    return ""
