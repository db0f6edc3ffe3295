"""Jobs: filter, state group and sort order of the table."""

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
"""The state groups that the s key cycles through."""


@record
class Query:
    """The filter, state group and sort order."""

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


def _both(group: tuple[JobState, ...], filtered: tuple[JobState, ...]) -> tuple[JobState, ...]:
    """States in both the group and the filter; states named in the filter win over the group."""
    return tuple(state for state in filtered if state in group) or filtered or group


def sort_by(query: Query, sort: Sort) -> Query:
    """Sort by a column; pks and times start with the newest, text starts with A."""
    down = not query.descending if query.sort == sort else sort in {"pk", "modified"}
    return replace(query, sort=sort, descending=down)
