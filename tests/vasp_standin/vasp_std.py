"""A stand-in for VASP: the real deck in, VASP's files out, energies by ASE; for tests.

usage: python -m tests.vasp_standin.vasp_std [vasp_std | vasp_gam | vasp_ncl]
"""

import errno
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from tests.vasp_standin import standin_text as text
from tests.vasp_standin.standin_band import DONE, run_band
from tests.vasp_standin.standin_bands import bands_of
from tests.vasp_standin.standin_deck import NOT_COMPUTED, Deck, read_deck
from tests.vasp_standin.standin_density import restart, write_density, write_orbitals
from tests.vasp_standin.standin_faults import faults_of
from tests.vasp_standin.standin_forces import Point, atoms_energy, calculator_of, point_of
from tests.vasp_standin.standin_motion import motion_of
from tests.vasp_standin.standin_words import VaspStopError, box, complain, say
from tests.vasp_standin.standin_xml import VasprunWriter

STREAMED = ("OSZICAR", "OUTCAR", "XDATCAR", "vasprun.xml")
HERE, FIRST_IMAGE = Path(), Path("01")
"""What a run says goes to stdout; of the other images to a file."""
FULL = "/dev/full"
NO_SPACE_STATUS = 38


def main(program: str = "vasp_std") -> int:
    """Run in the working directory; the status that VASP would end with."""
    say(" running    1 mpi-ranks, with    1 threads/rank, on    1 nodes")
    build = "gamma-only" if program == "vasp_gam" else "complex"
    say(f" vasp.{text.VERSION} STAND-IN, no VASP (build 2000) {build}")
    try:
        deck = read_deck(Path())
        _check_program(program, deck)
        with ExitStack() as files:
            if "IMAGES" in deck.tags:
                run_band(deck, files, lambda *of: Run(of[0], program, *of[1:]), _told_to_stop)
            else:
                Run(deck, program, files).go()
    except VaspStopError as stop:
        if stop.lines:
            say(box(*stop.lines))
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        complain("forrtl: No space left on device", "forrtl: severe (38): error during write, unit 12")
        os._exit(NO_SPACE_STATUS)  # a regular end would try to write the rest
    return 0


