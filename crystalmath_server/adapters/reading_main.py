"""The reading process: documents and vasprun.xml of jobs as results, trees and curves; a call a line."""

from collections.abc import Callable
from typing import Any

from crystalmath_server.adapters import document_reading as reading
from crystalmath_server.adapters.worker_loop import serve

CALLS: dict[str, Callable[[dict[str, Any]], object]] = {
    "results": reading.results,
    "part": reading.part,
    "series": reading.series,
    "plot": reading.plot,
}

if __name__ == "__main__":
    serve(CALLS, lambda: None)
