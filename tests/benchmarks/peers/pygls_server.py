"""pygls, the language-server framework, over TCP on a free port that is written to a file."""

import socket
import sys
import time
from pathlib import Path

from pygls.lsp.server import LanguageServer

server = LanguageServer("peer", "1")


@server.feature("peer/ping")
def ping(_server: object, _params: object) -> object:
    return {"time_s": time.time()}


with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
Path(sys.argv[1]).write_text(str(port))
server.start_tcp("127.0.0.1", port)
