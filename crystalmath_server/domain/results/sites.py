"""Site results in a task document: force, magnetic moment, charge; pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from crystalmath_server.domain.results import task_document as task
from crystalmath_server.domain.results import vasp
from crystalmath_server.domain.results.task_document import Document, as_list, number, section
from crystalmath_server.protocol.results import SiteResult

MAX_SITES = 1000


def is_vasp(document: Document) -> bool:
    """Whether a document is emmet's TaskDoc for VASP."""
    return isinstance(document.get("calcs_reversed"), list)


def sites_of(document: Document) -> tuple[SiteResult, ...]:
    """All sites of the final structure; empty if the document has no site results."""
    structure = vasp.final_structure(document) if is_vasp(document) else task.final_structure(document)
    sites: Any = structure.get("sites")
    if not isinstance(sites, list):
        return ()
    forces = as_list(section(document, "output").get("forces"))
    moments, charges = _moments(document), _charges(document)
    if not (forces or moments or charges):
        return ()
    return tuple(
        SiteResult(
            index=i + 1,
            species=_species(site),
            force_ev_a=_vector(_at(forces, i)),
            magmom_mub=number(_at(moments, i)),
            charge_e=number(_at(charges, i)),
        )
        for i, site in enumerate(cast("list[Mapping[str, Any]]", sites))
    )


def _moments(document: Document) -> Sequence[object]:
    """Moments [μB] from OUTCAR or from the last configuration."""
    if not is_vasp(document):
        steps = task.ionic_steps(document)
        return as_list(steps[-1].get("magmoms")) if steps else ()
    return [row.get("tot") for row in _outcar_rows(document, "magnetization")]


def _charges(document: Document) -> Sequence[object]:
    """Electrons inside the sphere of each atom, from OUTCAR."""
    return [row.get("tot") for row in _outcar_rows(document, "charge")] if is_vasp(document) else ()


def _outcar_rows(document: Document, name: str) -> list[Mapping[str, object]]:
    outcar = section(section(vasp.last_calculation(document), "output"), "outcar")
    return [section({name: row}, name) for row in as_list(outcar.get(name))]


def _species(site: Mapping[str, Any]) -> str:
    """Species of a site, e.g. Fe3+; the site's label if it has none."""
    names = [str(row.get("element", "")) for row in as_list(site.get("species"))]
    return " ".join(names) or str(site.get("label", ""))


def _vector(value: object) -> tuple[float, float, float] | None:
    found = [number(x) for x in as_list(value)]
    if len(found) != 3 or None in found:
        return None
    x, y, z = cast("list[float]", found)
    return (x, y, z)


def _at(rows: Sequence[object], index: int) -> object:
    return rows[index] if index < len(rows) else None
