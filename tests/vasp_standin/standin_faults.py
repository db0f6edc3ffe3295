"""Ways to fail, chosen by the variable STANDIN or a file STANDIN: `slow=0.1 zbrent=2`; cures are custodian's.

slow=S          wait S seconds in each electronic step
unconverged     electronic steps never converge (ALGO = All cures)
hang[=N]        say nothing more from ionic step N on
crash[=N]       signal 11 in ionic step N
truncate[=N]    killed in the middle of writing ionic step N
oom[=MB]        take so many megabytes (2048) for real in step 1, hold them hold=S seconds (60), be killed
nospace[=N]     no space left on the device in ionic step N
jump[=N]        energy 3 eV per ion too high in ionic step N (POTIM below 0.5 cures)
positive        energies above zero (ALGO = Normal cures)
entropy         entropy of 10 meV per ion (SIGMA below 0.2 cures)
MESSAGE[=N]     a message of MESSAGES in ionic step N, until the deck has its cure
"""

import os
import re
import resource
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.vasp_standin.standin_deck import Deck
from tests.vasp_standin.standin_kpoints import MONKHORST
from tests.vasp_standin.standin_words import VaspStopError, complain, say

OTHERS = {
    "crash", "entropy", "hang", "hold", "jump", "nospace", "oom", "positive", "slow", "truncate",
    "unconverged",
}  # fmt: skip
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Message:
    """Words of VASP, what cures them, in which ionic step they come, whether VASP ends, where they go."""

    text: str
    cured: Callable[[Deck], bool]
    step: int = 1
    fatal: bool = True
    boxed: bool = True
    stderr: bool = False


def _symmetry_off(deck: Deck) -> bool:
    return deck.integer("ISYM", 2) <= 0


def _symprec(deck: Deck) -> float:
    return deck.number("SYMPREC", 1e-5)


def _symprec_down(deck: Deck) -> bool:
    return _symmetry_off(deck) or _symprec(deck) <= 1.001e-6


def _symprec_up(deck: Deck) -> bool:
    return _symmetry_off(deck) or _symprec(deck) >= 0.999e-4


def _exact_projection(deck: Deck) -> bool:
    return deck.word("LREAL", "F").lstrip(".")[:1].upper() == "F"


def _no_tetrahedra(deck: Deck) -> bool:
    return deck.integer("ISMEAR", 1) >= 0


def _gamma_mesh(deck: Deck) -> bool:
    return deck.kpoints.style != MONKHORST


def _gamma_or_no_symmetry(deck: Deck) -> bool:
    return _gamma_mesh(deck) or _symmetry_off(deck)


def _algo_all(deck: Deck) -> bool:
    return deck.algorithm == "all"


def _algo_normal(deck: Deck) -> bool:
    return deck.algorithm == "normal"


def _small_steps(deck: Deck) -> bool:
    return deck.number("POTIM", 0.5) < 0.5


def _never(_: Deck) -> bool:
    return False


