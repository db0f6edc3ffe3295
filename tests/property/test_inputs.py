"""Input files: whatever the texts are, problems with true places, and never an exception."""

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.domain.inputs import incar_text
from crystalmath_server.domain.inputs import rules as inputs_rules
from crystalmath_server.domain.inputs import sampling as inputs_sampling
from crystalmath_server.domain.inputs.incar_catalog import KnownTag
from crystalmath_server.domain.inputs.vasp_inputs import read
from crystalmath_server.protocol.inputs import InputFacts

CATALOGUE = {
    "ENCUT": KnownTag("float"),
    "NSW": KnownTag("int"),
    "ISMEAR": KnownTag("int", ("-5", "0", "1")),
    "LWAVE": KnownTag("bool"),
    "MAGMOM": KnownTag("list"),
    "LDAUU": KnownTag("list"),
    "ALGO": KnownTag("str", ("Normal", "All")),
    "KPAR": KnownTag("int"),
    "KSPACING": KnownTag("float"),
}
words = st.sampled_from(
    [*CATALOGUE, *'=;#!" ', "\\", "\n", "1", "-5", "0.5", "1e-5", "3*0.6", "9*9*9*1", ".T."]
)
numbers = st.sampled_from(
    ["0", "1", "4.2", "-3", "1e300", "nan", "Si", "O", "Direct", "S", "T F T", "Gamma", "line"]
)
text = st.text(max_size=80)
incars = st.lists(words | text, max_size=30).map("".join)
rows = st.lists(st.lists(numbers | text, max_size=4).map(" ".join), max_size=20).map("\n".join)


@given(incars, rows, rows, rows, st.none() | st.integers(1, 64))
def test_any_text_gets_a_report(incar: str, kpoints: str, poscar: str, spec: str, tasks: int | None) -> None:
    files = {"INCAR": incar, "KPOINTS": kpoints, "POSCAR": poscar, "POTCAR.spec": spec}
    vasp_inputs, problems = read(files, CATALOGUE)
    facts = InputFacts(
        electrons=8.0,
        enmax=245.0,
        n_kpoints=3,
        n_irreducible=2,
        spacing=inputs_sampling.spacing_of(vasp_inputs),
    )
    judged = (*inputs_rules.judge(vasp_inputs, facts), *inputs_sampling.judge(vasp_inputs, facts, tasks))
    for problem in (*problems, *judged):
        n_lines = len(files[problem.file].splitlines())
        assert 0 <= problem.line <= max(n_lines + 1, 8)  # a line that is missing has its place
        assert problem.text
        assert problem.hint


@given(st.lists(st.tuples(st.sampled_from(list(CATALOGUE)), st.integers(0, 99)), min_size=1, max_size=9))
def test_tags_stand_where_they_are_written(pairs: list[tuple[str, int]]) -> None:
    lines = [f"  {name} = {value} ! {i}" for i, (name, value) in enumerate(pairs)]
    tags, problems = incar_text.read("\n".join(lines))
    assert [(tag.name, tag.value, tag.line, tag.column) for tag in tags] == [
        (name, str(value), i, 3) for i, (name, value) in enumerate(pairs, 1)
    ]
    assert problems == ()
    for tag in tags:
        assert lines[tag.line - 1][tag.value_column - 1 :].startswith(tag.value)
