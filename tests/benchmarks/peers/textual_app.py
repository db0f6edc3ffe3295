"""The same table in Textual."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header


class Jobs(App[None]):
    BINDINGS: ClassVar = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("pk", "state", "label", "formula", "template", "cluster", "age")
        for pk in range(100):
            table.add_row(str(pk), "finished", f"job {pk}", "Si2", "emt.relax", "localhost", "1m00")
        table.focus()


Jobs().run()