MESSAGES: Mapping[str, Message] = {
    "tet": Message("Tetrahedron method fails for NKPT<4. NKPT =    1", _no_tetrahedra),
    "dentet": Message(" DENTET: can't reach specified precision", _no_tetrahedra, boxed=False),
    "ksymm": Message("Fatal error detecting k-mesh", _symprec_down),
    "inv_rot_mat": Message(
        "rotation matrix was not found (increase SYMPREC)        3",
        lambda deck: _gamma_mesh(deck) and _symprec_up(deck),
    ),
    "brmix": Message(
        " BRMIX: very serious problems\n  the old and the new charge density differ\n"
        "  old charge density:   11.00000 new   11.50000",
        lambda deck: deck.integer("IMIX", 4) == 1 or _symmetry_off(deck),
        boxed=False,
    ),
    "subspacematrix": Message(
        " WARNING: Sub-Space-Matrix is not hermitian in DAV   5", _exact_projection, fatal=False, boxed=False
    ),
    "tetirr": Message("Routine TETIRR needs special values", _gamma_mesh),
    "incorrect_shift": Message("Could not get correct shifts", _gamma_mesh),
    "real_optlay": Message("REAL_OPTLAY: internal error (1)       3       0", _exact_projection),
    "rspher": Message("ERROR RSPHER: internal error 1  0", _exact_projection),
    "nicht_konv": Message("ERROR: SBESSELITER : nicht konvergent", _exact_projection),
    "too_few_bands": Message("TOO FEW BANDS", lambda deck: deck.bands > deck.default_bands),
    "rot_matrix": Message("Found some non-integer element in rotation matrix", _gamma_or_no_symmetry),
    "brions": Message(
        " BRIONS problems: POTIM should be increased",
        lambda deck: deck.number("POTIM", 0.5) > 0.5,
        step=2,
        boxed=False,
    ),
    "pricel": Message(
        "internal error in subroutine PRICEL (probably precision problem)",
        lambda deck: _symmetry_off(deck) and _symprec(deck) <= 1.001e-8,
    ),
    "zpotrf": Message(" LAPACK: Routine ZPOTRF failed!         10", _symmetry_off, boxed=False),
    "amin": Message(
        " WARNING: One of the lattice vectors is very long (>50 A), but AMIN is rather large.",
        lambda deck: deck.number("AMIN", 0.1) <= 0.01,
        fatal=False,
        boxed=False,
    ),
    "zbrent": Message(
        "ZBRENT: fatal error in bracketing\n please rerun with smaller EDIFF, or copy CONTCAR\n to POSCAR"
        " and continue",
        lambda deck: deck.integer("NELMIN", 2) >= 8,
        step=2,
        boxed=False,
    ),
    "pssyevx": Message(
        " ERROR in subspace rotation PSSYEVX: not enough eigenvalues found", _algo_normal, boxed=False
    ),
    "pdsyevx": Message(
        " ERROR in subspace rotation PDSYEVX: not enough eigenvalues found", _algo_normal, boxed=False
    ),
    "eddrmm": Message(
        " WARNING in EDDRMM: call to ZHEGV failed, returncode =   6  3     11",
        lambda deck: _algo_normal(deck) or _small_steps(deck),
        step=2,
        boxed=False,
    ),
    "edddav": Message(
        " Error EDDDAV: Call to ZHEGV failed. Returncode =   7   1  16", _algo_all, boxed=False
    ),
    "algo_tet": Message(
        "ALGO=A and IALGO=5X tend to fail with the tetrahedron method",
        lambda deck: _no_tetrahedra(deck) or deck.algorithm not in {"all", "damped"},
    ),
    "grad_not_orth": Message(
        " EDWAV: internal error, the gradient is not orthogonal",
        lambda deck: deck.algorithm not in {"all", "damped"},
        boxed=False,
    ),
    "zheev": Message(" ERROR EDDIAG: Call to routine ZHEEV failed! 1", _algo_all, boxed=False),
    "eddiag": Message("ERROR in EDDIAG: call to ZHEEV/ZHEEVX/DSYEV/DSYEVX failed", _algo_all),
    "elf_kpar": Message("ELF: KPAR>1 not implemented", lambda deck: deck.integer("KPAR", 1) == 1),
    "rhosyg": Message(" RHOSYG internal error: stars are not distinct", _symprec_up, boxed=False),
    "posmap": Message("POSMAP internal error: symmetry equivalent atom not found", _symprec_down),
    "pricelv": Message("PRICELV: current lattice and primitive lattice are incommensurate", _symprec_down),
    "point_group": Message("group operation missing", _symmetry_off),
    "symprec_noise": Message("determination of the symmetry of your systems shows a strong", _symprec_down),
    "bravais": Message("Inconsistent Bravais lattice types found for crystalline", _symprec_down),
    "hnform": Message("HNFORM: k-point generating lattice is incommensurate", _symmetry_off),
    "ibzkpt": Message("VERY BAD NEWS! not all point group operations are found", _symmetry_off),
    "dfpt_ncore": Message(
        "PEAD routines do not work for NCORE > 1",
        lambda deck: not {"NCORE", "NPAR"} & deck.tags.keys(),
    ),
    "coef": Message(
        "ERROR: while reading plane wave coef. from WAVECAR 13 1 129", lambda _: not Path("WAVECAR").exists()
    ),
    "set_core_wf": Message(" internal error in SET_CORE_WF", _never, boxed=False),
    "kpoints_trans": Message(
        " internal error in GENERATE_KPOINTS_TRANS: number of G-vector changed in star",
        _symmetry_off,
        boxed=False,
        stderr=True,
    ),
    "out_of_memory": Message(
        "Allocation would exceed memory limit",
        lambda deck: deck.integer("KPAR", 1) == 1,
        boxed=False,
        stderr=True,
    ),
    "mesh_symmetry": Message(
        "Reciprocal lattice and k-lattice belong to different class of lattices.", _gamma_or_no_symmetry
    ),
}
"""Fault, by the name that custodian gives it → its message; a deck that has the cure never fails so."""


