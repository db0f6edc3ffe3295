"""Density of states by element and orbital, from pymatgen's JSON or streamed parts; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crystalmath_server.protocol.series import Curve

_SPINS = {"1": "up", "-1": "down"}

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Density of states of one element and orbital type [states/eV]."""

    element: str
    orbital: str
    densities: Mapping[str, Sequence[float]]


def parts_of(dos: Document) -> list[Part]:
    """Parts of a density of states in site order; empty if it is not projected."""
    if "parts" in dos:
        return [Part(row["element"], row["orbital"], row["densities"]) for row in dos["parts"]]
    structure: Document = dos.get("structure") or {}
    sites: Sequence[Document] = structure.get("sites") or ()
    rows: Sequence[Document] = dos.get("pdos") or ()
    single = [
        Part(_element(site), name[:1], told["densities"])
        for site, orbitals in zip(sites, rows, strict=False)
        for name, told in orbitals.items()
    ]
    return sum_parts(single, orbitals=True)


def part_curves(parts: Sequence[Part], *, orbitals: bool) -> tuple[Curve, ...]:
    """A curve for each element and spin, or each element, orbital and spin."""
    found = sum_parts(parts, orbitals=orbitals)
    return tuple(
        Curve(_name(part, spin), "states/eV", tuple(map(float, values)))
        for part in found
        for spin, values in part.densities.items()
    )


def sum_parts(parts: Sequence[Part], *, orbitals: bool) -> list[Part]:
    """Parts summed by element, or by element and orbital."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for part in parts:
        spins = found.setdefault((part.element, part.orbital if orbitals else ""), {})
        for spin, values in part.densities.items():
            known = spins.get(spin)
            spins[spin] = (
                list(values) if known is None else [a + b for a, b in zip(known, values, strict=True)]
            )
    return [Part(element, orbital, spins) for (element, orbital), spins in found.items()]


def _element(site: Document) -> str:
    return str(site["species"][0]["element"])


def _name(part: Part, spin: str) -> str:
    words = [part.element, part.orbital, _SPINS.get(spin, spin) if len(part.densities) > 1 else ""]
    return " ".join(filter(None, words))
