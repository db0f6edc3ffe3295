"""The filter of the jobs screen: typed text → parameters of jobs.list."""

from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.record import record

HELP = (
    ("text", "label or formula contains it, ignoring case"),
    ("/text", "regular expression; a trailing / is optional"),
    ("!text", "jobs that do not match"),
    ("state:failed", "one or more states: state:failed,killed"),
    ("template:NAME", "one template, such as emt.relax"),
    ("cluster:NAME", "one cluster"),
    ("is:held", "jobs held back until their cluster takes more"),
)
"""Filter syntax shown in the help."""

_LONGEST = 255


@record
class Filter:
    """The parameters of jobs.list that a filter sets."""

    label: str = ""
    regex: bool = False
    invert: bool = False
    states: tuple[JobState, ...] = ()
    template: str = ""
    cluster: str = ""
    held: bool = False


def parse(text: str) -> Filter:
    """Parse a filter; text without a known prefix filters by label."""
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
    """States that begin with one of the names, so that partly typed names filter already."""
    wanted = [name for name in names.casefold().split(",") if name]
    return tuple(state for state in JobState if any(state.startswith(name) for name in wanted))
