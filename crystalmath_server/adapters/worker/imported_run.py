"""The Maker that reads a VASP run not prepared by crystalmath; runs in the worker."""

import orjson
from atomate2.vasp.jobs.core import RelaxMaker, StaticMaker
from monty.json import MontyEncoder

from crystalmath_server.adapters.worker.templates import versions_of
from crystalmath_server.domain.inputs.vasp_program import moves
from crystalmath_server.domain.jobs.nodes import IMPORTED
from crystalmath_server.domain.jobs.plans import PreparedInputs
from crystalmath_server.protocol.templates import Rendered


def reader(incar: str) -> PreparedInputs:
    """atomate2's basic relaxation or static Maker, depending on INCAR."""
    maker = RelaxMaker() if moves(incar) else StaticMaker()
    maker_json = orjson.loads(MontyEncoder().encode(maker))
    return PreparedInputs(Rendered(IMPORTED, (), (), ""), maker_json, "VASP", versions_of("vasp"), {})
