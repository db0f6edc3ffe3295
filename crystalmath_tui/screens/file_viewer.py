"""File viewer: reads a file in ranges while scrolling and follows a growing file."""

from dataclasses import replace
from typing import Literal, cast

from crystalmath_server.protocol.files import JOBS_FILE, FileRange, JobFile, ReadFileParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.effects import Call
from crystalmath_tui.core.formatting import file_size
from crystalmath_tui.core.lines import Line, line, spread
from crystalmath_tui.core.scroll import scroll_top

KEPT = 1_000_000
"""Number of characters kept from the end of a followed file."""
_END = 65_536


@record
class Viewer:
    """The part of a file read so far; `skipped` bytes before its content are not in memory."""

    file: JobFile
    content: str = ""
    offset: int = 0
    size: int = 0
    binary: bool = False
    reading: bool = True
    top: int = 0
    following: bool = False
    skipped: bool = False

    @property
    def is_growing(self) -> bool:
        """Whether to read the file again for new content."""
        return self.following and not self.binary and self.file.source == "work"


def read_on(viewer: Viewer, part: FileRange) -> Viewer:
    """Append a part to the content; a file that shrank is read again from the start."""
    if part.size < viewer.offset:
        return replace(viewer, content="", offset=0, size=part.size, reading=False, skipped=False)
    if part.offset != viewer.offset:
        return viewer
    binary = viewer.binary or part.encoding == "base64"
    content = "" if binary else viewer.content + part.content
    skipped = viewer.skipped
    if viewer.following and len(content) > KEPT:
        content, skipped = content[-KEPT:].partition("\n")[2], True
    return replace(
        viewer,
        content=content,
        offset=part.next_offset,
        size=part.size,
        binary=binary,
        reading=False,
        skipped=skipped,
    )


def toggle_following(viewer: Viewer) -> Viewer:
    """Start or stop following the end of the file; content far before the end is skipped."""
    if viewer.following:
        return replace(viewer, following=False)
    if viewer.size - viewer.offset <= _END or viewer.binary:
        return replace(viewer, following=True)
    return replace(viewer, following=True, content="", offset=viewer.size - _END, skipped=True)


def read_call(pk: int, viewer: Viewer) -> Call[ReadFileParams, FileRange]:
    """The call that reads the next part."""
    file = viewer.file
    source = file.source if file.source in {"inputs", "work"} else "retrieved"
    given = cast("Literal['inputs', 'retrieved', 'work']", source)
    return Call(JOBS_FILE, ReadFileParams(pk, file.path, given, viewer.offset), "job file", (pk, file))


def visible_lines(viewer: Viewer, page: tuple[Line, ...], height: int) -> tuple[Line, ...]:
    """The visible lines, or why there are none; the end of a followed file."""
    if viewer.binary:
        return ((), line(("warn", f" A binary file of {file_size(viewer.size)}; it is not shown as text.")))
    if not page:
        return ((), line(("dim", " Reading …" if viewer.reading else " The file is empty.")))
    top = scroll_top(viewer.top, "last" if viewer.following else "", len(page), height)
    return page[top : top + height]


def title_line(viewer: Viewer, cols: int) -> Line:
    """The title line: file name and size."""
    marks = "following · " if viewer.following else ""
    marks += "end only · " if viewer.skipped else ""
    part = "" if viewer.offset >= viewer.size else f"read {file_size(viewer.offset)} of "
    right = line(("dim", f"{marks}{part}{file_size(viewer.size)} "))
    return spread(line(("strong", f" {viewer.file.path}"), ("dim", f"  {viewer.file.source}")), right, cols)
