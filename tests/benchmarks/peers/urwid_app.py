"""The same table in stock urwid: Columns in a ListBox."""

from typing import Any

import urwid


def row(cells: tuple[str, ...]) -> Any:
    columns = urwid.Columns([urwid.Text(cell, wrap="clip") for cell in cells], dividechars=2)
    return urwid.AttrMap(columns, None, "focus")


head = ("pk", "state", "label", "formula", "template", "cluster", "age")
rows = [row((str(pk), "finished", f"job {pk}", "Si2", "emt.relax", "localhost", "1m00")) for pk in range(100)]
body = urwid.ListBox(urwid.SimpleFocusListWalker(rows))
frame = urwid.Frame(body, header=row(head), footer=urwid.Text("q quit"))


def stop(key: object) -> None:
    if key == "q":
        raise urwid.ExitMainLoop


urwid.MainLoop(frame, [("focus", "white", "dark blue")], unhandled_input=stop).run()
