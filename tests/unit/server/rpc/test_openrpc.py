"""The OpenRPC document: valid, complete, and true to the method table."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import orjson
import pytest
from openrpc import OpenRPC

from crystalmath_server.protocol.errors import ERRORS
from crystalmath_server.protocol.methods import METHODS, NOTIFICATIONS
from crystalmath_server.rpc.openrpc import document
from crystalmath_server.rpc.validation import ParamsReader


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return json.loads(orjson.dumps(document()))


def nested(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nested(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nested(inner)


def without_extensions(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_extensions(inner) for name, inner in value.items() if not name.startswith("x-")}
    return [without_extensions(inner) for inner in value] if isinstance(value, list) else value


def test_it_is_an_openrpc_document(found: dict[str, Any]) -> None:
    model = OpenRPC.model_validate(found)
    # the models pass over what they do not know: nothing may be lost on the way through them
    assert model.model_dump(mode="json", by_alias=True, exclude_unset=True) == without_extensions(found)


def test_every_schema_is_a_json_schema(found: dict[str, Any]) -> None:
    checker = jsonschema.Draft202012Validator
    descriptors = [row for row in nested(found["methods"]) if "schema" in row]
    for schema in [*found["components"]["schemas"].values(), *(row["schema"] for row in descriptors)]:
        checker.check_schema(schema)
    assert len(descriptors) > len(METHODS)


def test_every_reference_resolves(found: dict[str, Any]) -> None:
    references = {row["$ref"] for row in nested(found) if "$ref" in row}
    known = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert references <= known
    assert references


def test_it_describes_all_methods_in_order(found: dict[str, Any]) -> None:
    assert [row["name"] for row in found["methods"]] == list(METHODS)
    assert [row["name"] for row in found["x-notifications"]] == list(NOTIFICATIONS)


@pytest.mark.parametrize("name", METHODS)
def test_parameters_and_errors_are_those_of_the_method(found: dict[str, Any], name: str) -> None:
    row = next(row for row in found["methods"] if row["name"] == name)
    method = METHODS[name]
    assert tuple(param["name"] for param in row["params"]) == ParamsReader(method.params).names
    required = [param["required"] for param in row["params"]]
    assert required == sorted(required, reverse=True), "required parameters come first"
    codes = [error["code"] for error in row["errors"]]
    assert set(method.errors) <= set(codes) <= set(ERRORS)
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("name", METHODS)
def test_the_example_fits_its_own_schema(found: dict[str, Any], name: str) -> None:
    row = next(row for row in found["methods"] if row["name"] == name)
    given = {param["name"]: param["value"] for param in row["examples"][0]["params"]}
    schema = {
        "type": "object",
        "properties": {param["name"]: param["schema"] for param in row["params"]},
        "required": [param["name"] for param in row["params"] if param["required"]],
        "additionalProperties": False,
        "components": found["components"],
    }
    jsonschema.validate(given, schema)
    assert ParamsReader(METHODS[name].params).read(given) is not None


def test_bounds_units_and_words_are_in_it(found: dict[str, Any]) -> None:
    listing = next(row for row in found["methods"] if row["name"] == "jobs.list")
    params = {param["name"]: param for param in listing["params"]}
    assert params["limit"]["schema"]["minimum"] == 1
    assert params["limit"]["schema"]["maximum"] == 500
    assert "[s]" in params["created_after"]["description"]
