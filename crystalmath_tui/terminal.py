"""urwid, without the event loops that it imports besides the one that is used here.

Those that are installed cost half of the start; asyncio alone a tenth of it, and 3 MB.
"""

import sys
from types import ModuleType

for _name in ("zmq", "tornado", "twisted", "trio", "glib"):
    sys.modules.setdefault(f"urwid.event_loop.{_name}_loop", None)  # pyright: ignore[reportArgumentType]

_unused = ModuleType("urwid.event_loop.asyncio_loop")  # urwid cannot be imported without one of this name
_unused.__dict__["AsyncioEventLoop"] = None
sys.modules.setdefault(_unused.__name__, _unused)

import urwid  # noqa: E402
from urwid.canvas import TextCanvas  # noqa: E402

__all__ = ["TextCanvas", "urwid"]
