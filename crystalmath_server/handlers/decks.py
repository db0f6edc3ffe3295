"""decks.*: input files of VASP as text."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.decks import DECK_FILES, CheckDeckParams, DeckReport
from crystalmath_server.protocol.errors import InvalidForm

_TAKEN = (*DECK_FILES, "POTCAR")


async def check(ports: Ports, params: CheckDeckParams) -> DeckReport:
    """Problems and facts of the files that are given."""
    for name in params.files:
        if name not in _TAKEN:
            hint = f"Give some of {', '.join(_TAKEN)}."
            raise InvalidForm(f"{name[:60]!r} is no file of a deck", field="files", hint=hint)
    if not params.files:
        raise InvalidForm(
            "There is no file to check", field="files", hint=f"Give some of {', '.join(_TAKEN)}."
        )
    return await ports.workbench.check_deck(params.files, params.tasks)
