"""Use cases, one module per family: async def f(ports, params) -> result."""
