"""AiiDA profiles: lists the configured ones and creates embedded ones."""

from typing import Any

from crystalmath_server.adapters.aiida.calls import ProfileCalls
from crystalmath_server.adapters.aiida.embedded_profile import create_apart
from crystalmath_server.domain.clusters import naming
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow


class AiidaProfiles:
    """The Profiles port."""

    def __init__(self, runtime: ProfileCalls) -> None:
        self._runtime = runtime

    async def list_profiles(self) -> ProfileList:
        """All profiles, sorted by name, without loading any."""
        return await self._runtime.call_unloaded(read_profiles, self._runtime.profile)

    async def create(self, params: CreateProfileParams) -> ProfileRow:
        """Create an embedded profile."""
        taken = {row.name for row in (await self.list_profiles()).rows}
        naming.check_profile_name(params.name, taken)
        await create_apart(params.name, make_default=params.make_default)
        rows = (await self.list_profiles()).rows
        return next(row for row in rows if row.name == params.name)


def read_profiles(in_use: str) -> ProfileList:
    """All profiles in AiiDA's configuration as it is on disk now."""
    from aiida.manage.configuration import load_config

    config = load_config(create=True)
    rows = [_row(profile, config.default_profile_name, in_use) for profile in config.profiles]
    return ProfileList(tuple(sorted(rows, key=lambda row: row.name)))


def _row(profile: Any, default: str | None, in_use: str) -> ProfileRow:
    return ProfileRow(
        name=profile.name,
        storage=profile.storage_backend,
        broker=profile.process_control_backend or "",
        is_default=profile.name == default,
        in_use=profile.name == in_use,
    )
