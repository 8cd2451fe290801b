"""openapi.json, made from the route table and the Structs behind it. `make gen` writes it.

The UI's types are generated from it, so it also names what travels inside binary frames and over the WebSocket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, get_args, get_origin

import msgspec
from starlette.responses import Response

from epochal._version import __version__
from epochal.query.columns import Columns
from epochal.server.columns import MEDIA_TYPE, Column
from epochal.server.endpoint import Endpoint, NoParams
from epochal.server.live import LiveRequest

_REF = "#/components/schemas/{name}"
_BODY_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


class ErrorDetail(msgspec.Struct, frozen=True):
    """`code` is for programs, `message` one sentence for people."""

    code: str
    message: str


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every error."""

    error: ErrorDetail


def make_openapi_json() -> str:
    """The document of our own routes, as it is committed."""
    from epochal.server.routes import ROUTES

    return json.dumps(make_openapi(ROUTES), indent=2, ensure_ascii=False) + "\n"


def make_openapi(routes: Iterable[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a route table. The same table gives the same bytes."""
    routes = list(routes)
    types = [type_ for route in routes for type_ in (_result_type(route), route.params) if _is_schema(type_)]
    types += [Column, ErrorBody, LiveRequest]
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"{(\w+):\w+}", r"{\1}", route.path)
        of_path = paths.setdefault(path, {})
        of_path[route.method.lower()] = _operation(route, path, _make_operation_id(path, has_twin=bool(of_path)))
    used = set(re.findall(r"#/components/schemas/(\w+)", repr((paths, components)))) | {"Column", "LiveRequest"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Epochal",
            "version": __version__,
            "description": "Training logs over HTTP; only read. Routes under /data answer as TensorBoard's do.",
        },
        "paths": paths,
        "components": {"schemas": {name: components[name] for name in sorted(components) if name in used}},
    }


def _make_operation_id(path: str, *, has_twin: bool) -> str:
    """A name for generated clients: api_runs, data_plugin_scalars_tags; `has_twin`: of a POST beside a GET."""
    return "_".join(re.findall(r"\w+", re.sub(r"{.*?}", "", path)) + ["post"] * has_twin)


def _operation(route: Endpoint, path: str, operation_id: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": route.summary,
        "responses": {
            "200": _response(route),
            "default": {"description": "An error", "content": _json(ErrorBody)},
        },
    }
    if route.public:
        operation["description"] = "Needs no token."
    if route.params is not NoParams:
        if route.method == "POST" and route.body != "request":
            operation["requestBody"] = {
                "required": True,
                "content": _content(route.params, _BODY_TYPES[route.body]),
            }
        else:
            operation["parameters"] = _parameters(route.params, path)
        if route.body == "request":
            operation["parameters"] = [one for one in operation["parameters"] if one["name"] != "request"]
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
    return operation


def _parameters(params: type[msgspec.Struct], path: str) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(params)
    properties = schema["$defs"][params.__name__]["properties"]
    required = schema["$defs"][params.__name__].get("required", [])
    result = []
    for name, described in properties.items():
        in_path = f"{{{name}}}" in path
        result.append(
            {
                "name": name,
                "in": "path" if in_path else "query",
                "required": in_path or name in required,
                "schema": described,
            }
        )
    return result


def _response(route: Endpoint) -> dict[str, Any]:
    if route.kind == "live":
        # OpenAPI has no word for WebSockets; the message is what generated types need.
        return {
            "description": "A WebSocket. The server sends these, the page LiveRequest.",
            "content": _json(route.result),
        }
    if get_origin(route.result) is Columns:
        return {
            "description": "A binary frame (docs/formats/columns.md) whose `result` is this.",
            "content": {
                MEDIA_TYPE: {
                    "schema": {"type": "string", "contentMediaType": MEDIA_TYPE},
                    "x-result": {"$ref": _REF.format(name=_result_type(route).__name__)},
                }
            },
        }
    if not _is_schema(route.result):
        return {
            "description": route.summary,
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    return {"description": route.summary, "content": _json(route.result)}


def _json(type_: Any) -> dict[str, Any]:
    return _content(type_, "application/json")


def _content(type_: Any, media_type: str) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([type_], ref_template=_REF)
    return {media_type: {"schema": schema}}


def _result_type(route: Endpoint) -> Any:
    return get_args(route.result)[0] if get_origin(route.result) is Columns else route.result


def _is_schema(type_: Any) -> bool:
    return type_ is not NoParams and not (isinstance(type_, type) and issubclass(type_, Response))
