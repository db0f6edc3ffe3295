"""The worker process: reads a call a line, answers a line; the only place that imports atomate2."""

import ctypes
import os
import signal
import sys
import traceback
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from crystalmath_server.adapters import atomate2_reader, atomate2_recipes, atomate2_vasp, pymatgen_structures
from crystalmath_server.ports import EarlierRun
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.errors import InternalError, RpcError
from crystalmath_server.protocol.structures import ImportStructureParams


def _look_at_run(argument: dict[str, Any]) -> object:
    from crystalmath_server.adapters import custodian_check  # heavy, and few need it

    return custodian_check.check(Path(argument["folder"]), argument["counts"]).corrections


def _parse(argument: dict[str, Any]) -> object:
    return pymatgen_structures.parse(from_json(ImportStructureParams, argument))


def _render(argument: dict[str, Any]) -> object:
    given = argument.get("earlier")
    earlier = from_json(EarlierRun, given) if given else None
    return atomate2_recipes.render(argument["name"], argument["structure"], argument["values"], earlier)


CALLS: dict[str, Callable[[dict[str, Any]], object]] = {
    "parse_structure": _parse,
    "describe_structure": lambda argument: pymatgen_structures.describe(argument["document"]),
    "list_templates": lambda _: atomate2_recipes.list_templates(),
    "show_template": lambda argument: atomate2_recipes.show_template(argument["name"]),
    "render": _render,
    "look_at_run": _look_at_run,
    "reader": lambda argument: atomate2_reader.reader(argument["incar"]),
    "potcar_library": lambda _: atomate2_vasp.potcar_library(),
}


@dataclass(frozen=True, slots=True)
class Pipes:
    """Where calls come from and answers go."""

    calls: BinaryIO
    answers: BinaryIO


def own_pipes() -> Pipes:
    """Take stdin and stdout for ourselves: what libraries print goes to stderr, which is the server's log."""
    pipes = Pipes(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return pipes


def end_with_server() -> None:
    """Have Linux end this process with the server, also after its kill -9 in the middle of a call."""
    pr_set_pdeathsig = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def answer(line: bytes) -> dict[str, object]:
    """Run one call; an unexpected error is told by a reference, its traceback goes to the log."""
    request = orjson.loads(line)
    try:
        return {"value": to_json(CALLS[request["call"]](request["argument"]))}
    except RpcError as error:
        return {"error": error.to_json()}
    except Exception:  # noqa: BLE001  any library may raise anything; the worker goes on
        reference = uuid.uuid4().hex[:12]
        sys.stderr.write(f"worker, reference {reference}: {traceback.format_exc()}")
        detail = f"{request['call']} failed unexpectedly"
        return {"error": InternalError(detail, reference=reference).to_json()}


def main() -> None:
    """Load, say ready, then answer until the server closes the pipe."""
    end_with_server()
    pipes = own_pipes()
    warnings.simplefilter("ignore")
    atomate2_recipes.load()
    message: dict[str, object] = {"value": "ready"}
    while True:
        pipes.answers.write(orjson.dumps(message) + b"\n")
        pipes.answers.flush()
        line = pipes.calls.readline()
        if not line:
            return
        message = answer(line)


if __name__ == "__main__":
    main()
