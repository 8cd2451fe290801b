"""openapi.json says what the routes do, and is fresh."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from epochal.server.openapi import make_openapi_json
from epochal.server.routes import ROUTES

COMMITTED = Path(__file__).resolve().parents[2] / "openapi.json"


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(make_openapi_json())


def test_the_committed_file_is_fresh() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == make_openapi_json(), "run `make gen`"


def test_every_route_is_described(document: Any) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in ROUTES}
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(document: Any) -> None:
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                found.add(node["$ref"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    names = {reference.removeprefix("#/components/schemas/") for reference in found}
    assert names <= set(document["components"]["schemas"])
    # What travels in frames and over the socket is there for generated types, too.
    assert {"ScalarsSeries", "HistogramsResult", "ChangesResult", "LiveRequest", "Column"} <= set(
        document["components"]["schemas"]
    )


def test_parameters_are_those_of_the_structs(document: Any) -> None:
    parameters = document["paths"]["/api/text"]["get"]["parameters"]
    assert {(p["name"], p["in"], p["required"]) for p in parameters} == {
        ("run", "query", True),
        ("tag", "query", True),
        ("start", "query", False),
        ("count", "query", False),
        ("full", "query", False),
    }
    blob = document["paths"]["/api/blobs/{key}/{sample}"]["get"]["parameters"]
    assert {(p["name"], p["in"], p["required"]) for p in blob} == {("key", "path", True), ("sample", "path", True)}
