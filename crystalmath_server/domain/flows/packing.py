"""JSON as gzipped bytes, the form of flows and of outputs in files."""

import gzip
import json
from typing import Any


def pack(data: Any) -> bytes:
    """Data as bytes; equal data gives equal bytes."""
    return gzip.compress(json.dumps(data).encode(), 4, mtime=0)


def unpack(packed: bytes) -> Any:
    """The data in packed bytes."""
    return json.loads(gzip.decompress(packed))
