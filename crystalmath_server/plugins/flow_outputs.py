"""How the jobs of a flow hold their output and follow-up in nodes, and pass outputs to other jobs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm

from crystalmath_server.domain.flows.documents import uuid_of
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.plugins.json_files import json_file, read_json_file


def document_node(path: Path, follow_up: Mapping[str, Any]) -> orm.SinglefileData:
    """The output of a job, with the uuids of the jobs that it refers to as an attribute."""
    node = orm.SinglefileData(path)
    node.base.attributes.set(nodes.REFERENCES, list(follow_up.get("references", ())))
    return node


def follow_up_node(follow_up: Mapping[str, Any]) -> orm.SinglefileData | None:
    """What a job asks its flow to do next; None if nothing."""
    asked = {name: value for name, value in follow_up.items() if name != "references"}
    return json_file(asked) if asked else None


def outputs_by_uuid(linked: Mapping[str, Any]) -> dict[str, Any]:
    """The output of each uuid, from link label → node."""
    return {uuid_of(label): read_json_file(node) for label, node in linked.items()}
