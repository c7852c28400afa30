"""The OpenAPI 3.1 document of the control API, from the routes, the models and the action vocabulary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.fleet.control.route import ControlRoute

_REFERENCE = "#/components/schemas/{model}"


def openapi(routes: Sequence[ControlRoute], *, version: str, actions: dict[str, Any]) -> dict[str, Any]:
    """`actions` is the JSON Schema of one action: what `POST /v1/actions` takes."""
    models = [route.body for route in routes if route.body is not None]
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "axsim control API", "version": version},
        "paths": paths,
        "components": {"schemas": {**schemas.get("$defs", {}), "Action": actions, "Error": _ERROR}},
    }


_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "hint": {"type": "string"}},
    "required": ["error", "hint"],
}


def _operation(route: ControlRoute) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {
            "200": {"description": "done", "content": _json({})},
            "default": {
                "description": "refused",
                "content": {"application/json": {"schema": _reference("Error")}},
            },
        },
    }
    model = _body_model(route)
    if model is not None:
        operation["requestBody"] = {"required": True, "content": _json(_reference(model))}
    return operation


def _body_model(route: ControlRoute) -> str | None:
    if route.body is not None:
        return route.body.__name__
    return "Action" if (route.method, route.path) == ("POST", "/v1/actions") else None


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _reference(model: str) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model)}


def _path_parameters(route: ControlRoute) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: ControlRoute) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in route.query.items()
    ]
