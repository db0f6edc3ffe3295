"""Viewer of one file, read in ranges as one scrolls."""

from dataclasses import replace

from crystalmath_server.protocol.files import FileRange, JobFile
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.lines import Line, line, spread
from crystalmath_tui.core.scroll import pages
from crystalmath_tui.core.words import file_size


@record
class Viewer:
    """One file as far as it was read."""

    file: JobFile
    content: str = ""
    offset: int = 0
    size: int = 0
    binary: bool = False
    reading: bool = True
    top: int = 0


def read_on(viewer: Viewer, part: FileRange) -> Viewer:
    """Put a part behind what was read."""
    if part.offset != viewer.offset:
        return viewer
    binary = viewer.binary or part.encoding == "base64"
    content = "" if binary else viewer.content + part.content
    return replace(
        viewer, content=content, offset=part.next_offset, size=part.size, binary=binary, reading=False
    )


def shown(viewer: Viewer, page: tuple[Line, ...], height: int) -> tuple[Line, ...]:
    """The lines in sight, or why there are none."""
    if viewer.binary:
        return ((), line(("warn", f" A binary file of {file_size(viewer.size)}; it is not shown as text.")))
    if not page:
        return ((), line(("dim", " Reading …" if viewer.reading else " The file is empty.")))
    top = pages(viewer.top, "", len(page), height)
    return page[top : top + height]


def title_line(viewer: Viewer, cols: int) -> Line:
    """Name and size."""
    part = "" if viewer.offset >= viewer.size else f"read {file_size(viewer.offset)} of "
    right = line(("dim", f"{part}{file_size(viewer.size)} "))
    return spread(line(("strong", f" {viewer.file.path}"), ("dim", f"  {viewer.file.source}")), right, cols)
