"""Use cases, one file a family: async def f(ports, params) -> result."""
