"""Translation of field names in port errors to the caller's parameter names."""

from collections.abc import Generator
from contextlib import contextmanager

from crystalmath_server.protocol.errors import RpcError


@contextmanager
def fields(**names: str) -> Generator[None]:
    """Rename the field of an error: port's name = method's name."""
    try:
        yield
    except RpcError as error:
        data = error.data
        if data.field not in names:
            raise
        field = names[data.field]
        raise type(error)(data.detail, field=field, hint=data.hint, reference=data.reference) from error
