"""AiiDA profiles: listed from the configuration, created embedded."""

import re
from typing import Any

from crystalmath_server.adapters.aiida.calls import ProfileCalls
from crystalmath_server.adapters.aiida.embedded_profile import create_apart
from crystalmath_server.protocol.errors import Conflict, InvalidForm
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class AiidaProfiles:
    """The Profiles port."""

    def __init__(self, runtime: ProfileCalls) -> None:
        self._runtime = runtime

    async def list_profiles(self) -> ProfileList:
        """All profiles, by name; none is loaded for it."""
        return await self._runtime.call_unloaded(read_profiles, self._runtime.profile)

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        """Create an embedded profile."""
        if not _NAME.fullmatch(params.name):
            detail = f"{params.name!r} is no name for a profile"
            hint = "Use letters, digits, - and _; begin with a letter or digit."
            raise InvalidForm(detail, field="name", hint=hint)
        _refuse_taken(params.name, await self.list_profiles())
        await create_apart(params.name, make_default=params.make_default)
        rows = (await self.list_profiles()).rows
        return next(row for row in rows if row.name == params.name)


def read_profiles(in_use: str) -> ProfileList:
    """All profiles of AiiDA's configuration as it is on the disk now."""
    from aiida.manage.configuration import load_config

    config = load_config(create=True)
    rows = [_row(profile, config.default_profile_name, in_use) for profile in config.profiles]
    return ProfileList(tuple(sorted(rows, key=lambda row: row.name)))


def _refuse_taken(name: str, profiles: ProfileList) -> None:
    if name in {row.name for row in profiles.rows}:
        hint = f"Choose another name, or use the profile: crystalmath --profile {name}"
        raise Conflict(f"There is a profile {name!r} already", field="name", hint=hint)


def _row(profile: Any, default: str | None, in_use: str) -> ProfileRow:
    return ProfileRow(
        name=profile.name,
        storage=profile.storage_backend,
        broker=profile.process_control_backend or "",
        is_default=profile.name == default,
        in_use=profile.name == in_use,
    )
