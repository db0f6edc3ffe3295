"""VASP's plain files: OSZICAR, OUTCAR, XDATCAR, CONTCAR, EIGENVAL, DOSCAR, IBZKPT."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.vasp_standin.standin_bands import Bands, dos_of
from tests.vasp_standin.standin_deck import Deck
from tests.vasp_standin.standin_forces import Point

VERSION = "6.4.3"
OUTCAR_ORDER = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0))
OSZICAR_HEAD = "       N       E                     dE             d eps       ncg     rms          rms(c)\n"
LINE = " " + "-" * 83 + "\n"


def rows(table: Any, form: str) -> str:
    """A line for each row."""
    return "".join("  " + " ".join(format(x, form) for x in row) + "\n" for row in table)


def title(deck: Deck) -> str:
    return deck.word("SYSTEM", "stand-in")


def poscar_text(deck: Deck, atoms: Any) -> str:
    """POSCAR in VASP's own form."""
    names = "   ".join(f"{name:2s}" for name, _ in deck.groups)
    counts = " ".join(f"{count:5d}" for _, count in deck.groups)
    return (
        f"{title(deck)}\n   1.00000000000000\n{rows(atoms.cell, '21.16f')}   {names}\n{counts}\n"
        f"Direct\n{rows(atoms.get_scaled_positions(), '19.16f')}"
    )


def contcar_text(deck: Deck, atoms: Any, selective: np.ndarray | None) -> str:
    """POSCAR of where the ions are, with what was held at rest."""
    text = poscar_text(deck, atoms)
    if selective is None:
        return text
    head, _, body = text.partition("Direct\n")
    flags = ["   ".join("T" if free else "F" for free in row) for row in selective]
    lines = [f"{line}   {flag}" for line, flag in zip(body.splitlines(), flags, strict=True)]
    return f"{head}Selective dynamics\nDirect\n" + "\n".join(lines) + "\n"


def outcar_head(deck: Deck, name: str, engine: str) -> str:
    potentials = deck.potentials
    return (
        f" vasp.{VERSION} STAND-IN: no VASP; energies and forces by ASE's {engine}, bands are a toy\n"
        f" executed on             stand-in date {time.strftime('%Y.%m.%d  %H:%M:%S')}\n"
        " running on    1 total cores\n"
        f" program {name}\n"
        + "".join(f" POTCAR:    {potential.titel}\n" for potential in potentials)
        + "".join(f"   TITEL  = {potential.titel}\n" for potential in potentials)
        + f"\n   k-points           NKPTS = {len(deck.kpoints.points):6d}   k-points in BZ     NKDIM ="
        f" {len(deck.kpoints.points):6d}   number of bands    NBANDS= {deck.bands:6d}\n"
        f"   number of dos      NEDOS = {deck.integer('NEDOS', 301):6d}   number of ions     NIONS ="
        f" {len(deck.atoms):6d}\n"
        "   total plane-waves  NPLWV =   1000\n   dimension x,y,z NGX =    10 NGY =   10 NGZ =   10\n"
        "   dimension x,y,z NGXF=    10 NGYF=   10 NGZF=   10\n"
        f"   ENCUT  = {deck.number('ENCUT', max(p.enmax for p in potentials)):8.2f} eV\n"
        f"   NSW    = {deck.ionic_steps:6d}    number of steps for IOM\n"
        f"   IBRION = {deck.ibrion:6d}    ionic relax\n   ISIF   = {deck.isif:6d}    stress and relaxation\n"
        f"   ISPIN  = {deck.spins:6d}    spin polarized calculation?\n"
        f"   LNONCOLLINEAR = {'T' if deck.noncollinear else 'F':>6s} non collinear calculations\n"
        f"   NELECT = {deck.electrons:14.4f}    total number of electrons\n"
        f"   EDIFF  = {deck.number('EDIFF', 1e-4):7.1E}   stopping-criterion for ELM\n\n"
    )


def electrons_line(deck: Deck) -> str:
    moment = " ".join(f"{x:15.7f}" for x in deck.moments.sum(axis=0))
    return f" number of electron {deck.electrons:15.7f} magnetization {moment}\n"


def outcar_cycle(ionic: int, cycle: int, energy: float, seconds: float, entropy: float) -> str:
    return (
        f"\n--------------------------------------- Iteration {ionic:6d}({cycle:4d})"
        "  ---------------------------------------\n\n"
        f"      LOOP:  cpu time{seconds:10.4f}: real time{seconds:10.4f}\n"
        " Free energy of the ion-electron system (eV)\n"
        "  ---------------------------------------------------\n"
        f"  entropy T*S    EENTRO = {entropy:17.8f}\n"
        f"  free energy    TOTEN  = {energy:17.8f} eV\n"
    )


