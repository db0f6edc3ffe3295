"""@record behaves as dataclass(frozen=True, slots=True), whichever method is called first."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest
from pydantic import TypeAdapter

from crystalmath_server.protocol.record import record


@record
class Root:
    """Inherited from."""

    pk: int
    label: str = ""


@record
class Leaf(Root):
    """Inherits."""

    tags: tuple[str, ...] = ()
    values: dict[str, int] = field(default_factory=dict[str, int], repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Usual:
    """What Leaf is held to."""

    pk: int
    label: str = ""
    tags: tuple[str, ...] = ()
    values: dict[str, int] = field(default_factory=dict[str, int], repr=False, compare=False)


def test_it_is_made_shown_compared_and_hashed_as_a_dataclass() -> None:
    ours, usual = Leaf(1, tags=("a",)), Usual(1, tags=("a",))
    assert repr(ours) == repr(usual).replace("Usual", "Leaf")
    assert hash(ours) == hash(usual)
    assert ours == Leaf(1, "", ("a",), {"left out": 1})
    assert ours != Leaf(2, tags=("a",))
    assert ours != usual
    assert ours != Root(1)
    assert [row.name for row in fields(ours)] == list(Leaf.__match_args__)
    assert Leaf(1).values is not Leaf(1).values
    assert replace(ours, label="b").label == "b"


def test_an_instance_made_without_init_compares_and_hashes_too() -> None:
    @record
    class Fresh:
        """No method of it was called yet."""

        pk: int

    one, other = (TypeAdapter(Fresh).validate_json('{"pk": 1}', strict=True) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one).endswith("Fresh(pk=1)")


def test_it_is_frozen_and_has_no_dict() -> None:
    leaf = Leaf(1)
    with pytest.raises(FrozenInstanceError, match="pk"):
        leaf.pk = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="pk"):
        del leaf.pk  # type: ignore[misc]
    assert not hasattr(leaf, "__dict__")


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="missing"):
        Leaf()  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match="unexpected"):
        Leaf(1, color="red")  # pyright: ignore[reportCallIssue]


def test_it_can_be_copied_and_pickled() -> None:
    leaf = Leaf(1, "x", ("a",), {"n": 1})
    assert copy.deepcopy(leaf) == leaf
    assert pickle.loads(pickle.dumps(leaf)).values == {"n": 1}
