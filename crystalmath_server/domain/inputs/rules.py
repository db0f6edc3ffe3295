"""What INCAR tags must be to one another, to the structure and to the potentials; pure."""

from collections.abc import Callable, Iterator

from crystalmath_server.domain.inputs.problems import ERROR, NOTE, WARNING, in_file
from crystalmath_server.domain.inputs.vasp_inputs import Deck
from crystalmath_server.protocol.decks import DeckFacts, DeckProblem

_PULAY = 1.25
_D_BLOCK, _F_BLOCK = 4, 6
_LOWEST = {
    "ENCUT": 1, "NELM": 1, "NSW": 0, "EDIFF": 0, "SIGMA": 0, "POTIM": 0, "NELECT": 1e-9, "NBANDS": 1,
    "KSPACING": 1e-3, "NEDOS": 2, "NCORE": 1, "NPAR": 1, "KPAR": 1, "SYMPREC": 1e-12, "NELMIN": 0,
    "TEBEG": 0, "HFSCREEN": 0, "NFREE": 1, "NSIM": 1, "LMAXMIX": 0,
}  # fmt: skip
_HIGHEST = {
    "ENCUT": 3000, "EDIFF": 0.01, "SIGMA": 1, "NSW": 10_000_000, "NELM": 10_000, "POTIM": 1000,
    "KSPACING": 1.5, "SYMPREC": 0.1, "AEXX": 1,
}  # fmt: skip

Rule = Callable[[Deck, DeckFacts], Iterator[DeckProblem]]


def judge(deck: Deck, facts: DeckFacts) -> tuple[DeckProblem, ...]:
    """All rules."""
    return tuple(problem for rule in RULES for problem in rule(deck, facts))


