"""The urwid loop: keys, clock and socket → messages; effects → I/O; lines → canvas.

1. One thread that never blocks: the socket is non-blocking, and an alarm polls a starting server.
2. Messages are handled one at a time; messages sent by an effect wait until the current message is done.
3. The screen is painted at most 60 times a second, and only if its lines changed.
"""

import base64
import os
import random
import signal
import sys
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from crystalmath_server.protocol import endpoint
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import CallTimeout, ConnectionLost, RpcError
from crystalmath_server.protocol.jobs import JOBS_LIST
from crystalmath_server.protocol.system import HELLO
from crystalmath_tui import program, theme
from crystalmath_tui.client.calls import Calls
from crystalmath_tui.client.connection import Event, Fault, Notice, Response, check_hello, hello_params
from crystalmath_tui.client.daemon import RETRY_S, Starter, Where, locate
from crystalmath_tui.client.folders import Local, look_up
from crystalmath_tui.client.outside import edit_outside
from crystalmath_tui.client.transport import Link
from crystalmath_tui.core import effects, messages
from crystalmath_tui.core.effects import Call, Effect
from crystalmath_tui.core.lines import Line, Size
from crystalmath_tui.core.messages import Message
from crystalmath_tui.terminal import Frame, Terminal, urwid

_FRAME_S = 1 / 60
_TICK_S = 0.5
_CRASHED = 70  # EX_SOFTWARE


class Canvas(urwid.Widget):
    """A stateless box widget that paints lines."""

    _sizing = frozenset([urwid.BOX])
    _selectable = True

    def __init__(self, lines: Callable[[Size], Sequence[Line]]) -> None:
        super().__init__()
        self._lines = lines

    def render(self, size: tuple[Any, ...], focus: bool = False) -> Frame:  # noqa: ARG002, FBT001, FBT002
        """The canvas of the lines at a size."""
        cols, rows = size
        return Frame(self._lines(Size(rows, cols)), cols)

    def repaint(self) -> None:
        """Invalidate the canvas, so that urwid requests a new one when it is next idle."""
        self._invalidate()

    def keypress(self, size: tuple[Any, ...], key: str) -> str:  # noqa: ARG002
        """Return the key; the input filter has already handled it."""
        return key


