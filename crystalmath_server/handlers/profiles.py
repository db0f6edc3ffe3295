"""profiles.*: AiiDA profiles."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.profiles import CreateProfileParams, ProfileList, ProfileRow


async def list_profiles(ports: Ports, _params: NoParams) -> ProfileList:
    """All profiles of this AiiDA installation."""
    return await ports.profiles.list_profiles()


async def create(ports: Ports, params: CreateProfileParams) -> ProfileRow:
    """Create an embedded profile."""
    return await ports.profiles.create(params)
