"""vasprun.xml, written as the run goes: header, each electronic and ionic step, end."""

import time
from typing import Any, TextIO
from xml.sax.saxutils import escape

import numpy as np

from tests.vasp_standin.standin_bands import Bands, dos_of
from tests.vasp_standin.standin_deck import INTEGERS, SWITCHES, Deck, numbers
from tests.vasp_standin.standin_density import enmax
from tests.vasp_standin.standin_forces import Point
from tests.vasp_standin.standin_kpoints import GAMMA, LINES, MONKHORST
from tests.vasp_standin.standin_text import VERSION

HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<modeling>\n'


class VasprunWriter:
    """A vasprun.xml that is whole only after `finish`, as VASP's own."""

    def __init__(self, out: TextIO, deck: Deck) -> None:
        self.out = out
        self.deck = deck
        self.inside = False

    def begin(self, atoms: Any) -> None:
        parts = (_generator(), _incar(self.deck), _kpoints(self.deck), _parameters(self.deck))
        self._write(HEAD, *parts, _atominfo(self.deck), _structure(atoms, "initialpos"))

    def open_step(self) -> None:
        """The step before is closed only now: the last one takes the bands too."""
        self._write(" </calculation>\n" if self.inside else "", " <calculation>\n")
        self.inside = True

    def cycle(self, energy: float, seconds: float) -> None:
        spent = f'   <time name="total">{seconds:8.2f}{seconds:8.2f}</time>\n'
        self._write(f"  <scstep>\n{spent}{_energies(energy)}  </scstep>\n")

    def close_step(self, atoms: Any, point: Point, kinetic: float | None) -> None:
        more = "" if kinetic is None else _item("kinetic", kinetic) + _item("total", point.energy + kinetic)
        arrays = _varray("forces", point.forces) + _varray("stress", point.stress)
        self._write(_structure(atoms), arrays, _energies(point.energy, more))

    def finish(self, atoms: Any, bands: Bands) -> None:
        self._write(_eigenvalues(bands), _dos(self.deck, bands), " </calculation>\n")
        self._write(_structure(atoms, "finalpos"), "</modeling>\n")

    def _write(self, *parts: str) -> None:
        self.out.write("".join(parts))
        self.out.flush()


def _item(name: str, value: bool | float | str) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return f'  <i type="logical" name="{name}"> {"T" if value else "F"}  </i>\n'
    if isinstance(value, int):
        return f'  <i type="int" name="{name}">{value:6d}</i>\n'
    if isinstance(value, float):
        form = "16.8f" if not value or abs(value) >= 1e-4 else "16.8E"
        return f'  <i name="{name}">{value:{form}}</i>\n'
    return f'  <i type="string" name="{name}">{escape(value)}</i>\n'


def _varray(name: str, table: Any) -> str:
    body = "".join("   <v>" + "".join(f" {x:15.8f}" for x in row) + " </v>\n" for row in table)
    return f'  <varray name="{name}" >\n{body}  </varray>\n'


def _generator() -> str:
    now = time.strftime(
        '  <i name="date" type="string">%Y %m %d </i>\n  <i name="time" type="string">%H:%M:%S </i>\n'
    )
    return (
        ' <generator>\n  <i name="program" type="string">vasp </i>\n'
        f'  <i name="version" type="string">{VERSION}  </i>\n'
        '  <i name="subversion" type="string">STAND-IN, no VASP </i>\n'
        f'  <i name="platform" type="string">stand-in </i>\n{now} </generator>\n'
    )


def _incar(deck: Deck) -> str:
    return f" <incar>\n{''.join(_tag(tag, value) for tag, value in deck.tags.items())} </incar>\n"


def _tag(tag: str, value: str) -> str:
    """A tag of INCAR with the type that VASP gives it."""
    if tag in SWITCHES:
        return _item(tag, value.lstrip(".")[:1].upper() == "T")
    if tag in INTEGERS:
        return _item(tag, int(value.split(maxsplit=1)[0]))
    found = numbers(value)
    if len(found) > 1:
        if tag == "LDAUL":
            return f'  <v type="int" name="{tag}">' + "".join(f"{int(x):6d}" for x in found) + "</v>\n"
        return f'  <v name="{tag}">' + "".join(f"{x:16.8f}" for x in found) + "</v>\n"
    return _item(tag, found[0] if found else value)


