"""Helpers that build, sort and format problems in VASP input files; pure."""

from crystalmath_server.protocol.inputs import InputProblem, Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
_ORDER = ("INCAR", "KPOINTS", "POSCAR", "POTCAR.spec", "POTCAR")
_RANKS = (ERROR, WARNING, NOTE)


def in_file(  # noqa: PLR0913  a problem has this many sides
    file: str,
    line: int,
    severity: Severity,
    code: str,
    text: str,
    hint: str,
    *,
    column: int = 0,
    tag: str = "",
) -> InputProblem:
    """A problem at a line of a file."""
    return InputProblem(file, line, column, severity, code, text, hint, tag)


def in_order(problems: tuple[InputProblem, ...]) -> tuple[InputProblem, ...]:
    """Problems sorted by file, line, column and severity, without duplicates."""

    def place(problem: InputProblem) -> tuple[int, int, int, int]:
        rank = _ORDER.index(problem.file) if problem.file in _ORDER else len(_ORDER)
        return rank, problem.line, problem.column, _RANKS.index(problem.severity)

    return tuple(sorted(dict.fromkeys(problems), key=place))


def sentence(problem: InputProblem) -> str:
    """The problem on one line: place, severity, reason and hint."""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{place}: {problem.severity.value}: {problem.text}. {problem.hint}".rstrip(" ")