class Run:
    """One run: what was read, what is open, where the ions are."""

    def __init__(self, deck: Deck, program: str, files: ExitStack, folder: Path = HERE) -> None:
        self.deck, self.folder, self.started = deck, folder, time.monotonic()
        self.before: float | None = None
        loud = folder in {HERE, FIRST_IMAGE}
        self.stdout = None if loud else files.enter_context((folder / "stdout").open("w"))
        self.faults = faults_of(deck, Path())
        self.atoms: Any = deck.atoms.copy()
        symbols = self.atoms.get_chemical_symbols()
        engine, self.atoms.calc = calculator_of(symbols)
        self.zero = atoms_energy(symbols, engine)
        self.selective = _selective(deck, folder)
        self.bands = bands_of(deck)
        self.motion = motion_of(deck, self.atoms)
        self.out = {name: files.enter_context((folder / name).open("w")) for name in STREAMED}
        self.xml = VasprunWriter(self.out["vasprun.xml"], deck)
        (folder / "CONTCAR").touch()
        self._begin(program, engine)

    def go(self) -> None:
        """All ionic steps and the end."""
        said = ""
        for ionic in range(1, max(self.deck.ionic_steps, 1) + 1):
            before = self.before
            energy = self.ionic_step(ionic)
            if self.motion.reached(None if before is None else energy - before):
                said = DONE
                break
            if said := _told_to_stop():
                break
            if ionic < self.deck.ionic_steps:
                self.motion.advance()
        self.end(said)

    def _begin(self, program: str, engine: str) -> None:
        deck = self.deck
        self._say(
            f" POSCAR found type information on POSCAR {''.join(f'{name:2s}' for name, _ in deck.groups)}",
            f" POSCAR found :{len(deck.groups):3d} types and{len(deck.atoms):8d} ions",
        )
        self._write("OUTCAR", text.outcar_head(deck, program, engine))
        self._write("XDATCAR", text.xdatcar_head(deck, self.atoms))
        self.xml.begin(self.atoms)
        text.write_ibzkpt(self.folder / "IBZKPT", deck)
        self.rough = 0.05 if restart(deck, self.folder) else 5.0
        self._say(
            " entering main loop",
            "       N       E                     dE             d eps       ncg     rms",
        )

    def ionic_step(self, ionic: int) -> float:
        """One ionic step with its electronic ones; the energy."""
        began = time.monotonic()
        point = point_of(self.atoms, self.zero + self.faults.lift(ionic))
        if self.faults.no_space(ionic):
            self._fill_up()
        self._write("OSZICAR", text.OSZICAR_HEAD)
        self.xml.open_step()
        reported = self._electronic_steps(ionic, point.energy)
        point = Point(reported, point.forces, point.stress)
        self._close(ionic, point, self.before, time.monotonic() - began)
        self.rough, self.before = 0.05, reported
        return reported

    def _electronic_steps(self, ionic: int, energy: float) -> float:
        """Electronic steps down to EDIFF or to NELM; the energy of the last."""
        last, reached = 0.0, False
        for cycle, now, close in self._cycles(energy):
            began = time.monotonic()
            if cycle == 2:
                self.faults.at_step(ionic)
            self.faults.pause()
            line = f"DAV:{cycle:4d}    {now:18.12E}   {now - last:12.5E}   {(now - last) / 2:12.5E}"
            line += f"{self.deck.bands * len(self.bands.energies[0]):6d}   {abs(now - last):9.3E}"
            self._write("OSZICAR", f"{line}\n")
            self._say(line)
            spent = time.monotonic() - began
            self._write("OUTCAR", text.outcar_cycle(ionic, cycle, now, spent, self.faults.entropy))
            self._write("OUTCAR", text.electrons_line(self.deck))
            self.xml.cycle(now, spent)
            last, reached = now, close
            if _stopcar("LABORT"):
                break
        why = "because EDIFF is reached" if reached else "EDIFF was not reached (unconverged)"
        self._write("OUTCAR", f"\n------------------------ aborting loop {why} {'-' * 40}\n\n")
        return last

    def _cycles(self, energy: float) -> Iterator[tuple[int, float, bool]]:
        """Number, energy, converged: ten times closer each time, exact at the end."""
        ediff, least = self.deck.number("EDIFF", 1e-4), max(self.deck.integer("NELMIN", 2), 2)
        before = 0.0
        for cycle in range(1, self.deck.integer("NELM", 60) + 1):
            off = self.rough * 0.1**cycle
            off = 0.0 if off < ediff / 8 else off
            if self.faults.unconverged:
                off = 0.05 * (-1) ** cycle
            now = energy + off
            reached = cycle >= least and abs(now - before) < ediff
            yield cycle, now, reached
            if reached:
                return
            before = now

    def _close(self, ionic: int, point: Point, before: float | None, seconds: float) -> None:
        """What VASP writes when the electrons have come to rest."""
        if self.faults.truncates(ionic):
            self._write("vasprun.xml", ' <structure >\n  <crystal>\n  <varray name="basis" >\n   <v>      3.')
            os.kill(os.getpid(), signal.SIGKILL)
        kinetic = self.atoms.get_kinetic_energy() if self.deck.ibrion == 0 else None
        change = point.energy - (before or 0.0)
        line = f" F= {point.energy:.8E} E0= {point.energy:.8E}"
        if kinetic is None:
            line += f"  d E ={change:.6E}"
        else:
            line = f" T={self.atoms.get_temperature():7.0f}. E= {point.energy + kinetic:.8E}{line}"
            line += f"  EK= {kinetic:.5E} SP= 0.00E+00 SK= 0.00E+00"
        if self.deck.spins == 2:
            line += f"  mag= {self.deck.moments.sum():12.4f}"
        self._write("OSZICAR", f"{ionic:4d}{line}\n")
        self._say(f"{ionic:4d}{line}")
        self._write("OUTCAR", text.outcar_step(self.deck, self.atoms, point, self.bands.fermi, seconds))
        self.xml.close_step(self.atoms, point, kinetic)
        self._write("XDATCAR", text.xdatcar_step(ionic, self.atoms))
        whole = self.folder / ".CONTCAR"  # a kill leaves the last whole one
        whole.write_text(text.contcar_text(self.deck, self.atoms, self.selective))
        whole.replace(self.folder / "CONTCAR")

    def end(self, said: str) -> None:
        """Why it ends, bands, densities, times."""
        deck, folder = self.deck, self.folder
        if said:
            self._write("OUTCAR", f"\n{said}\n")
            self._say(said)
        self.xml.finish(self.atoms, self.bands)
        if deck.integer("LORBIT", 0) >= 10:
            self._write("OUTCAR", text.outcar_moments(deck))
        text.write_eigenval(folder / "EIGENVAL", deck, self.bands)
        text.write_doscar(folder / "DOSCAR", deck, self.bands)
        self._say(" writing wavefunctions")
        if deck.switch("LWAVE", default=True):
            write_orbitals(folder / "WAVECAR", deck)
        self._write_densities()
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._write("OUTCAR", text.outcar_tail(time.monotonic() - self.started, peak_kb))

    def _write_densities(self) -> None:
        deck = self.deck
        asked = {
            ("CHGCAR", "CHG"): deck.switch("LCHARG", default=True),
            ("AECCAR0", "AECCAR1", "AECCAR2"): deck.switch("LAECHG"),
            ("LOCPOT",): deck.switch("LVTOT") or deck.switch("LVHAR"),
            ("ELFCAR",): deck.switch("LELF"),
        }
        for name in (name for names, wanted in asked.items() if wanted for name in names):
            write_density(self.folder / name, deck, self.atoms, deck.electrons)

    def _say(self, *lines: str) -> None:
        """On stdout; of further images in a file of theirs."""
        if self.stdout is None:
            say(*lines)
        else:
            self.stdout.write("".join(f"{line}\n" for line in lines))

    def _write(self, name: str, words: str) -> None:
        self.out[name].write(words)
        self.out[name].flush()

    def _fill_up(self) -> None:
        """From now on OUTCAR is on a device that has no space."""
        full: TextIO = Path(FULL).open("w")  # noqa: SIM115  the run ends by it
        self.out["OUTCAR"] = full


