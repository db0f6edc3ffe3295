"""What templates take as input: one structure, or several that belong together; pure."""

from collections.abc import Callable, Mapping, Sequence

from crystalmath_server.domain.inputs import neb
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.templates import Takes

FIELD = "structures"
STRUCTURE = Takes()
TAKES = {row.what: row for row in (STRUCTURE, neb.TAKES)}
"""First parameter of a Maker's `make` → input; a new kind of input needs a row here and a check below."""

_CHECKS: Mapping[str, Callable[[Sequence[Sequence[str]]], None]] = {neb.TAKES.what: neb.check}


def check_structures(template: str, takes: Takes, species: Sequence[Sequence[str]]) -> None:
    """Reject structures that a template does not accept.

    Parameters
    ----------
    species
        Names of the sites of each structure, in order.

    Raises
    ------
    InvalidForm
        Field: structures.
    """
    given = len(species)
    if not takes.fewest <= given <= takes.most:
        detail = (
            f"{template} takes {_amount(takes)}, and {given or 'none'} {'was' if given < 2 else 'were'} given"
        )
        raise InvalidForm(detail, field=FIELD, hint=takes.help or "Give the pk of one stored structure.")
    if takes.what in _CHECKS:
        _CHECKS[takes.what](species)


def _amount(takes: Takes) -> str:
    if takes.most == 1:
        return "one structure"
    return f"{takes.fewest} to {takes.most} {takes.what}"