class Faults:
    """The faults of one run."""

    def __init__(self, words: Mapping[str, float | None], deck: Deck) -> None:
        unknown = words.keys() - MESSAGES.keys() - OTHERS
        if unknown:
            raise VaspStopError(f"STAND-IN: no such fault: {' '.join(sorted(unknown))}")
        self.words = words
        self.deck = deck

    def at_step(self, ionic: int) -> None:
        """In the electronic steps of an ionic step: what is due comes now."""
        for name, value in self.words.items():
            if name in MESSAGES and ionic == int(value or MESSAGES[name].step):
                self._message(MESSAGES[name])
        for name, act in _ACTS.items():
            if name in self.words and ionic == int(self._value(name, 1)):
                act()
        if "oom" in self.words and ionic == 1:
            _take_memory(int(self._value("oom", 2048)), self._value("hold", 60))

    def pause(self) -> None:
        """In each electronic step."""
        if "slow" in self.words:
            time.sleep(self._value("slow", 0.1))

    def truncates(self, ionic: int) -> bool:
        return "truncate" in self.words and ionic == int(self._value("truncate", 1))

    def no_space(self, ionic: int) -> bool:
        return "nospace" in self.words and ionic == int(self._value("nospace", 1))

    @property
    def unconverged(self) -> bool:
        return "unconverged" in self.words and not _algo_all(self.deck)

    def lift(self, ionic: int) -> float:
        """What is added to the energy [eV]."""
        ions = len(self.deck.atoms)
        if "positive" in self.words and not _algo_normal(self.deck):
            return 100.0 * ions
        jumps = "jump" in self.words and ionic == int(self._value("jump", 2)) and not _small_steps(self.deck)
        return 3.0 * ions if jumps else 0.0

    @property
    def entropy(self) -> float:
        """T·S of the cell [eV]."""
        large = "entropy" in self.words and self.deck.number("SIGMA", 0.2) >= 0.2
        return -0.01 * len(self.deck.atoms) if large else 0.0

    def _value(self, name: str, default: float) -> float:
        value = self.words.get(name)
        return default if value is None else value

    def _message(self, message: Message) -> None:
        if message.cured(self.deck):
            return
        if message.fatal and message.boxed:
            raise VaspStopError(message.text)
        (complain if message.stderr else say)(message.text)
        if message.fatal:
            raise VaspStopError


def faults_of(deck: Deck, folder: Path) -> Faults:
    """Of the environment and the folder."""
    file = folder / "STANDIN"
    text = os.environ.get("STANDIN", "") + " " + (file.read_text() if file.exists() else "")
    words: dict[str, float | None] = {}
    for word in re.split(r"[\s,]+", text.strip()):
        name, sign, value = word.partition("=")
        if name:
            words[name] = float(value) if sign else None
    return Faults(words, deck)


def _hang() -> None:
    while True:
        time.sleep(3600)


def _crash() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    complain("forrtl: severe (174): SIGSEGV, segmentation fault occurred")
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)


def _take_memory(megabytes: int, hold_s: float) -> None:
    """Every page is touched; where no limit ends it, it ends itself as the kernel would have done."""
    held = [bytearray(b"\1") * MEGABYTE for _ in range(megabytes)]
    time.sleep(hold_s)
    os.kill(os.getpid(), signal.SIGKILL)
    del held


_ACTS: Mapping[str, Callable[[], None]] = {"hang": _hang, "crash": _crash}
