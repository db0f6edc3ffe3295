"""The filter of the jobs screen: what people type → parameters of jobs.list."""

from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.record import record

HELP = (
    ("text", "label or formula holds it, case ignored"),
    ("/text", "regular expression; a second / at the end is not needed"),
    ("!text", "jobs that do not match"),
    ("state:failed", "one state, or more: state:failed,killed"),
    ("template:NAME", "one template, as emt.relax"),
    ("cluster:NAME", "one cluster"),
    ("is:held", "jobs held back until their cluster takes more"),
)
"""What the help says about it."""

_LONGEST = 255


@record
class Filter:
    """Parts of jobs.list's parameters."""

    label: str = ""
    regex: bool = False
    invert: bool = False
    states: tuple[JobState, ...] = ()
    template: str = ""
    cluster: str = ""
    held: bool = False


def parse(text: str) -> Filter:
    """Read a filter; what is not a known word: filters by label."""
    words = text.split(" ")
    named = {
        key: value for key, found, value in (word.partition(":") for word in words) if found and key in _NAMES
    }
    label = " ".join(word for word in words if word.partition(":")[0] not in named).strip()
    invert = label.startswith("!")
    label = label.removeprefix("!")
    regex = label.startswith("/")
    if regex:
        label = label[1:].removesuffix("/")
    return Filter(
        label[:_LONGEST],
        regex and bool(label),
        invert and bool(label),
        _states(named.get("state", "")),
        named.get("template", ""),
        named.get("cluster", ""),
        named.get("is", "").casefold() == "held",
    )


_NAMES = frozenset({"state", "template", "cluster", "is"})


def _states(names: str) -> tuple[JobState, ...]:
    """States that begin with one of the names, so that a half typed one filters already."""
    wanted = [name for name in names.casefold().split(",") if name]
    return tuple(state for state in JobState if any(state.startswith(name) for name in wanted))