def outcar_step(deck: Deck, atoms: Any, point: Point, fermi: float, seconds: float) -> str:
    """All that VASP writes at the end of an ionic step."""
    stress = " ".join(f"{point.stress[i][j]:11.5f}" for i, j in OUTCAR_ORDER)
    table = rows(np.hstack([atoms.positions, point.forces]), "13.6f")
    drift = "".join(f"{x:14.6f}" for x in point.forces.sum(axis=0))
    return (
        f" E-fermi : {fermi:8.4f}     XC(G=0):  -9.0000     alpha+bet : -9.0000\n"
        f"{electrons_line(deck)}  FORCE on cell =-STRESS in cart. coord.  units (eV):\n"
        "  Direction    XX          YY          ZZ          XY          YZ          ZX\n"
        f"  in kB  {stress}\n"
        f"  external pressure = {np.trace(point.stress) / 3:11.2f} kB  Pullay stress =        0.00 kB\n\n"
        f"  volume of cell : {atoms.get_volume():11.2f}\n"
        f" POSITION                                       TOTAL-FORCE (eV/Angst)\n{LINE}{table}{LINE}"
        f"    total drift:                     {drift}\n\n"
        "  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)\n"
        "  ---------------------------------------------------\n"
        f"  free  energy   TOTEN  = {point.energy:17.8f} eV\n\n"
        f"  energy  without entropy= {point.energy:17.8f}  energy(sigma->0) = {point.energy:17.8f}\n\n"
        f"     LOOP+:  cpu time{seconds:10.4f}: real time{seconds:10.4f}\n"
    )


def outcar_moments(deck: Deck) -> str:
    """Tables of charge and moment by ion, as LORBIT asks; all in d."""
    charges = np.repeat([p.zval for p in deck.potentials], [count for _, count in deck.groups])
    tables = {"total charge": charges}
    if deck.spins == 2 or deck.noncollinear:
        tables |= {
            f"magnetization ({axis})": column for axis, column in zip("xyz", deck.moments.T, strict=False)
        }
    return "".join(_by_ion(name, column) for name, column in tables.items())


def _by_ion(name: str, column: np.ndarray) -> str:
    body = "".join(f"{n:5d}      {0:8.3f}{0:8.3f}{x:8.3f}{x:8.3f}\n" for n, x in enumerate(column, 1))
    total = f"tot        {0:8.3f}{0:8.3f}{column.sum():8.3f}{column.sum():8.3f}\n"
    return f"\n {name}\n\n# of ion       s       p       d       tot\n{'-' * 42}\n{body}{'-' * 50}\n{total}\n"


def outcar_tail(elapsed: float, peak_kb: int) -> str:
    rule = " " + "=" * 56
    return (
        f"\n\n General timing and accounting informations for this job:\n{rule}\n\n"
        f"                  Total CPU time used (sec): {elapsed:11.3f}\n"
        f"                            User time (sec): {elapsed:11.3f}\n"
        f"                          System time (sec): {0:11.3f}\n"
        f"                         Elapsed time (sec): {elapsed:11.3f}\n\n"
        f"                   Maximum memory used (kb): {peak_kb:11d}.\n"
        f"                   Average memory used (kb): {0:11d}.\n\n"
        "                          Minor page faults:           0\n"
        "                          Major page faults:           0\n"
        "                 Voluntary context switches:           0\n"
    )


def xdatcar_head(deck: Deck, atoms: Any) -> str:
    names = " ".join(name for name, _ in deck.groups)
    counts = " ".join(str(count) for _, count in deck.groups)
    return f"{title(deck)}\n           1\n{rows(atoms.cell, '12.6f')} {names}\n {counts}\n"


def xdatcar_step(n: int, atoms: Any) -> str:
    return f"Direct configuration={n:6d}\n{rows(atoms.get_scaled_positions(), '12.8f')}"


def write_eigenval(path: Path, deck: Deck, bands: Bands) -> None:
    ions, kpoints = len(deck.atoms), deck.kpoints
    out = [f"{ions:5d}{ions:5d}{1:5d}{deck.spins:5d}\n  0.0 0.0 0.0 0.0 0.5E-15\n  1.0E-004\n  CAR \n"]
    out.append(f" {title(deck)}\n{round(deck.electrons):7d}{len(kpoints.points):7d}{deck.bands:7d}\n")
    for k, (place, weight) in enumerate(zip(kpoints.points, kpoints.weights, strict=True)):
        out.append("\n" + "".join(f"{x:15.7E} " for x in (*place, weight)) + "\n")
        for n in range(deck.bands):
            columns = [*bands.energies[:, k, n], *bands.occupations[:, k, n]]
            out.append(f"{n + 1:5d} " + " ".join(f"{x:12.6f}" for x in columns) + "\n")
    path.write_text("".join(out))


def write_doscar(path: Path, deck: Deck, bands: Bands) -> None:
    ions = len(deck.atoms)
    energies, density, integral = dos_of(bands, deck.kpoints.weights, deck.integer("NEDOS", 301))
    head = f"{energies[-1]:16.8f}{energies[0]:16.8f}{len(energies):5d}{bands.fermi:16.8f}{1.0:16.8f}\n"
    table = np.column_stack([energies, *[density] * deck.spins, *[integral] * deck.spins])
    first = f"{ions:4d}{ions:4d}{1:4d}{0:4d}\n  0.0 0.0 0.0 0.0 0.5E-15\n  1.0E-004\n  CAR \n {title(deck)}\n"
    path.write_text(first + head + rows(table, "11.4f"))


def write_ibzkpt(path: Path, deck: Deck) -> None:
    points, weights = deck.kpoints.points, deck.kpoints.weights
    share = np.round(weights / weights[weights > 0].min()).astype(int)
    body = "".join(
        "".join(f"{x:20.14f}" for x in place) + f"{n:14d}\n" for place, n in zip(points, share, strict=True)
    )
    path.write_text(f"Automatically generated mesh\n{len(points):8d}\nReciprocal lattice\n{body}")
