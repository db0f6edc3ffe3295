"""The Profiles port."""

from collections.abc import Iterator

import pytest

from crystalmath_server.protocol.errors import Conflict, InvalidForm
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileRow
from tests.worlds import RealWorld, World


def rows(world: World) -> tuple[ProfileRow, ...]:
    return world.run(world.ports.profiles.list_profiles()).rows


@pytest.fixture(scope="module")
def made(world: World) -> Iterator[ProfileRow]:
    """A profile that was made the default; the old one is the default again afterwards."""
    before = next(row.name for row in rows(world) if row.is_default)
    yield world.run(world.ports.profiles.create(CreateProfileParams(world.tag, make_default=True)))
    if isinstance(world, RealWorld):
        make_default(before)


def make_default(name: str) -> None:
    from aiida.manage.configuration import load_config

    load_config().set_default_profile(name, overwrite=True).store()


def test_a_new_profile_is_embedded_and_listed_by_name(world: World, made: ProfileRow) -> None:
    assert made == ProfileRow(world.tag, "core.sqlite_dos", "core.zeromq", is_default=True, in_use=False)
    assert made in rows(world)
    names = [row.name for row in rows(world)]
    assert names == sorted(names)


def test_one_is_the_default_and_one_in_use(world: World, made: ProfileRow) -> None:
    assert [row.name for row in rows(world) if row.is_default] == [made.name]
    assert sum(row.in_use for row in rows(world)) == 1


def test_a_name_is_taken_once(world: World, made: ProfileRow) -> None:
    world.refuse(world.ports.profiles.create(CreateProfileParams(made.name)), Conflict, "name")


@pytest.mark.parametrize("name", ["../x", "-x", "_x", "é", "a b", "a" * 65])
def test_a_name_is_plain(world: World, name: str) -> None:
    before = rows(world)
    world.refuse(world.ports.profiles.create(CreateProfileParams(name)), InvalidForm, "name")
    assert rows(world) == before
