"""logs.*: files of jobs, followed while they grow."""

from crystalmath_server.ports import Ports
from crystalmath_server.protocol.logs import (
    CreditParams,
    Following,
    FollowParams,
    SubscriptionParams,
    SubscriptionState,
)
from crystalmath_server.services.following import Follow, start_of


async def follow(ports: Ports, params: FollowParams) -> Following:
    """Begin to follow; the first chunk comes after the answer."""
    start = await start_of(ports, params)
    made = Follow(ports, params, start)
    number = ports.server.subscribe(made.run, params.credit)
    return Following(number, start.offset, start.size, start.identity)


async def credit(ports: Ports, params: CreditParams) -> SubscriptionState:
    """Grant bytes."""
    return ports.server.subscription(params.subscription, more=params.bytes)


async def pause(ports: Ports, params: SubscriptionParams) -> SubscriptionState:
    """Send nothing until resumed."""
    return ports.server.subscription(params.subscription, paused=True)


async def resume(ports: Ports, params: SubscriptionParams) -> SubscriptionState:
    """Go on."""
    return ports.server.subscription(params.subscription, paused=False)


async def unfollow(ports: Ports, params: SubscriptionParams) -> SubscriptionState:
    """End."""
    return ports.server.unsubscribe(params.subscription)