def _kpoints(deck: Deck) -> str:
    kpoints = deck.kpoints
    made = ""
    if kpoints.style in {GAMMA, MONKHORST}:
        divisions = "".join(f"{n:8d}" for n in kpoints.divisions)
        shift = "".join(f"{x:17.8f}" for x in kpoints.shift)
        made = f'   <v type="int" name="divisions">{divisions} </v>\n   <v name="usershift">{shift} </v>\n'
    elif kpoints.style == LINES:
        made = f'   <i name="divisions" type="int">{kpoints.divisions[0]:8d} </i>\n' + "".join(
            "   <v>" + "".join(f"{x:17.8f}" for x in corner) + " </v>\n" for corner in kpoints.corners
        )
    if made:
        made = f'  <generation param="{kpoints.style}">\n{made}  </generation>\n'
    lists = _varray("kpointlist", kpoints.points) + _varray("weights", kpoints.weights[:, None])
    return f" <kpoints>\n{made}{lists} </kpoints>\n"


def _parameters(deck: Deck) -> str:
    """What VASP made of INCAR and its defaults, as far as anybody reads it."""
    values: dict[str, bool | float | str] = {
        "SYSTEM": deck.word("SYSTEM", "unknown system"),
        "PREC": deck.word("PREC", "normal").lower(),
        "ENMAX": deck.number("ENCUT", enmax(deck)),
        "EDIFF": deck.number("EDIFF", 1e-4),
        "EDIFFG": deck.number("EDIFFG", 10 * deck.number("EDIFF", 1e-4)),
        "NSW": deck.ionic_steps,
        "IBRION": deck.ibrion,
        "ISIF": deck.isif,
        "ISPIN": deck.spins,
        "NBANDS": deck.bands,
        "NELECT": deck.electrons,
        "ALGO": deck.word("ALGO", "Normal"),
        "GGA": deck.word("GGA", "--"),
        "METAGGA": deck.word("METAGGA", "--"),
        "LNONCOLLINEAR": deck.noncollinear,
    }
    integers = {"NELM": 60, "NELMIN": 2, "ISMEAR": 1, "ISYM": 2, "LORBIT": 0, "IVDW": 0, "NEDOS": 301}
    reals = {"SIGMA": 0.2, "POTIM": 0.5, "AEXX": 0.25 if deck.switch("LHFCALC") else 0.0, "HFSCREEN": 0.0}
    values |= {tag: deck.integer(tag, default) for tag, default in integers.items()}
    values |= {tag: deck.number(tag, default) for tag, default in reals.items()}
    values |= {tag: deck.switch(tag) for tag in ("LHFCALC", "LDAU", "LSORBIT", "LEPSILON", "LUSE_VDW")}
    values |= {"ICHARG": deck.integer("ICHARG", 2), "ISTART": deck.integer("ISTART", 0)}
    moments = "".join(f"{x:16.8f}" for x in deck.moments.flat)
    body = "".join(_item(tag, value) for tag, value in values.items())
    body += f'  <v name="MAGMOM">{moments}</v>\n'
    return f' <parameters>\n  <separator name="general" >\n{body}  </separator>\n </parameters>\n'


def _atominfo(deck: Deck) -> str:
    atoms = "".join(
        f"    <rc><c>{name:2s}</c><c>{n:4d}</c></rc>\n" * count
        for n, (name, count) in enumerate(deck.groups, 1)
    )
    types = "".join(
        f"    <rc><c>{count:4d}</c><c>{name:2s}</c><c>{p.mass:16.8f}</c><c>{p.zval:16.8f}</c>"
        f"<c>  {p.titel:38s}</c></rc>\n"
        for (name, count), p in zip(deck.groups, deck.potentials, strict=True)
    )
    return (
        f" <atominfo>\n  <atoms>{len(deck.atoms):8d} </atoms>\n  <types>{len(deck.groups):8d} </types>\n"
        '  <array name="atoms" >\n   <dimension dim="1">ion</dimension>\n'
        '   <field type="string">element</field>\n   <field type="int">atomtype</field>\n'
        f'   <set>\n{atoms}   </set>\n  </array>\n  <array name="atomtypes" >\n'
        '   <dimension dim="1">type</dimension>\n   <field type="int">atomspertype</field>\n'
        '   <field type="string">element</field>\n   <field>mass</field>\n   <field>valence</field>\n'
        f'   <field type="string">pseudopotential</field>\n   <set>\n{types}   </set>\n'
        "  </array>\n </atominfo>\n"
    )


