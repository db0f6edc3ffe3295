"""Consistency rules for INCAR tags, the structure and the potentials; pure."""

from collections.abc import Callable, Iterator

from crystalmath_server.domain.inputs.problems import ERROR, NOTE, WARNING, in_file
from crystalmath_server.domain.inputs.vasp_inputs import VaspInputs
from crystalmath_server.protocol.inputs import InputFacts, InputProblem

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

Rule = Callable[[VaspInputs, InputFacts], Iterator[InputProblem]]


def judge(vasp_inputs: VaspInputs, facts: InputFacts) -> tuple[InputProblem, ...]:
    """The problems that all rules find."""
    return tuple(problem for rule in RULES for problem in rule(vasp_inputs, facts))


def _bounds(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    for name, lowest in _LOWEST.items():
        value = vasp_inputs.number(name)
        if value is not None and value < lowest:
            text = f"{name} = {value:g} is below {lowest:g}"
            yield vasp_inputs.at(name, ERROR, "range", text, f"Use at least {lowest:g}.")
    for name, highest in _HIGHEST.items():
        value = vasp_inputs.number(name)
        if value is not None and value > highest:
            text = f"{name} = {value:g} is far above the usual range"
            yield vasp_inputs.at(
                name, WARNING, "range", text, f"Use at most {highest:g}, or confirm the value."
            )


def _magmom(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    moments = vasp_inputs.list_of("MAGMOM")
    if moments is None or vasp_inputs.poscar is None:
        return
    n_sites = vasp_inputs.poscar.n_sites
    wanted = 3 * n_sites if vasp_inputs.is_noncollinear else n_sites
    is_read = vasp_inputs.is_noncollinear or vasp_inputs.number("ISPIN") == 2
    if len(moments) != wanted:
        kind = "components (three per atom)" if vasp_inputs.is_noncollinear else "moments (one per atom)"
        text = f"MAGMOM has {len(moments)} numbers, but {n_sites} atoms need {wanted} {kind}"
        hint = f"Give {wanted} numbers, e.g. {wanted}*0.6."
        yield vasp_inputs.at("MAGMOM", ERROR if is_read else WARNING, "magmom_length", text, hint)
    if not is_read:
        text = "MAGMOM is ignored because the calculation is not spin-polarized"
        yield vasp_inputs.at("MAGMOM", NOTE, "magmom_unused", text, "Set ISPIN = 2, or delete MAGMOM.")


def _hubbard(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    if vasp_inputs.poscar is None:
        return
    n_species = len(vasp_inputs.poscar.counts)
    for name in ("LDAUU", "LDAUJ", "LDAUL"):
        values = vasp_inputs.list_of(name)
        if values is not None and len(values) != n_species:
            text = f"{name} has {len(values)} numbers, but POSCAR has {n_species} species"
            severity = ERROR if vasp_inputs.flag("LDAU") else WARNING
            yield vasp_inputs.at(
                name, severity, "ldau_length", text, f"Give {n_species} numbers, in POSCAR order."
            )
    if vasp_inputs.flag("LDAU"):
        yield from _hubbard_needs(vasp_inputs)
    elif any(vasp_inputs.list_of("LDAUU") or ()):
        text = "LDAUU is set, but LDAU is not .TRUE.: no U is applied"
        yield vasp_inputs.at("LDAUU", WARNING, "ldau_off", text, "Set LDAU = .TRUE., or delete LDAUU.")


def _hubbard_needs(vasp_inputs: VaspInputs) -> Iterator[InputProblem]:
    if vasp_inputs.list_of("LDAUU") is None and "LDAUU" not in vasp_inputs.tags:
        text = "LDAU is .TRUE., but LDAUU is not set"
        yield vasp_inputs.at(
            "LDAU", WARNING, "ldau_without_u", text, "Set LDAUU, LDAUJ and LDAUL, one number per species."
        )
    shells = [int(shell) for shell in vasp_inputs.list_of("LDAUL") or ()]
    wanted = _F_BLOCK if 3 in shells else _D_BLOCK if 2 in shells else 0
    given = vasp_inputs.number("LMAXMIX") or 2
    if given < wanted:
        text = (
            f"LMAXMIX = {given:g} is too small for the orbitals in LDAUL: restarts from CHGCAR would be wrong"
        )
        yield vasp_inputs.at(
            "LMAXMIX" if "LMAXMIX" in vasp_inputs.tags else "LDAUL",
            NOTE,
            "lmaxmix",
            text,
            f"Set LMAXMIX = {wanted}.",
        )


def _electrons(vasp_inputs: VaspInputs, facts: InputFacts) -> Iterator[InputProblem]:
    total, given, bands = facts.electrons, vasp_inputs.number("NELECT"), vasp_inputs.number("NBANDS")
    if total and given and abs(given - total) > 1e-3:
        text = f"NELECT = {given:g}, but the potentials provide {total:g}: charge {total - given:+g} e"
        hint = "Delete NELECT for a neutral cell; a charge needs a compensating background and corrections."
        yield vasp_inputs.at("NELECT", WARNING, "nelect", text, hint)
    occupied = given or total
    if not (occupied and bands):
        return
    needed = occupied if vasp_inputs.is_noncollinear else occupied / 2
    if bands < needed:
        text = f"NBANDS = {bands:g} cannot hold {occupied:g} electrons"
        yield vasp_inputs.at("NBANDS", ERROR, "nbands", text, f"Use more than {needed:g}, or delete NBANDS.")


def _cutoff(vasp_inputs: VaspInputs, facts: InputFacts) -> Iterator[InputProblem]:
    given, wanted = vasp_inputs.number("ENCUT"), facts.enmax
    if not (given and wanted):
        return
    changes_cell = (
        vasp_inputs.moves and (vasp_inputs.number("ISIF") or 0) >= 3 and vasp_inputs.number("ISIF") != 4
    )
    if given < wanted:
        text = f"ENCUT = {given:g} eV is below the largest ENMAX of the potentials, {wanted:g} eV"
        yield vasp_inputs.at("ENCUT", WARNING, "encut_low", text, f"Use at least {wanted:g}.")
    elif changes_cell and given < _PULAY * wanted:
        text = f"the cell may change, but ENCUT = {given:g} eV is below 1.3 × ENMAX: expect Pulay stress"
        yield vasp_inputs.at("ENCUT", NOTE, "encut_pulay", text, f"Use about {1.3 * wanted:.0f}.")


def _smearing(vasp_inputs: VaspInputs, facts: InputFacts) -> Iterator[InputProblem]:
    smearing, count = vasp_inputs.number("ISMEAR"), facts.n_kpoints
    if smearing not in {-4, -5, -14, -15}:
        return
    if vasp_inputs.kpoints is not None and vasp_inputs.kpoints.kind in {"line", "list"}:
        text = f"ISMEAR = {smearing:g} needs a mesh, but KPOINTS is a {vasp_inputs.kpoints.words()}"
        hint = "Set ISMEAR = 0, or give a mesh (or a list followed by tetrahedra)."
        yield vasp_inputs.at("ISMEAR", WARNING, "tetrahedron_list", text, hint)
    elif count is not None and count < 4:
        text = f"ISMEAR = {smearing:g} needs at least 4 k-points, but there are only {count}"
        yield vasp_inputs.at(
            "ISMEAR", ERROR, "tetrahedron_kpoints", text, "Set ISMEAR = 0, or give a denser mesh."
        )
    elif facts.n_irreducible is not None and facts.n_irreducible < 4:
        text = f"ISMEAR = {smearing:g} needs at least 4 k-points, but symmetry leaves {facts.n_irreducible}"
        yield vasp_inputs.at(
            "ISMEAR", WARNING, "tetrahedron_kpoints", text, "Set ISMEAR = 0, or give a denser mesh."
        )


def _motion(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    steps, how = vasp_inputs.number("NSW"), vasp_inputs.number("IBRION")
    if steps and how == -1:
        text = f"NSW = {steps:g} steps, but IBRION = -1: nothing moves"
        yield vasp_inputs.at("NSW", WARNING, "nothing_moves", text, "Set IBRION = 2, or NSW = 0.")
    if how in {1, 2, 3} and steps == 0:
        text = f"IBRION = {how:g} moves atoms, but NSW = 0 allows no steps"
        yield vasp_inputs.at("IBRION", NOTE, "no_steps", text, "Set NSW, or IBRION = -1.")
    if how == 0 and "POTIM" not in vasp_inputs.tags:
        text = "molecular dynamics (IBRION = 0) needs a time step"
        yield vasp_inputs.at("IBRION", ERROR, "no_potim", text, "Set POTIM [fs].")
    if how == 0 and steps == 0:
        text = "molecular dynamics (IBRION = 0) with no steps"
        yield vasp_inputs.at("NSW", WARNING, "no_steps", text, "Set NSW to the number of steps.")


def _functional(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    if vasp_inputs.flag("LHFCALC") and vasp_inputs.word("ALGO")[:1] in {"F", "V"}:
        text = f"ALGO = {vasp_inputs.word('ALGO')} does not work with a hybrid functional"
        yield vasp_inputs.at("ALGO", WARNING, "hybrid_algo", text, "Set ALGO = Normal, All or Damped.")
    if (
        vasp_inputs.word("METAGGA") not in {"", "NONE", "--"}
        and "GGA" in vasp_inputs.tags
        and vasp_inputs.word("GGA") != "--"
    ):
        text = "METAGGA and GGA are both set; VASP uses METAGGA"
        yield vasp_inputs.at("GGA", WARNING, "two_functionals", text, "Delete GGA.")
    if vasp_inputs.word("METAGGA") not in {"", "NONE", "--"} and not vasp_inputs.flag("LASPH"):
        text = "a meta-GGA without LASPH omits aspherical terms inside the PAW spheres"
        yield vasp_inputs.at("METAGGA", NOTE, "lasph", text, "Set LASPH = .TRUE.")
    if vasp_inputs.flag("LDIPOL") and "IDIPOL" not in vasp_inputs.tags:
        text = "LDIPOL without IDIPOL corrects nothing"
        yield vasp_inputs.at(
            "LDIPOL", WARNING, "idipol", text, "Set IDIPOL = 1, 2, 3 (direction) or 4 (all)."
        )


def _potentials(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    """The potentials must be in the order of the species in POSCAR."""
    poscar, given = vasp_inputs.poscar, vasp_inputs.potentials
    if poscar is None or not vasp_inputs.potcar_file:
        return
    if len(given) != len(poscar.counts):
        text = f"there are {len(given)} potentials, but POSCAR has {len(poscar.counts)} species"
        yield in_file(
            vasp_inputs.potcar_file,
            0,
            ERROR,
            "potcar.count",
            text,
            "Give one potential per species, in POSCAR order.",
        )
        return
    for species, potential in zip(poscar.species, given, strict=False):
        if potential.element != species:
            text = f"{potential.symbol} is in the place where POSCAR has {species}"
            hint = f"Put the potentials in the order {' '.join(poscar.species)}."
            yield in_file(vasp_inputs.potcar_file, potential.line, ERROR, "potcar.order", text, hint)


def _lists(vasp_inputs: VaspInputs, _: InputFacts) -> Iterator[InputProblem]:
    """Lists with one number per species."""
    if vasp_inputs.poscar is None:
        return
    for name in ("RWIGS", "ROPT", "LANGEVIN_GAMMA"):
        values = vasp_inputs.list_of(name)
        if values is not None and len(values) != len(vasp_inputs.poscar.counts):
            text = (
                f"{name} has {len(values)} numbers, but POSCAR has {len(vasp_inputs.poscar.counts)} species"
            )
            yield vasp_inputs.at(
                name, WARNING, "list_length", text, "Give one number per species, in POSCAR order."
            )
    saxis = vasp_inputs.list_of("SAXIS")
    if saxis is not None and len(saxis) != 3:
        yield vasp_inputs.at(
            "SAXIS", ERROR, "list_length", f"SAXIS has {len(saxis)} numbers", "Give three numbers."
        )


RULES: tuple[Rule, ...] = (
    _bounds, _magmom, _hubbard, _electrons, _cutoff, _smearing, _motion, _functional, _potentials, _lists,
)  # fmt: skip
