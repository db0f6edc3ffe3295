"""The reading process: documents and vasprun.xml of jobs as results, trees and curves; a call a line."""

import os
from collections.abc import Callable
from typing import Any

from crystalmath_server.adapters.processes.call_loop import serve
from crystalmath_server.adapters.reader import documents as reading

CALLS: dict[str, Callable[[dict[str, Any]], object]] = {
    "results": reading.results,
    "part": reading.part,
    "series": reading.series,
    "plot": reading.plot,
}

LOWER = 10
"""Niceness: where processors are few, who asks the server goes before who waits for a file."""


def give_way() -> None:
    """Let the server, and all that answers at once, go first."""
    os.nice(LOWER)


if __name__ == "__main__":
    give_way()
    serve(CALLS, lambda: None)
