"""JSON as gzipped bytes, the form of documents and flows in files."""

import gzip
import json
from typing import Any


def pack_json(data: Any) -> bytes:
    """Data as bytes; equal data gives equal bytes."""
    return gzip.compress(json.dumps(data).encode(), 4, mtime=0)


def unpack_json(packed: bytes) -> Any:
    """The data in packed bytes."""
    return json.loads(gzip.decompress(packed))
