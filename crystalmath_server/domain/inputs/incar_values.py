"""Values of INCAR tags: parsed like Fortran does, and checked; pure."""

import math
import re
from collections.abc import Callable

from crystalmath_server.domain.inputs.incar_catalog import BY_FIRST_LETTER, CLOSED, KnownTag
from crystalmath_server.domain.inputs.incar_text import Tag
from crystalmath_server.domain.inputs.problems import ERROR, WARNING, in_file
from crystalmath_server.protocol.inputs import InputProblem, Severity

_WHOLE = re.compile(r"[+-]?\d{1,18}$")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdDqQ][+-]?\d{1,4})?$")
_LOGICAL = re.compile(r"\.?[TtFf]")
_REPEATED = re.compile(r"(\d{1,7})\*(.+)$")
_MOST = 1_000_000

Value = bool | int | float | str | tuple[float, ...]


def real(text: str) -> float | None:
    """A number in Fortran notation, or None if it is not a finite number."""
    if not _REAL.match(text):
        return None
    value = float(re.sub("[dDqQ]", "e", text))
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """An integer, or None if the text is not one."""
    return int(text) if _WHOLE.match(text) else None


def logical(text: str) -> bool | None:
    """A Fortran logical: .TRUE., T, .FALSE., F and words that begin like them; None for other text."""
    return text.lstrip(".")[:1] in "tT" if _LOGICAL.match(text) else None


def first_word(value: str) -> str:
    """The part that VASP reads of a single-word value."""
    return re.split(r"[\s,]", value, maxsplit=1)[0]


def atoms_move(nsw: float | None, ibrion: float | None) -> bool:
    """Whether atoms move: NSW is positive and IBRION is not -1; None stands for a tag that is not set."""
    return nsw is not None and nsw > 0 and ibrion != -1


def numbers(text: str) -> tuple[float, ...] | None:
    """A list with repeats such as 3*0.6 and 2*3*-1 expanded; None if invalid or unreasonably long."""
    found: list[float] = []
    for word in text.replace(",", " ").split():
        rest, count = word, 1
        while repeated := _REPEATED.match(rest):
            count, rest = count * int(repeated[1]), repeated[2]
        value = real(rest)
        if value is None and (flag := logical(rest)) is not None:
            value = float(flag)
        if value is None or len(found) + count > _MOST:
            return None
        found += [value] * count
    return tuple(found)


def value_of(tag: Tag, known: KnownTag | None) -> Value | None:
    """The value as VASP reads it; None if it does not parse as the tag's type."""
    head = first_word(tag.value)
    match known.kind if known else "":
        case "int":
            return whole(head)
        case "float":
            return real(head)
        case "bool":
            return logical(head)
        case "list":
            return numbers(tag.value)
        case _:
            return tag.value


def problems_of(tag: Tag, known: KnownTag) -> tuple[InputProblem, ...]:
    """The problems of one value."""
    if not tag.value:
        return (
            _problem(tag, ERROR, "no_value", f"{tag.name} has no value", "Give a value, or delete the line."),
        )
    check = _CHECKS.get(known.kind)
    wrong = check(tag) if check else None
    if wrong is not None:
        return (wrong,)
    found = [_outside(tag, known), _trailing_text(tag, known)]
    return tuple(problem for problem in found if problem is not None)


def _problem(tag: Tag, severity: Severity, code: str, text: str, hint: str) -> InputProblem:
    return in_file(
        "INCAR", tag.line, severity, f"incar.{code}", text, hint, column=tag.value_column, tag=tag.name
    )


def _whole(tag: Tag) -> InputProblem | None:
    head = first_word(tag.value)
    if whole(head) is not None:
        return None
    number = real(head)
    if number is not None:
        text = f"{tag.name} takes an integer, not {head}; pymatgen reads {int(number)}, VASP stops"
        return _problem(tag, ERROR, "not_whole", text, f"Write {tag.name} = {round(number)}.")
    text = f"{tag.name} takes an integer, not {tag.value[:30]!r}"
    return _problem(tag, ERROR, "not_a_number", text, f"Write {tag.name} = followed by an integer.")


def _real(tag: Tag) -> InputProblem | None:
    if real(first_word(tag.value)) is not None:
        return None
    text = f"{tag.name} takes a number, not {tag.value[:30]!r}"
    return _problem(
        tag, ERROR, "not_a_number", text, f"Write {tag.name} = followed by a number with a decimal point."
    )


def _logical(tag: Tag) -> InputProblem | None:
    if logical(first_word(tag.value)) is not None:
        return None
    text = f"{tag.name} takes .TRUE. or .FALSE., not {tag.value[:30]!r}"
    return _problem(
        tag, ERROR, "not_logical", text, f"Write {tag.name} = .TRUE. or {tag.name} = .FALSE., with the dots."
    )


def _list(tag: Tag) -> InputProblem | None:
    if numbers(tag.value) is not None:
        return None
    bad = next((word for word in tag.value.replace(",", " ").split() if numbers(word) is None), tag.value)
    text = f"{tag.name} takes a list of numbers, but {bad[:30]!r} is not a number"
    return _problem(tag, ERROR, "not_a_number", text, "Write numbers; 8*0.6 means 0.6 eight times.")


_CHECKS: dict[str, Callable[[Tag], InputProblem | None]] = {
    "int": _whole,
    "float": _real,
    "bool": _logical,
    "list": _list,
}


def _outside(tag: Tag, known: KnownTag) -> InputProblem | None:
    """The problem of a value that is not among the known ones."""
    if not known.values or known.kind in {"bool", "bool | str"} or _is_among(tag, known):
        return None
    shown = ", ".join(known.values[:14]) + (", …" if len(known.values) > 14 else "")
    severity = ERROR if tag.name in CLOSED else WARNING
    text = f"{tag.name} = {tag.value[:30]} is not one of its allowed values"
    return _problem(tag, severity, "value", text, f"Give one of {shown}.")


def _is_among(tag: Tag, known: KnownTag) -> bool:
    head = first_word(tag.value).casefold().strip(".")
    names = {value.casefold().strip(".") for value in known.values}
    if known.kind == "int":
        return str(whole(first_word(tag.value))) in names
    if tag.name in BY_FIRST_LETTER and any(name.startswith(head) for name in names):
        return True
    return head in names or any(len(name) > 3 and head.startswith(name) for name in names)


def _trailing_text(tag: Tag, known: KnownTag) -> InputProblem | None:
    """The problem of text after a single-word value: VASP ignores it; a semicolon may be missing."""
    rest = tag.value[len(first_word(tag.value)) :].strip(" ,\t")
    if known.kind not in {"int", "float", "bool"} or not rest:
        return None
    if "=" in rest:
        text = f"VASP ignores what follows {tag.name} = {first_word(tag.value)}: {rest[:30]!r}"
        return _problem(
            tag, ERROR, "no_separator", text, "Start a new line for each tag, or separate tags with ;"
        )
    text = f"{tag.name} takes one value; {rest[:30]!r} after it is ignored"
    return _problem(tag, WARNING, "trailing", text, "Delete the extra text, or put # before it.")
