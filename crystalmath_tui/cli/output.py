"""Results as aligned tables or JSON; messages on stderr; control characters never reach the terminal."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TextIO, TypeGuard, cast, get_type_hints

from crystalmath_server.protocol import codec
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.method import JsonOnly
from crystalmath_tui.core.cells import clean, width


def say(text: str) -> None:
    """Print a message for people on stderr."""
    sys.stderr.write(safe(text, sys.stderr) + "\n")
    sys.stderr.flush()


def put(text: str) -> None:
    """Print data on stdout."""
    sys.stdout.write(safe(text, sys.stdout))
    sys.stdout.flush()


def put_json(value: object) -> None:
    """Print data as JSON on stdout."""
    put(json.dumps(codec.to_json(value), indent=2, ensure_ascii=False) + "\n")


def say_error(error: RpcError, *, as_json: bool) -> None:
    """Print an error on stderr: its message, or its JSON-RPC object."""
    if as_json:
        say(json.dumps(error.to_json(), indent=2, ensure_ascii=False))
        return
    data = error.data
    detail = f": {data.detail}" if data.detail and data.detail != error.message else ""
    name = f" ({data.field})" if data.field else ""
    hint = f" — {data.hint}" if data.hint else ""
    log = f" [reference {data.reference}]" if data.reference else ""
    say(f"error: {error.message}{detail}{name}{hint}{log}")


def safe(text: str, stream: TextIO) -> str:
    """Text without control characters if the stream is a terminal."""
    if not stream.isatty():
        return text
    return "\n".join(clean(line.replace("\t", "        ")) for line in text.split("\n"))


def put_file(encoding: str, content: str) -> None:
    """Print a file or a range of it; on a terminal, end with a newline."""
    put_part(encoding, content)
    if sys.stdout.isatty() and not content.endswith("\n"):
        put("\n")


def put_part(encoding: str, content: str) -> None:
    """Print content unchanged; binary data goes to a terminal only as base64."""
    if encoding == "base64" and not sys.stdout.isatty():
        import base64

        sys.stdout.flush()
        sys.stdout.buffer.write(base64.b64decode(content))
        sys.stdout.buffer.flush()
    else:
        put(content)


def put_result(value: Any) -> None:
    """Print a result as lines and tables."""
    put("".join(f"{line}\n" for line in lines_of(value)))


def lines_of(value: Any) -> list[str]:
    """A page as a table, any other dataclass as `name  value` lines and tables, the rest as JSON."""
    if not is_dataclass(value):
        return json.dumps(codec.to_json(value), indent=2, ensure_ascii=False).split("\n")
    names = [row.name for row in fields(value)]
    if _is_list(value):
        return table(cast("tuple[Any, ...]", getattr(value, _is_list(value))))
    return _record([(name, getattr(value, name)) for name in names])


def _is_list(value: Any) -> str:
    """Name of the field that holds a page's rows, or ""."""
    return next((name for name in ("rows", "lines") if isinstance(getattr(value, name, None), tuple)), "")


def _record(pairs: Iterable[tuple[str, Any]]) -> list[str]:
    flat = list(_flatten(pairs))
    plain = [
        (name, _cell(name, value)) for name, value in flat if not _is_table(value) and not _is_text(value)
    ]
    left = max((len(name) for name, _ in plain), default=0)
    lines = [f"{name:<{left}}  {text}" for name, text in plain if text]
    for name, value in flat:
        if _is_table(value) and value:
            lines += ["", f"{name}:", *(f"  {line}" for line in table(value))]
        elif _is_text(value):
            lines += ["", f"{name}:", *(f"  {line}" for line in value.rstrip().split("\n"))]
    return lines


def _flatten(pairs: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    """Nested dataclasses and mappings as dotted names; the fields of a row without a prefix."""
    for name, value in pairs:
        if is_dataclass(value):
            prefix = "" if name == "row" else f"{name}."
            yield from _flatten((prefix + row.name, getattr(value, row.name)) for row in fields(value))
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", item) for key, item in cast("dict[str, Any]", value).items())
        else:
            yield name, value


def _is_table(value: Any) -> bool:
    return isinstance(value, tuple) and all(is_dataclass(item) for item in cast("tuple[Any, ...]", value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def table(rows: Sequence[Any]) -> list[str]:
    """Aligned columns, one for each field that any row fills; nothing is truncated."""
    if not rows:
        return []
    hints = get_type_hints(cast("type[Any]", type(rows[0])), include_extras=True)
    names = [row.name for row in fields(rows[0]) if not _is_json_only(hints[row.name])]
    columns = [[_cell(name, getattr(row, name)) for row in rows] for name in names]
    kept = [(name, cells) for name, cells in zip(names, columns, strict=True) if any(cells)]
    return align(list(zip(*([name.upper(), *cells] for name, cells in kept), strict=True)))


def _is_json_only(hint: Any) -> bool:
    return any(isinstance(mark, JsonOnly) for mark in getattr(hint, "__metadata__", ()))


def align(lines: Sequence[Sequence[str]]) -> list[str]:
    """Cells in columns, each column as wide as its longest cell."""
    widths = [max(map(width, cells)) for cells in zip(*lines, strict=True)]
    return [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def cell(value: Any) -> str:
    """One value in one line."""
    return _cell("", value)


def _is_count(value: Any) -> TypeGuard[dict[str, int]]:
    """Whether the value maps names to counts, for example idle → 3."""
    if not isinstance(value, dict) or not value:
        return False
    return all(type(count) is int for count in cast("dict[str, Any]", value).values())


def _is_moment(name: str) -> bool:
    """Whether a field is a UNIX time; walltime_s and uptime_s are durations."""
    last = name.rpartition(".")[2]
    return last in {"at", "time_s"} or last.endswith("_at")


def _cell(name: str, value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    if _is_moment(name) and isinstance(value, (int, float)):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value)) if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.8g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell("", item) for item in cast("list[Any]", value))
    if isinstance(value, str):
        return clean(str(value))
    if _is_count(value):
        return ", ".join(f"{clean(key)} {count}" for key, count in value.items())
    return clean(json.dumps(codec.to_json(value), ensure_ascii=False))
