"""Which build of VASP the inputs ask for, read as VASP reads them."""

import pytest

from crystalmath_server.domain.inputs.vasp_program import moves, needed_large_files, program

GAMMA = "Γ alone\n0\nGamma\n1 1 1\n"


@pytest.mark.parametrize(
    "incar, wanted",
    [
        ("LSORBIT = .FALSE.\nLSORBIT = .TRUE.\n", "vasp_std"),
        ("LSORBIT = .TRUE.\nLSORBIT = .FALSE.\n", "vasp_ncl"),
        ("LNONCOLLINEAR = T ; LNONCOLLINEAR = F", "vasp_ncl"),
    ],
)
def test_of_a_tag_given_twice_the_first_value_counts(incar: str, wanted: str) -> None:
    assert program({"INCAR": incar}) == wanted


def test_of_steps_given_twice_the_first_value_counts() -> None:
    assert moves("NSW = 5\nNSW = 0\n")
    assert not moves("NSW = 0\nNSW = 5\n")
    assert needed_large_files("LVTOT = F\nLVTOT = T\nLVHAR = F\n") == ()


@pytest.mark.parametrize("inside", ["LSORBIT = .TRUE.", "# a comment ; LSORBIT = .TRUE."])
def test_what_stands_in_a_quotation_of_many_lines_sets_no_tag(inside: str) -> None:
    title = f'SYSTEM = "a title\n{inside}\nof three lines"\n'
    assert program({"INCAR": title}) == "vasp_std"
    assert program({"INCAR": f"{title}LSORBIT = .TRUE.\n"}) == "vasp_ncl"


def test_a_value_goes_on_behind_a_backslash() -> None:
    assert program({"INCAR": "LSORBIT = \\\n  .TRUE.\n"}) == "vasp_ncl"


@pytest.mark.parametrize(
    "shift, wanted",
    [
        ("", "vasp_gam"),
        ("0 0 0\n", "vasp_gam"),
        ("0. 0d0 0.0 ! no shift\n", "vasp_gam"),
        ("0.5 0 0\n", "vasp_std"),
        ("a b c\n", "vasp_std"),
        ("0 0\n", "vasp_std"),
    ],
)
def test_a_mesh_of_gamma_alone_has_no_shift(shift: str, wanted: str) -> None:
    assert program({"KPOINTS": GAMMA + shift}) == wanted


@pytest.mark.parametrize("kpoints", ["", "x\n0\nGamma\n", "x\n0\nMonkhorst\n1 1 1\n", "x\n0\nGamma\n1 1 2\n"])
def test_other_meshes_take_the_standard_build(kpoints: str) -> None:
    assert program({"KPOINTS": kpoints}) == "vasp_std"
