"""Results: model slice with the fetched results and the part shown."""

from dataclasses import field
from typing import Literal, get_args

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries
from crystalmath_server.protocol.structures import StructureDetail
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.path_prompt import PathPrompt
from crystalmath_tui.core.picture import View
from crystalmath_tui.screens.results.tree import Tree

Tab = Literal["numbers", "plots", "document", "structure"]
TABS: tuple[Tab, ...] = get_args(Tab)


@record
class Slice:
    """One job and the results fetched so far."""

    pk: int = 0
    tab: Tab = "numbers"
    results: JobResults | None = None
    series: dict[str, JobSeries] = field(default_factory=dict[str, JobSeries])
    kind: str = ""
    axes: tuple[str, str] = ("step", "energy")
    as_text: bool = False
    tree: Tree = field(default_factory=Tree)
    structures: dict[int, StructureDetail] = field(default_factory=dict[int, StructureDetail])
    before: bool = False
    turn: View = field(default_factory=View)
    errors: dict[str, RpcError] = field(default_factory=dict[str, RpcError])
    tops: dict[str, int] = field(default_factory=dict[str, int])
    path: PathPrompt | None = None
    last_folder: str = ""


def plot_name(page: Slice) -> str:
    """The key under which the current curves are stored."""
    return f"{page.kind} {page.axes[0]} {page.axes[1]}" if page.kind == "steps" else page.kind


def structure_pk(page: Slice) -> int | None:
    """Pk of the structure shown: after or before the job."""
    if page.results is None:
        return None
    before, after = page.results.structure_before_pk, page.results.structure_after_pk
    return before if page.before or after is None else after


def height_of(context: Context) -> int:
    """Number of rows below the tabs."""
    return max(1, context.size.rows - 2)
