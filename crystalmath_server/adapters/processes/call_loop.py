"""The loop of a child process that answers calls over pipes, one JSON line per call and answer."""

import ctypes
import os
import signal
import sys
import traceback
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from crystalmath_server.protocol.codec import to_json
from crystalmath_server.protocol.errors import InternalError, RpcError

Calls = Mapping[str, Callable[[dict[str, Any]], object]]


@dataclass(frozen=True, slots=True)
class Pipes:
    """The pipes for calls and answers."""

    calls: BinaryIO
    answers: BinaryIO


def own_pipes() -> Pipes:
    """Claim stdin and stdout; library output goes to stderr, which is the server log."""
    pipes = Pipes(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return pipes


def end_with_server() -> None:
    """Have Linux kill this process when the server dies, even by kill -9 during a call."""
    pr_set_pdeathsig = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def answer(line: bytes, calls: Calls) -> dict[str, object]:
    """Run one call; unexpected errors return a reference, and the traceback goes to the log."""
    request = orjson.loads(line)
    try:
        return {"value": to_json(calls[request["call"]](request["argument"]))}
    except RpcError as error:
        return {"error": error.to_json()}
    except Exception:  # noqa: BLE001  any library may raise anything; the process continues
        reference = uuid.uuid4().hex[:12]
        sys.stderr.write(f"worker, reference {reference}: {traceback.format_exc()}")
        detail = f"{request['call']} failed unexpectedly"
        return {"error": InternalError(detail, reference=reference).to_json()}


def serve(calls: Calls, load: Callable[[], object]) -> None:
    """Load, report ready, then answer until the server closes the pipe."""
    end_with_server()
    pipes = own_pipes()
    warnings.simplefilter("ignore")
    load()
    message: dict[str, object] = {"value": "ready"}
    while True:
        pipes.answers.write(orjson.dumps(message) + b"\n")
        pipes.answers.flush()
        line = pipes.calls.readline()
        if not line:
            return
        message = answer(line, calls)
