"""Labels of called processes."""

from crystalmath_server.domain.flows.call_labels import free_label, name_of
from crystalmath_server.domain.flows.documents import key_of

KEY = key_of("1b4c0652-f28d-4e70-8ea3-0c3e09e65de0", 10)


def test_each_attempt_has_a_label_of_its_own_and_the_same_name() -> None:
    taken: list[str] = []
    for _ in range(12):
        taken.append(free_label(KEY, taken))
    assert taken[0] == KEY
    assert len(set(taken)) == 12
    assert {name_of(label) for label in taken} == {KEY}


def test_jobs_with_a_common_beginning_are_told_apart() -> None:
    assert name_of(KEY + "0") == KEY + "0"
    assert free_label(KEY, [KEY + "0"]) == KEY
