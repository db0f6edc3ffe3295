"""Statistics since the start: methods, frames, connections, and the longest event-loop stall."""

import os
import resource
import selectors
import time
from dataclasses import dataclass, field
from pathlib import Path

from crystalmath_server.protocol.system import MethodMetrics, Metrics


@dataclass(slots=True)
class Tally:
    """Call statistics of one method."""

    calls: int = 0
    errors: int = 0
    total_s: float = 0.0
    max_s: float = 0.0

    def row(self, method: str) -> MethodMetrics:
        """The method's row in system.metrics."""
        mean_s = self.total_s / self.calls if self.calls else 0.0
        return MethodMetrics(method, self.calls, self.errors, mean_s * 1e3, self.max_s * 1e3)


@dataclass(slots=True)
class Meters:
    """The statistics behind system.metrics."""

    started_s: float = field(default_factory=time.monotonic)
    connections: int = 0
    frames_in: int = 0
    frames_out: int = 0
    stall_s: float = 0.0
    methods: dict[str, Tally] = field(default_factory=dict[str, Tally])

    def record(self, method: str, elapsed_s: float, *, failed: bool) -> None:
        """Record one completed call."""
        tally = self.methods.get(method)
        if tally is None:
            tally = self.methods[method] = Tally()
        tally.calls += 1
        tally.errors += failed
        tally.total_s += elapsed_s
        tally.max_s = max(tally.max_s, elapsed_s)

    def record_stall(self, elapsed_s: float) -> None:
        """Record a time during which the event loop was blocked."""
        self.stall_s = max(self.stall_s, elapsed_s)

    @property
    def uptime_s(self) -> float:
        """Time since start [s]."""
        return time.monotonic() - self.started_s

    def snapshot(self) -> Metrics:
        """Current statistics."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Metrics(
            uptime_s=self.uptime_s,
            rss_mb=_rss_mb(),
            cpu_s=usage.ru_utime + usage.ru_stime,
            connections=self.connections,
            frames_in=self.frames_in,
            frames_out=self.frames_out,
            longest_stall_ms=self.stall_s * 1e3,
            methods=tuple(tally.row(name) for name, tally in sorted(self.methods.items())),
        )


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class TimedSelector(selectors.EpollSelector):
    """A selector that measures event-loop stalls.

    The loop is blocked from the return of one `select` to the next call, and whenever `select` returns late
    because another thread holds the interpreter. Measuring here needs no timer that wakes an idle server.
    """

    def __init__(self, meters: Meters) -> None:
        super().__init__()
        self._meters = meters
        self._returned_s = time.perf_counter()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for events and measure stalls."""
        called_s = time.perf_counter()
        turn_s = called_s - self._returned_s
        if turn_s > self._meters.stall_s:
            self._meters.record_stall(turn_s)
        events = super().select(timeout)
        self._returned_s = time.perf_counter()
        if timeout is not None and timeout > 0:
            self._meters.record_stall(self._returned_s - called_s - timeout - _GRANULARITY_S)
        return events


_GRANULARITY_S = 0.001
"""epoll rounds timeouts up to whole milliseconds."""
