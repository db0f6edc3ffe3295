"""The example of a method, asked of a server on the fakes."""

import json

import anyio

from crystalmath_server.bootstrap import BINDINGS
from crystalmath_server.protocol.framing import Framer, Style, encode
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.methods import METHODS
from tests import fakes

OF_AN_ENDED_JOB = {"jobs.retry", "jobs.restart"}


def ask(name: str, style: Style) -> dict[str, object]:
    """The answer to the example."""
    request = {"jsonrpc": "2.0", "id": "x", "method": name, "params": METHODS[name].example.params}
    host = fakes.FakeHost(BINDINGS)
    if name in OF_AN_ENDED_JOB:
        host.jobs.change(1, JobState.FAILED)
        host.jobs.change(2, JobState.FAILED)
        host.ports.work.put(2, "WAVECAR", b"0")  # type: ignore[attr-defined]
    data = anyio.run(fakes.converse, host, encode(json.dumps(request).encode(), style))
    messages = [json.loads(frame) for frame in Framer().feed(data)]
    return next(message for message in messages if "id" in message)
