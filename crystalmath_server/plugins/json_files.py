"""JSON of any size as a gzipped file in a node."""

import io
from typing import Any

from aiida import orm

from crystalmath_server.domain.results.packing import pack_json, unpack_json

NAME = "data.json.gz"


def json_file(data: Any) -> orm.SinglefileData:
    """An unstored node with this data; equal data gives equal files."""
    return orm.SinglefileData(io.BytesIO(pack_json(data)), NAME)


def read_json_file(node: orm.SinglefileData) -> Any:
    """The data of a node."""
    return unpack_json(node.get_content("rb"))
