"""Position in a list: the selected row and the top row."""

from crystalmath_server.protocol.record import record


@record
class Scroll:
    """Index of the selected row and of the first visible row."""

    index: int = 0
    top: int = 0


START = Scroll()


def move(scroll: Scroll, action: str, count: int, height: int) -> Scroll:
    """The position after an action of keymap.MOVES or the mouse wheel."""
    page = max(1, height - 1)
    steps = {"down": 1, "up": -1, "page down": page, "page up": -page, "first": -count, "last": count}
    return clamp(Scroll(scroll.index + steps.get(action, 0), scroll.top), count, height)


def clamp(scroll: Scroll, count: int, height: int) -> Scroll:
    """The position with the selected row inside the list and visible."""
    index = max(0, min(scroll.index, count - 1))
    top = max(min(scroll.top, index), index - max(1, height) + 1)
    return Scroll(index, max(0, min(top, count - height)))


def scroll_top(top: int, action: str, count: int, height: int) -> int:
    """First visible line of a text after an action; a text has no selected line."""
    page = max(1, height - 1)
    steps = {"down": 1, "up": -1, "page down": page, "page up": -page, "first": -count, "last": count}
    return max(0, min(top + steps.get(action, 0), count - height))
