"""Nodes as rows of AiiDA's database, without the ORM; runs on the AiiDA threads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import orjson

CALCJOB = "process.calculation.calcjob."
CALCFUNCTION = "process.calculation.calcfunction."
WORKFLOW = "process.workflow."
WORKCHAIN = f"{WORKFLOW}workchain."
_SUMMARY_LENGTH = 80


@dataclass(frozen=True)  # without slots: cached properties need a dictionary
class NodeRecord:
    """One node; its JSON columns are parsed when they are first used.

    Attributes
    ----------
    computer
        The label of its computer; empty if it has none.
    """

    pk: int
    uuid: str
    label: str
    description: str
    node_type: str
    process_type: str
    ctime: datetime
    mtime: datetime
    computer_pk: int | None
    computer: str
    attributes_json: str
    extras_json: str
    repository_json: str

    @cached_property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes."""
        return orjson.loads(self.attributes_json) or {}

    @cached_property
    def extras(self) -> Mapping[str, Any]:
        """The extras."""
        return orjson.loads(self.extras_json) or {}

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Path → key in the object store, sorted by path."""
        return dict(sorted(_walk(orjson.loads(self.repository_json))))

    @property
    def type_name(self) -> str:
        """The name of its class, or of the nearest class that is installed."""
        return _class_of(self.node_type).__name__

    @property
    def is_structure(self) -> bool:
        """Whether this is a StructureData."""
        from aiida import orm

        return self._is(orm.StructureData)

    @property
    def is_array(self) -> bool:
        """Whether this is an ArrayData."""
        from aiida import orm

        return self._is(orm.ArrayData)

    @property
    def plain(self) -> Any:
        """The value of a Dict, List, Bool, Int, Float or Str; None for other nodes."""
        from aiida import orm

        if self._is(orm.Dict):
            return dict(self.attributes)
        if self._is(orm.List):
            return self.attributes["list"]
        return self.attributes["value"] if self._is(orm.Bool, orm.Int, orm.Float, orm.Str) else None

    @property
    def summary(self) -> str:
        """A short summary: value, formula, keys or label."""
        from aiida import orm

        if self.is_structure:
            return _formula(self.attributes)
        if self._is(orm.Bool, orm.Int, orm.Float, orm.Str):
            return str(self.attributes["value"])[:_SUMMARY_LENGTH]
        if self._is(orm.Dict):
            return ", ".join(self.attributes)[:_SUMMARY_LENGTH]
        if self._is(orm.AbstractCode):
            return f"{self.label}@{self.computer}" if self.computer else self.label
        return self.label[:_SUMMARY_LENGTH]

    def _is(self, *classes: type) -> bool:
        return issubclass(_class_of(self.node_type), classes)


@lru_cache(maxsize=1024)
def _class_of(node_type: str) -> type:
    """The class of a node type; AiiDA searches the entry points each time."""
    from aiida.orm.utils.node import load_node_class

    return load_node_class(node_type)


def _formula(attributes: Mapping[str, Any]) -> str:
    """What StructureData.get_formula returns, without an object for each site."""
    from aiida.orm.nodes.data.structure import get_formula, get_symbols_string

    kinds = {
        kind["name"]: get_symbols_string(kind["symbols"], kind["weights"]) for kind in attributes["kinds"]
    }
    return get_formula([kinds[site["kind_name"]] for site in attributes["sites"]], "hill", separator="")


def _walk(tree: Mapping[str, Any], root: str = "") -> Iterator[tuple[str, str]]:
    """Paths and keys in `repository_metadata`: "o" holds files and folders by name, "k" the key of a file."""
    for name, entry in tree.get("o", {}).items():
        if "k" in entry:
            yield root + name, entry["k"]
        else:
            yield from _walk(entry, f"{root}{name}/")
