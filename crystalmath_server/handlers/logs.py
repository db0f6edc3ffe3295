"""logs.*: follow files of jobs while they grow."""

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
    """Start following a file; the first chunk is sent after the response."""
    start = await start_of(ports, params)
    made = Follow(ports, params, start)
    number = ports.server.subscribe(made.run, params.credit)
    return Following(number, start.offset, start.size, start.identity)


async def credit(ports: Ports, params: CreditParams) -> SubscriptionState:
    """Grant credit to a subscription."""
    return ports.server.subscription(params.subscription, more=params.bytes)


async def pause(ports: Ports, params: SubscriptionParams) -> SubscriptionState:
    """Pause a subscription."""
    return ports.server.subscription(params.subscription, paused=True)


async def resume(ports: Ports, params: SubscriptionParams) -> SubscriptionState:
    """Resume a subscription."""
    return ports.server.subscription(params.subscription, paused=False)


async def unfollow(ports: Ports, params: SubscriptionParams) -> SubscriptionState:
    """End a subscription."""
    return ports.server.unsubscribe(params.subscription)