class Runtime:
    """The program running on one terminal."""

    def __init__(self, where: Where, *, readonly: bool, mouse: bool) -> None:
        self._where = where
        self._screen = Terminal(bracketed_paste_mode=True, focus_reporting=False)
        self._screen.set_terminal_properties(colors=theme.colors(os.environ))  # pyright: ignore[reportArgumentType]
        self._canvas = Canvas(self._lines)
        self._loop = urwid.MainLoop(
            self._canvas,
            theme.palette(),
            self._screen,
            handle_mouse=mouse,
            input_filter=self._on_input,
            event_loop=urwid.SelectEventLoop(),
        )
        cols, rows = self._screen.get_cols_rows()
        self._model, self._first = program.init(Size(rows, cols), time.time(), readonly=readonly)
        self._shown: tuple[Line, ...] = ()  # at _shown_size
        self._painted_at, self._shown_size = 0.0, Size(0, 0)
        self._paint_planned = False
        self._messages: deque[Message] = deque()
        self._calls: Calls | None = None
        self._starter: Starter | None = None
        self._greeting: tuple[Link, int, float] | None = None
        self._watched: int | None = None
        self._alarms: dict[str, Any] = {}
        self._paste: list[str] | None = None

    def run(self) -> None:
        """Paint at once and run until the user quits; the terminal is always restored."""
        self._loop.event_loop.alarm(0, self._begin)
        try:
            self._loop.run()
        finally:
            self._close_link()

    def _begin(self) -> None:
        """Run the first effects after the first paint, so that starting the server delays nothing."""
        for effect in self._first:
            self._perform(effect)
        self._tick()

    def _tick(self) -> None:
        now = time.monotonic()
        if self._calls is not None:
            try:
                late = self._calls.expire(now)
            except ConnectionLost as error:
                self._lose(error)
            else:
                self._send(*late)
        self._tell_progress()
        if self._greeting is not None and self._greeting[2] < now:
            self._lose(CallTimeout("the server did not greet in time"))
        self._send(messages.Ticked(time.time()))
        self._loop.event_loop.alarm(_TICK_S, self._tick)

    def _send(self, *sent: Message) -> None:
        """Handle messages, and the messages that their effects send."""
        idle = not self._messages
        self._messages.extend(sent)
        while idle and self._messages:
            self._model, wanted = program.update(self._model, self._messages[0])
            for effect in wanted:
                self._perform(effect)
            self._messages.popleft()
        if not self._paint_planned:
            self._paint_planned = True
            wait = max(0.0, self._painted_at + _FRAME_S - time.monotonic())
            self._loop.event_loop.alarm(wait, self._paint)

    def _lines(self, size: Size) -> tuple[Line, ...]:
        """The lines of the last frame, rebuilt if the terminal has been resized."""
        return self._shown if size == self._shown_size else program.view(self._model, size)

    def _paint(self) -> None:
        """Let urwid paint when it is next idle, if the lines changed."""
        self._paint_planned = False
        self._painted_at = time.monotonic()
        self._shown_size = self._model.size
        lines = program.view(self._model, self._shown_size)
        if lines != self._shown:
            self._shown = lines
            self._canvas.repaint()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Call():
                self._call(cast("Call[Any, Any]", effect))
            case effects.Later(seconds, message, key):
                self._later(seconds, message, key)
            case effects.NewKey():
                self._send(effect.answer(str(uuid.uuid4())))
            case _ if isinstance(effect, Local):
                self._send(look_up(effect))
            case effects.EditOutside() | effects.Copy():
                self._hand_out(effect)
            case effects.Connect(profile):
                self._connect(profile)
            case effects.Suspend():
                os.kill(os.getpid(), signal.SIGTSTP)
            case effects.Redraw():
                self._screen.clear()
                self._canvas.repaint()
            case effects.Quit():
                raise urwid.ExitMainLoop
            case _:
                raise TypeError(f"nobody carries out {effect}")

    def _later(self, seconds: float, message: Message, key: str) -> None:
        if earlier := self._alarms.pop(key, None):
            self._loop.event_loop.remove_alarm(earlier)
        self._alarms[key] = self._loop.event_loop.alarm(seconds, lambda: self._send(message))

    def _hand_out(self, effect: effects.EditOutside | effects.Copy) -> None:
        """Copy a text, or hand it and the terminal to the user's own editor while the program waits."""
        if isinstance(effect, effects.Copy):
            self._copy(effect.text)
            return
        self._screen.stop()
        try:
            outcome = edit_outside(effect.name, effect.text, os.environ)
        finally:
            self._screen.start()
        self._screen.clear()
        self._canvas.repaint()
        self._send(effect.answer(outcome))

    def _copy(self, text: str) -> None:
        """Copy through OSC 52, which works over ssh too; base64 hides any control characters in the text."""
        self._screen.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a")
        self._screen.flush()

    def _on_input(self, keys: list[Any], _raw: list[int]) -> list[Any]:
        """Keys, clicks and pastes → messages; urwid itself only needs to know about resizes."""
        for key in keys:
            if isinstance(key, tuple):
                self._on_mouse(cast("tuple[Any, ...]", key))
            elif key == "window resize":
                cols, rows = self._screen.get_cols_rows()
                self._send(messages.Resized(Size(rows, cols)))
            else:
                self._on_key(key)
        return [key for key in keys if key == "window resize"]

    def _on_mouse(self, event: tuple[Any, ...]) -> None:
        if event[0] == "mouse press":
            _, button, col, row = event
            self._send(messages.MousePressed(row, col, button))

    def _on_key(self, key: str) -> None:
        if key == "begin paste":
            self._paste = []
        elif key == "end paste":
            text, self._paste = "".join(self._paste or []), None
            self._send(messages.Pasted(text))
        elif self._paste is not None:
            self._paste.append({"enter": "\n", "tab": "\t"}.get(key, key if len(key) == 1 else ""))
        else:
            self._send(messages.KeyPressed(key))

    # The link: connect → greet → calls; any failure ends in _lose.

    def _connect(self, profile: str) -> None:
        if profile:
            self._where = locate(profile, spawn=self._where.spawn)
        self._close_link()
        self._starter = Starter(self._where)
        self._poll_starter()

    def _poll_starter(self) -> None:
        if self._starter is None:
            return
        words = self._starter.words
        try:
            link = self._starter.poll(time.monotonic())
            if link is not None:
                self._greet(link)
                return
        except RpcError as error:
            self._lose(error)
            return
        if words != self._starter.words:
            self._send(messages.Connecting(f"{self._starter.words} …"))
        self._later_poll()

    def _later_poll(self) -> None:
        if earlier := self._alarms.pop("starter", None):
            self._loop.event_loop.remove_alarm(earlier)
        self._alarms["starter"] = self._loop.event_loop.alarm(RETRY_S, self._poll_starter)

    def _greet(self, link: Link) -> None:
        self._starter = None
        self._watched = self._loop.event_loop.watch_file(link.fileno(), lambda: self._on_readable(link))
        self._greeting = (link, -1, 0.0)
        number = link.request(HELLO, hello_params())
        self._greeting = (link, number, time.monotonic() + HELLO.timeout_s)

    def _on_readable(self, link: Link) -> None:
        try:
            for event in link.on_readable():
                self._on_event(event)
            self._tell_progress()
            self._flush(link)
        except RpcError as error:
            self._lose(error)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Fault):
            self._send(messages.CallFailed(event.error))
        elif isinstance(event, Response) and self._greeting is not None and event.id == self._greeting[1]:
            self._take_hello(self._greeting[0], event)
        elif isinstance(event, Response) and self._calls is not None:
            message = self._calls.take_response(event, time.monotonic())
            if message is not None:
                self._send(message)
        elif isinstance(event, Notice) and self._calls is not None:
            self._calls.take_notice(event)

    def _tell_progress(self) -> None:
        """Send the progress of calls if it changed."""
        told = self._calls.progress if self._calls is not None else ()
        if told != self._model.link.progress:
            self._send(messages.Progressed(told))

    def _take_hello(self, link: Link, response: Response) -> None:
        if response.error is not None:
            raise response.error
        check_hello(response.result)
        self._greeting = None
        self._calls = Calls(link)
        self._send(messages.Connected(response.result))

    def _call(self, call: Call[Any, Any]) -> None:
        if self._calls is None:
            self._send(call.refuse(ConnectionLost("there is no connection to the server")))
            return
        try:
            self._calls.start(call, time.monotonic())
            self._flush(self._calls.link)
        except ConnectionLost as error:
            self._lose(error)
        except RpcError as error:  # parameters that are not valid JSON
            self._send(call.refuse(error))

    def _flush(self, link: Link) -> None:
        """Send the rest; urwid's loop waits only for input, so an alarm retries a full socket."""
        link.flush()
        if link.wants_write:
            self._loop.event_loop.alarm(RETRY_S, lambda: self._reflush(link))

    def _reflush(self, link: Link) -> None:
        if link.fileno() >= 0:
            try:
                self._flush(link)
            except ConnectionLost as error:
                self._lose(error)

    def _lose(self, error: RpcError) -> None:
        calls, self._starter = self._calls, None
        self._close_link()
        if calls is not None:
            self._send(*calls.fail_all(ConnectionLost(error.data.detail)))
        self._send(messages.Disconnected(error, random.random()))  # noqa: S311  spreads retries, hides nothing

    def _close_link(self) -> None:
        if self._watched is not None:
            self._loop.event_loop.remove_watch_file(self._watched)
        for link in (self._greeting and self._greeting[0], self._calls and self._calls.link):
            if link is not None:
                link.close()
        self._watched = self._greeting = self._calls = None


