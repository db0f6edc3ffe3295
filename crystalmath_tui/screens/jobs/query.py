"""Jobs: what is shown, in which order."""

from dataclasses import replace
from typing import Literal

from crystalmath_server.protocol.jobs import ENDED, JobState, ListJobsParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import filters

Sort = Literal["pk", "modified", "state", "label", "formula", "template", "cluster"]

GROUPS: tuple[tuple[str, tuple[JobState, ...]], ...] = (
    ("all", ()),
    ("active", tuple(state for state in JobState if state not in ENDED)),
    ("paused", (JobState.PAUSED,)),
    ("finished", (JobState.FINISHED,)),
    ("failed", (JobState.FAILED, JobState.EXCEPTED)),
    ("killed", (JobState.KILLED,)),
)
"""What s goes through."""


@record
class Query:
    """What is shown, in which order."""

    text: str = ""
    group: int = 0
    sort: Sort = "pk"
    descending: bool = True

    def params(self, limit: int, cursor: str = "") -> ListJobsParams:
        """The parameters of jobs.list."""
        asked = filters.parse(self.text)
        return ListJobsParams(
            states=_both(GROUPS[self.group][1], asked.states),
            label=asked.label,
            regex=asked.regex,
            invert=asked.invert,
            template=asked.template,
            cluster=asked.cluster,
            held=asked.held,
            sort=self.sort,
            descending=self.descending,
            limit=limit,
            cursor=cursor,
        )


EVERYTHING = Query()


def _both(group: tuple[JobState, ...], asked: tuple[JobState, ...]) -> tuple[JobState, ...]:
    """States in both; a state that was asked for by name wins over the group."""
    return tuple(state for state in asked if state in group) or asked or group


def sort_by(query: Query, sort: Sort) -> Query:
    """Sort by a column; numbers and times start with the newest, words with A."""
    down = not query.descending if query.sort == sort else sort in {"pk", "modified"}
    return replace(query, sort=sort, descending=down)
