"""The reading process: turns documents and vasprun.xml into results, trees and curves."""

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
"""Niceness; with few processors, server requests take priority over file reads."""


def give_way() -> None:
    """Give priority to the server and other interactive processes."""
    os.nice(LOWER)


if __name__ == "__main__":
    give_way()
    serve(CALLS, lambda: None)