def _check_program(program: str, deck: Deck) -> None:
    """The build must fit the deck, and the deck what is computed here."""
    if program == "vasp_gam" and not deck.kpoints.gamma_alone:
        raise VaspStopError(
            "ERROR: this is the gamma-only version of VASP;", "KPOINTS asks for other k-points"
        )
    if deck.noncollinear and program != "vasp_ncl":
        raise VaspStopError(
            "ERROR: non collinear calculations require that VASP is compiled",
            "without the flag -DNGXhalf and -DNGZhalf",
        )
    if deck.integer("ICHARG", 0) >= 10 and deck.spins == 2 and deck.ionic_steps > 0:
        raise VaspStopError("Spin polarized Harris functional dynamics is a good joke")
    asked = [tag for tag in NOT_COMPUTED if deck.switch(tag)]
    if deck.algorithm == "other":
        asked.append("ALGO")
    if asked:
        raise VaspStopError(f"STAND-IN: it cannot compute what {' '.join(asked)} asks for")


def _told_to_stop() -> str:
    """What VASP says where STOPCAR has it end; empty: go on."""
    for tag, manner in (("LABORT", "hard"), ("LSTOP", "soft")):
        if _stopcar(tag):
            return f" {manner} stop encountered!  aborting job ..."
    return ""


def _selective(deck: Deck, folder: Path) -> np.ndarray | None:
    """Which coordinates of POSCAR are free, where it says so."""
    lines = (folder / "POSCAR").read_text().splitlines()
    if not lines[7].strip().lower().startswith("s"):
        return None
    flags = [line.split()[3:6] for line in lines[9 : 9 + len(deck.atoms)]]
    return np.array([[flag.lstrip(".")[:1].upper() == "T" for flag in row] for row in flags])


def _stopcar(tag: str) -> bool:
    try:
        said = Path("STOPCAR").read_text()
    except FileNotFoundError:
        return False
    return re.search(rf"{tag}\s*=\s*\.?T", said, re.IGNORECASE) is not None


def _terminated(number: int, _: object) -> None:
    """As Fortran's run-time does: a word, and dead where it stands."""
    complain("forrtl: error (78): process killed (SIGTERM)")
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(main(*sys.argv[1:2]))
