"""Helpers shared by the cluster screens: messages, the deletion question, state labels."""

from crystalmath_server.protocol.clusters import (
    CLUSTERS_DELETE,
    CLUSTERS_UPDATE,
    ClusterLabel,
    ClusterRow,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import Outcome
from crystalmath_tui.core.effects import Ask, Call, Effect
from crystalmath_tui.core.formatting import clock, count
from crystalmath_tui.core.lines import Span, line

MARKS = {Outcome.OK: ("ok", "✓"), Outcome.FAILED: ("error", "✗"), Outcome.NOT_REACHED: ("dim", "·")}
"""Style and symbol of an outcome, shown next to its word."""


def delete(row: ClusterRow, codes: int = 0) -> tuple[Effect, ...]:
    """Ask, then delete; the server refuses if jobs or results need the cluster."""
    details = (
        line(("number", f"   {row.label}  "), row.hostname, ("dim", f"   {row.scheduler}")),
        line(("dim", f"   {count(codes, 'code')} on it" if codes else "   no code on it")),
    )
    call = Call(CLUSTERS_DELETE, ClusterLabel(row.label), "cluster deleted", key=f"delete {row.label}")
    return (Ask(f"Delete cluster {row.label}? Nothing is removed on the cluster itself.", details, (call,)),)


def enable(row: ClusterRow) -> tuple[Effect, ...]:
    """Disable a cluster after a question, or enable it again."""
    params = UpdateClusterParams(row.label, enabled=not row.enabled)
    call = Call(CLUSTERS_UPDATE, params, "cluster saved", key=f"enable {row.label}")
    if not row.enabled:
        return (call,)
    words = line(("dim", "   Jobs there can no longer be reached until it is enabled again."))
    return (Ask(f"Disable cluster {row.label}?", (words,), (call,)),)


def state_of(row: ClusterRow) -> Span:
    """The state of a cluster: whether it is enabled, and what is wrong with it."""
    if not row.enabled:
        return Span("dim", "disabled")
    if row.retry_at is not None:
        return Span("error", f"rests until {clock(row.retry_at)}")
    return Span("warn", "trouble") if row.trouble else Span("ok", "enabled")
