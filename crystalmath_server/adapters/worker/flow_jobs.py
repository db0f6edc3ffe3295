"""The flow that a Maker makes, as plain JSON, checked before anything runs; runs in the worker."""

import warnings
from collections.abc import Mapping
from typing import Any

from jobflow.core.flow import get_flow
from monty.json import jsanitize
from pymatgen.core import Structure

from crystalmath_server.domain.flows.documents import InvalidFlow, jobs_of
from crystalmath_server.domain.flows.kinds import why_not_offered
from crystalmath_server.protocol.errors import InvalidForm, InvalidTemplate


def flow_of(maker: Any, structure: Structure) -> Mapping[str, Any]:
    """The flow of a Maker for a structure.

    Raises
    ------
    InvalidForm
        The Maker refuses its settings or the structure (field: values).
    InvalidTemplate
        The flow has a job that cannot run (field: template).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of atomate2 about its own defaults
        try:
            made: Any = get_flow(maker.make(structure))
            flow: Mapping[str, Any] = jsanitize(made.as_dict(), strict=True, enum_values=True)
        except Exception as error:
            detail = f"{type(maker).__name__} makes no flow: {type(error).__name__}: {error}"
            hint = "Change the settings, or the structure."
            raise InvalidForm(detail, field="values", hint=hint) from error
    try:
        reasons = [reason for job in jobs_of(flow) if (reason := why_not_offered(job))]
    except InvalidFlow as error:
        raise InvalidTemplate(f"{type(maker).__name__}: {error}", field="template") from error
    if reasons:
        hint = "Choose another template, or other Makers for its steps."
        raise InvalidTemplate(f"The flow cannot run: {reasons[0]}", field="template", hint=hint)
    return flow