def _structure(atoms: Any, name: str = "") -> str:
    named = f' name="{name}"' if name else ""
    reciprocal = _varray("rec_basis", atoms.cell.reciprocal())
    crystal = (
        f'{_varray("basis", atoms.cell)}  <i name="volume">{atoms.get_volume():16.8f} </i>\n{reciprocal}'
    )
    places = _varray("positions", atoms.get_scaled_positions())
    return f" <structure{named} >\n  <crystal>\n{crystal}  </crystal>\n{places} </structure>\n"


def _energies(energy: float, more: str = "") -> str:
    names = ("e_fr_energy", "e_wo_entrp", "e_0_energy")
    return f"  <energy>\n{''.join(_item(name, energy) for name in names)}{more}  </energy>\n"


def _eigenvalues(bands: Bands) -> str:
    fields = "    <field>eigene</field>\n    <field>occ</field>\n"
    names = enumerate(("band", "kpoint", "spin"), 1)
    dimensions = "".join(f'    <dimension dim="{n}">{name}</dimension>\n' for n, name in names)
    sets = "".join(
        f'     <set comment="spin {n}">\n{_spin_set(energies, occupations)}     </set>\n'
        for n, (energies, occupations) in enumerate(zip(bands.energies, bands.occupations, strict=True), 1)
    )
    body = f"{dimensions}{fields}    <set>\n{sets}    </set>\n"
    return f"  <eigenvalues>\n   <array>\n{body}   </array>\n  </eigenvalues>\n"


def _spin_set(energies: np.ndarray, occupations: np.ndarray) -> str:
    return "".join(
        f'      <set comment="kpoint {k}">\n{_rows(np.column_stack(pair))}      </set>\n'
        for k, pair in enumerate(zip(energies, occupations, strict=True), 1)
    )


def _rows(table: np.ndarray) -> str:
    return "".join("       <r>" + "".join(f"{x:11.4f} " for x in row) + "</r>\n" for row in table)


def _dos(deck: Deck, bands: Bands) -> str:
    table = np.column_stack(dos_of(bands, deck.kpoints.weights, deck.integer("NEDOS", 301)))
    sets = "".join(
        f'     <set comment="spin {n + 1}">\n{_rows(table)}     </set>\n' for n in range(deck.spins)
    )
    return (
        f'  <dos>\n  <i name="efermi">{bands.fermi:16.8f} </i>\n   <total>\n    <array>\n'
        '    <dimension dim="1">gridpoints</dimension>\n    <dimension dim="2">spin</dimension>\n'
        "    <field>energy</field>\n    <field>total</field>\n    <field>integrated</field>\n"
        f"    <set>\n{sets}    </set>\n    </array>\n   </total>\n{_partial(deck, table)}  </dos>\n"
    )


ORBITALS = ("s", "py", "pz", "px", "dxy", "dyz", "dz2", "dxz", "x2-y2")


def _partial(deck: Deck, total: np.ndarray) -> str:
    """Shares of ions and orbitals, each another; of whole shells where LORBIT is 10."""
    lorbit = deck.integer("LORBIT", 0)
    if lorbit < 10:
        return ""
    names = ORBITALS if lorbit > 10 else ("s", "p", "d")
    fields = "".join(f"    <field>{name:>6} </field>\n" for name in ("energy", *names))
    sets = ""
    for ion in range(len(deck.atoms)):
        sets += f'     <set comment="ion {ion + 1}">\n'
        for spin in range(deck.spins):
            shares = [(ion + 1) * (place + 1) / (40.0 * (spin + 1)) for place in range(len(names))]
            table = np.column_stack([total[:, 0], *(share * total[:, 1] for share in shares)])
            sets += f'      <set comment="spin {spin + 1}">\n{_rows(table)}      </set>\n'
        sets += "     </set>\n"
    return (
        '   <partial>\n    <array>\n    <dimension dim="1">gridpoints</dimension>\n'
        '    <dimension dim="2">spin</dimension>\n    <dimension dim="3">ion</dimension>\n'
        f"{fields}    <set>\n{sets}    </set>\n    </array>\n   </partial>\n"
    )
