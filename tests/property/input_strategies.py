"""Strategies for input files that are edited: input files, what is told of them, keys of the editor."""

from hypothesis import strategies as st

from crystalmath_server.protocol.inputs import (
    INPUTS_FILES,
    InputDiff,
    InputFacts,
    InputProblem,
    InputReport,
    KnownTag,
    Severity,
    StructureChange,
    TagChange,
    TagList,
)
from crystalmath_tui.core import messages
from crystalmath_tui.core.inputs import FileEdit, InputsEdited, InputsOpened, VaspInputs
from crystalmath_tui.core.messages import KeyPressed, Pasted
from crystalmath_tui.screens.editor import model as editor_model
from crystalmath_tui.screens.new import model as new_model
from tests.property.tui_strategies import ERROR_VALUES, INPUTS, NUMBERS, PAGES, PKS, TEXTS

FILES = st.sampled_from([*INPUTS_FILES, "POTCAR", ""])
LINES = st.lists(TEXTS | st.just("ENCUT = 520 # eV") | st.just("ISMEAR = 0; NSW = 1.5"), max_size=9).map(
    "\n".join
)
NAMED = st.dictionaries(FILES, LINES, max_size=4)
PROBLEMS = st.builds(
    InputProblem, FILES, st.integers(0, 12), st.integers(0, 40), st.sampled_from(Severity), *[TEXTS] * 4
)
PROBLEM_LISTS = st.lists(PROBLEMS, max_size=8).map(tuple)
FACTS = st.builds(
    InputFacts, TEXTS, st.none() | PKS, TEXTS, st.none() | NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS,
    st.none() | NUMBERS, TEXTS, st.none() | PKS, st.none() | PKS, st.lists(NUMBERS, max_size=3).map(tuple),
)  # fmt: skip
DIFFS = st.builds(
    InputDiff,
    st.booleans(),
    st.lists(
        st.builds(TagChange, TEXTS, st.sampled_from(["added", "removed", "changed"]), TEXTS, TEXTS),
        max_size=4,
    ).map(tuple),
    st.none() | st.tuples(TEXTS, TEXTS),
    st.none() | st.tuples(TEXTS, TEXTS),
    st.none() | st.builds(StructureChange, st.booleans(), TEXTS),
    st.dictionaries(FILES, st.just("@@ -1,2 +1,2 @@\n-a\n+日本語\n b\n") | LINES, max_size=3),
)
TAGS = st.lists(
    st.builds(
        KnownTag,
        st.sampled_from(["ENCUT", "ISMEAR", "ALGO"]) | TEXTS,
        st.sampled_from(["int", "bool", "float", ""]) | TEXTS,
        st.lists(TEXTS, max_size=20).map(tuple),
        TEXTS,
        TEXTS,
        TEXTS,
        st.dictionaries(TEXTS, TEXTS, max_size=3),
    ),
    max_size=12,
).map(tuple)
MADE = ("emt.relax", 3)
OPENED = st.builds(InputsOpened, st.builds(VaspInputs, st.just(MADE), NAMED, NAMED, st.none() | PKS), FILES)
EDITED = st.builds(
    InputsEdited,
    st.sampled_from([MADE, MADE, ("vasp.relax", 3)]),
    st.dictionaries(FILES, st.builds(FileEdit, LINES, LINES), max_size=3),
)
TURNS = st.integers(-1, 6)
EDITOR_MESSAGES = st.one_of(
    OPENED,
    st.builds(editor_model.CheckDue, TURNS),
    st.builds(
        messages.Answered, st.just("editor check"), st.builds(InputReport, PROBLEM_LISTS, FACTS), TURNS
    ),
    st.builds(messages.Refused, st.just("editor check"), ERROR_VALUES, TURNS),
    st.builds(messages.Answered, st.just("editor tags"), st.builds(TagList, TAGS)),
    st.builds(messages.Refused, st.just("editor tags"), ERROR_VALUES),
    st.builds(messages.Answered, st.just("editor diff"), DIFFS, TURNS),
    st.builds(messages.Refused, st.just("editor diff"), ERROR_VALUES, TURNS),
    st.builds(messages.Answered, st.just("editor jobs"), PAGES, st.just("") | TEXTS),
    st.builds(
        messages.Answered,
        st.just("editor outside"),
        st.tuples(LINES, st.just("") | TEXTS),
        st.tuples(st.just(MADE), FILES),
    ),
    st.just(editor_model.Left()),
)
NEW_MESSAGES = st.one_of(
    EDITED,
    st.builds(new_model.EditsDropped, st.lists(FILES, max_size=3).map(tuple)),
    st.builds(new_model.WarningsConfirmed, st.sampled_from(["d1", "d2"])),
    st.builds(messages.Answered, st.just("new edited inputs"), INPUTS, st.just(3)),
)
EDITOR_KEYS = st.sampled_from(
    [
        *(
            "tab",
            "shift tab",
            "enter",
            "esc",
            "up",
            "down",
            "left",
            "right",
            "home",
            "end",
            "page down",
            "page up",
        ),
        *(
            "f1",
            "f2",
            "f3",
            "f4",
            "f5",
            "f6",
            "f7",
            "f8",
            "shift f8",
            "shift f6",
            "ctrl z",
            "ctrl y",
            "ctrl k",
        ),
        *(
            "ctrl end",
            "ctrl home",
            "backspace",
            "delete",
            "I",
            "S",
            "=",
            " ",
            "s",
            "c",
            "r",
            "y",
            "n",
            "1",
            "日",
        ),
    ]
).map(KeyPressed)
PASTES = st.builds(Pasted, LINES)
