"""The result of checking a POTCAR library, with messages and hints; pure."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from crystalmath_server.domain.potcars.library import (
    ABSENT,
    CLOSED,
    NO_FOLDER,
    Listing,
    PotcarLibrary,
    folders_of,
)
from crystalmath_server.domain.potcars.locations import LOCAL
from crystalmath_server.protocol.clusters import CLUSTERS_UPDATE
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.potcars import Potcar, PotcarCheck, PotcarFolder

_STATES = {
    ABSENT: "does not exist",
    NO_FOLDER: "is not a folder",
    CLOSED: "cannot be read: permission denied",
}


def unset(cluster: str, functional: str, *, local: bool) -> PotcarCheck:
    """The result if the location of the potentials is not set."""
    if local:
        detail = f"{cluster} uses the POTCARs on this machine, but pymatgen's PMG_VASP_PSP_DIR is not set"
        hint = "pmg config --add PMG_VASP_PSP_DIR FOLDER, then: crystalmath-server stop"
        return PotcarCheck(cluster, functional, LOCAL, ok=False, detail=detail, hint=hint, looked=())
    detail = f"The location of the VASP potentials on {cluster!r} is not set"
    return PotcarCheck(cluster, functional, "", ok=False, detail=detail, hint=_set(cluster, ""), looked=())


def verdict(
    cluster: str, functional: str, library: PotcarLibrary, seen: Listing, potcars: Sequence[Potcar]
) -> PotcarCheck:
    """The result of a check."""
    missing = [row.symbol for row in potcars if not row.found]
    folders = folders_of(seen)
    detail, hint = _words(cluster, functional, library, seen, folders, missing)
    return PotcarCheck(
        cluster,
        functional,
        library.root,
        ok=bool(potcars) and not missing,
        detail=detail or f"all {len(potcars)} are there",
        hint=hint,
        looked=library.search_path(functional),
        potcars=tuple(potcars),
        folders=folders,
    )


def _words(
    cluster: str,
    functional: str,
    library: PotcarLibrary,
    seen: Listing,
    folders: Sequence[PotcarFolder],
    missing: Sequence[str],
) -> tuple[str, str]:
    """The problem and a hint; both empty if there is no problem."""
    place = f"{library.root} on this machine" if library.folders else f"{library.root} on {cluster}"
    another = _another(cluster, library)
    if seen.state in _STATES:
        return f"{place} {_STATES[seen.state]}", another
    if not folders:
        return f"{place} and the folders in it hold no POTCAR", another
    if not seen.symbols(library.search_path(functional)):
        return f"{place} has no folder of {functional}", _elsewhere(cluster, library, folders)
    if missing:
        return f"not there for {functional}: {', '.join(missing)}", "See the note for each symbol."
    return "", ""


def _elsewhere(cluster: str, library: PotcarLibrary, folders: Sequence[PotcarFolder]) -> str:
    """A hint with the available functionals, and folders whose names imply none."""
    named = sorted({row.functional for row in folders if row.functional})
    ways = [f"Set user_potcar_functional of the template to {' or '.join(named)}"] if named else []
    odd = [PurePosixPath(row.path).name for row in folders if not row.functional and row.path != library.root]
    if odd and not library.folders:
        ways.append(f"If {odd[0]} is of it: {_set(cluster, f'{library.root}/{odd[0]}')}")
    return "; ".join(ways) or _another(cluster, library)


def _another(cluster: str, library: PotcarLibrary) -> str:
    if library.folders:
        return "Set another folder: pmg config --add PMG_VASP_PSP_DIR FOLDER, then: crystalmath-server stop"
    return _set(cluster, "")


def _set(cluster: str, folder: str) -> str:
    return command(CLUSTERS_UPDATE, label=cluster, potcar_dir=folder or f"/path/on/{cluster}")