def _bounds(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    for name, lowest in _LOWEST.items():
        value = deck.number(name)
        if value is not None and value < lowest:
            text = f"{name} = {value:g} is below {lowest:g}"
            yield deck.at(name, ERROR, "range", text, f"Give at least {lowest:g}.")
    for name, highest in _HIGHEST.items():
        value = deck.number(name)
        if value is not None and value > highest:
            text = f"{name} = {value:g} is far above what is usual"
            yield deck.at(name, WARNING, "range", text, f"Give at most {highest:g}, or confirm it.")


def _magmom(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    moments = deck.list_of("MAGMOM")
    if moments is None or deck.poscar is None:
        return
    n_sites = deck.poscar.n_sites
    wanted = 3 * n_sites if deck.is_noncollinear else n_sites
    is_read = deck.is_noncollinear or deck.number("ISPIN") == 2
    if len(moments) != wanted:
        kind = "components (three for each atom)" if deck.is_noncollinear else "moments (one for each atom)"
        text = f"MAGMOM has {len(moments)} numbers, and {n_sites} atoms want {wanted} {kind}"
        hint = f"Give {wanted} numbers, as {wanted}*0.6."
        yield deck.at("MAGMOM", ERROR if is_read else WARNING, "magmom_length", text, hint)
    if not is_read:
        text = "MAGMOM is not read: the calculation is not spin-polarised"
        yield deck.at("MAGMOM", NOTE, "magmom_unused", text, "Set ISPIN = 2, or delete it.")


def _hubbard(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    if deck.poscar is None:
        return
    n_species = len(deck.poscar.counts)
    for name in ("LDAUU", "LDAUJ", "LDAUL"):
        values = deck.list_of(name)
        if values is not None and len(values) != n_species:
            text = f"{name} has {len(values)} numbers, and POSCAR has {n_species} species"
            severity = ERROR if deck.flag("LDAU") else WARNING
            yield deck.at(name, severity, "ldau_length", text, f"Give {n_species}, in the order of POSCAR.")
    if deck.flag("LDAU"):
        yield from _hubbard_needs(deck)
    elif any(deck.list_of("LDAUU") or ()):
        text = "LDAUU is set, but LDAU is not .TRUE.: no U is applied"
        yield deck.at("LDAUU", WARNING, "ldau_off", text, "Set LDAU = .TRUE., or delete LDAUU.")


def _hubbard_needs(deck: Deck) -> Iterator[DeckProblem]:
    if deck.list_of("LDAUU") is None and "LDAUU" not in deck.tags:
        text = "LDAU is .TRUE., but no LDAUU says how large U is"
        yield deck.at("LDAU", WARNING, "ldau_without_u", text, "Set LDAUU, LDAUJ and LDAUL, one a species.")
    shells = [int(shell) for shell in deck.list_of("LDAUL") or ()]
    wanted = _F_BLOCK if 3 in shells else _D_BLOCK if 2 in shells else 0
    given = deck.number("LMAXMIX") or 2
    if given < wanted:
        text = (
            f"LMAXMIX = {given:g} is too small for the shells of LDAUL: runs that go on would start wrongly"
        )
        yield deck.at(
            "LMAXMIX" if "LMAXMIX" in deck.tags else "LDAUL",
            NOTE,
            "lmaxmix",
            text,
            f"Set LMAXMIX = {wanted}.",
        )


def _electrons(deck: Deck, facts: DeckFacts) -> Iterator[DeckProblem]:
    total, given, bands = facts.electrons, deck.number("NELECT"), deck.number("NBANDS")
    if total and given and abs(given - total) > 1e-3:
        text = f"NELECT = {given:g}, but the potentials bring {total:g}: charge {total - given:+g} e"
        hint = "Delete NELECT for a neutral cell; a charge needs a compensating background and corrections."
        yield deck.at("NELECT", WARNING, "nelect", text, hint)
    occupied = given or total
    if not (occupied and bands):
        return
    needed = occupied if deck.is_noncollinear else occupied / 2
    if bands < needed:
        text = f"NBANDS = {bands:g} cannot hold {occupied:g} electrons"
        yield deck.at("NBANDS", ERROR, "nbands", text, f"Give more than {needed:g}, or delete it.")


def _cutoff(deck: Deck, facts: DeckFacts) -> Iterator[DeckProblem]:
    given, wanted = deck.number("ENCUT"), facts.enmax
    if not (given and wanted):
        return
    changes_cell = deck.moves and (deck.number("ISIF") or 0) >= 3 and deck.number("ISIF") != 4
    if given < wanted:
        text = f"ENCUT = {given:g} eV is below the largest ENMAX of the potentials, {wanted:g} eV"
        yield deck.at("ENCUT", WARNING, "encut_low", text, f"Give at least {wanted:g}.")
    elif changes_cell and given < _PULAY * wanted:
        text = f"the cell may change, and ENCUT = {given:g} eV is less than 1.3 × ENMAX: Pulay stress"
        yield deck.at("ENCUT", NOTE, "encut_pulay", text, f"Give about {1.3 * wanted:.0f}.")


def _smearing(deck: Deck, facts: DeckFacts) -> Iterator[DeckProblem]:
    smearing, count = deck.number("ISMEAR"), facts.n_kpoints
    if smearing not in {-4, -5, -14, -15}:
        return
    if deck.kpoints is not None and deck.kpoints.kind in {"line", "list"}:
        text = f"ISMEAR = {smearing:g} needs a mesh, and KPOINTS is a {deck.kpoints.words()}"
        hint = "Set ISMEAR = 0, or give a mesh (or tetrahedra after the list)."
        yield deck.at("ISMEAR", WARNING, "tetrahedron_list", text, hint)
    elif count is not None and count < 4:
        text = f"ISMEAR = {smearing:g} needs at least 4 k-points, and there are {count}"
        yield deck.at("ISMEAR", ERROR, "tetrahedron_kpoints", text, "Set ISMEAR = 0, or give a denser mesh.")
    elif facts.n_irreducible is not None and facts.n_irreducible < 4:
        text = f"ISMEAR = {smearing:g} needs at least 4 k-points, and symmetry leaves {facts.n_irreducible}"
        yield deck.at(
            "ISMEAR", WARNING, "tetrahedron_kpoints", text, "Set ISMEAR = 0, or give a denser mesh."
        )


def _motion(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    steps, how = deck.number("NSW"), deck.number("IBRION")
    if steps and how == -1:
        text = f"NSW = {steps:g} steps, but IBRION = -1: nothing moves"
        yield deck.at("NSW", WARNING, "nothing_moves", text, "Set IBRION = 2, or NSW = 0.")
    if how in {1, 2, 3} and steps == 0:
        text = f"IBRION = {how:g} moves atoms, but NSW = 0 leaves no step for it"
        yield deck.at("IBRION", NOTE, "no_steps", text, "Set NSW, or IBRION = -1.")
    if how == 0 and "POTIM" not in deck.tags:
        text = "molecular dynamics (IBRION = 0) wants a time step"
        yield deck.at("IBRION", ERROR, "no_potim", text, "Set POTIM [fs].")
    if how == 0 and steps == 0:
        text = "molecular dynamics (IBRION = 0) of no steps"
        yield deck.at("NSW", WARNING, "no_steps", text, "Set NSW to the number of steps.")


def _functional(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    if deck.flag("LHFCALC") and deck.word("ALGO")[:1] in {"F", "V"}:
        text = f"ALGO = {deck.word('ALGO')} does not work with a hybrid functional"
        yield deck.at("ALGO", WARNING, "hybrid_algo", text, "Set ALGO = Normal, All or Damped.")
    if deck.word("METAGGA") not in {"", "NONE", "--"} and "GGA" in deck.tags and deck.word("GGA") != "--":
        text = "METAGGA and GGA are both set; METAGGA is taken"
        yield deck.at("GGA", WARNING, "two_functionals", text, "Delete GGA.")
    if deck.word("METAGGA") not in {"", "NONE", "--"} and not deck.flag("LASPH"):
        text = "a meta-GGA without LASPH leaves out aspherical terms within the spheres"
        yield deck.at("METAGGA", NOTE, "lasph", text, "Set LASPH = .TRUE.")
    if deck.flag("LDIPOL") and "IDIPOL" not in deck.tags:
        text = "LDIPOL without IDIPOL corrects nothing"
        yield deck.at("LDIPOL", WARNING, "idipol", text, "Set IDIPOL = 1, 2, 3 (direction) or 4 (all).")


def _potentials(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    """Potentials stand in the order of the species of POSCAR."""
    poscar, given = deck.poscar, deck.potentials
    if poscar is None or not deck.potcar_file:
        return
    if len(given) != len(poscar.counts):
        text = f"there are {len(given)} potentials, and POSCAR has {len(poscar.counts)} species"
        yield in_file(
            deck.potcar_file, 0, ERROR, "potcar.count", text, "Give one for each species, in POSCAR's order."
        )
        return
    for species, potential in zip(poscar.species, given, strict=False):
        if potential.element != species:
            text = f"{potential.symbol} stands where POSCAR has {species}"
            hint = f"Put the potentials in the order {' '.join(poscar.species)}."
            yield in_file(deck.potcar_file, potential.line, ERROR, "potcar.order", text, hint)


def _lists(deck: Deck, _: DeckFacts) -> Iterator[DeckProblem]:
    """Lists of one number a species."""
    if deck.poscar is None:
        return
    for name in ("RWIGS", "ROPT", "LANGEVIN_GAMMA"):
        values = deck.list_of(name)
        if values is not None and len(values) != len(deck.poscar.counts):
            text = f"{name} has {len(values)} numbers, and POSCAR has {len(deck.poscar.counts)} species"
            yield deck.at(name, WARNING, "list_length", text, "Give one for each species, in POSCAR's order.")
    saxis = deck.list_of("SAXIS")
    if saxis is not None and len(saxis) != 3:
        yield deck.at("SAXIS", ERROR, "list_length", f"SAXIS has {len(saxis)} numbers", "Give three.")


RULES: tuple[Rule, ...] = (
    _bounds, _magmom, _hubbard, _electrons, _cutoff, _smearing, _motion, _functional, _potentials, _lists,
)  # fmt: skip
