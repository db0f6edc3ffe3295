"""Problems of a set of input files, made with little writing; pure."""

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
    """One problem at a line of a file."""
    return InputProblem(file, line, column, severity, code, text, hint, tag)


def in_order(problems: tuple[InputProblem, ...]) -> tuple[InputProblem, ...]:
    """By file, line, column and weight, each once."""

    def place(problem: InputProblem) -> tuple[int, int, int, int]:
        rank = _ORDER.index(problem.file) if problem.file in _ORDER else len(_ORDER)
        return rank, problem.line, problem.column, _RANKS.index(problem.severity)

    return tuple(sorted(dict.fromkeys(problems), key=place))


def sentence(problem: InputProblem) -> str:
    """One line: place, weight, reason, way out."""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{place}: {problem.severity.value}: {problem.text}. {problem.hint}".rstrip(" ")