def unfit(environ: Mapping[str, str], *, terminal: bool) -> str:
    """Why the interface cannot run here, with an alternative; empty if it can run."""
    way_out = f"The command line works everywhere: {command(JOBS_LIST)}"
    if not terminal:
        return f"crystalmath needs a terminal for its interface. {way_out}"
    if environ.get("TERM", "dumb") in {"", "dumb", "unknown"}:
        return f"TERM={environ.get('TERM', '')} cannot place text, so there is no interface. {way_out}"
    return ""


def main(
    profile: str | None,
    socket: str | None,
    readonly: bool,  # noqa: FBT001
    mouse: bool,  # noqa: FBT001
    *,
    spawn: bool = True,
) -> int:
    """Run the interface and return the exit status; without `spawn`, never start a server."""
    if refusal := unfit(os.environ, terminal=sys.stdin.isatty() and sys.stdout.isatty()):
        print(refusal, file=sys.stderr)  # noqa: T201
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        Runtime(locate(profile, socket, spawn=spawn), readonly=readonly, mouse=mouse).run()
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001  any error is reported on a restored terminal
        print(_crash_words(traceback.format_exc()), file=sys.stderr)  # noqa: T201
        return _CRASHED
    return 0


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _crash_words(trace: str) -> str:
    """The message after a crash; appends the traceback to a log and names the log."""
    log = endpoint.state_dir(os.environ) / "tui-crash.log"
    reason = trace.strip().splitlines()[-1]
    if not _append(log, f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z}\n{trace}\n"):
        return f"crystalmath ended by a fault of its own. Jobs go on.\n{trace}"
    return f"crystalmath ended by a fault of its own: {reason}\nJobs go on. The details are in {log}"


def _append(log: Path, text: str) -> bool:
    with suppress(OSError):
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(text)
        return True
    return False
