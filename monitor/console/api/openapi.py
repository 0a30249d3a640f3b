"""Describe the API (OpenAPI 3.1), made of the endpoints and the models that they check with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from monitor import __version__
from monitor.console.api.endpoints import PREFIX, Endpoint
from monitor.console.api.shapes import Problem

_REFS = "#/components/schemas/{model}"
_PART = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def describe(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the document."""
    taken: dict[type[BaseModel], None] = dict.fromkeys(each.body for each in endpoints if each.body)
    given: dict[type[BaseModel], None] = dict.fromkeys([Problem, *(each.answer for each in endpoints)])
    models: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in taken]
    models += [(model, "serialization") for model in given]
    _, described = models_json_schema(models, ref_template=_REFS)
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(_PART.sub(r"{\1}", each.path), {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Media Monitor",
            "version": __version__,
            "description": "What the console shows, for programs. Send the token as `Authorization: Bearer …`.",
        },
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": described["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(endpoint),
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {
            "200": _content("application/json", endpoint.answer, "Done."),
            "400": _content("application/problem+json", Problem, "Something of the request is wrong."),
            "404": _content("application/problem+json", Problem, "There is no such thing."),
            "503": _content("application/problem+json", Problem, "The store cannot be reached now."),
        },
    }
    if endpoint.body:
        schema = {"$ref": _REFS.format(model=endpoint.body.__name__)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        for status, said in (("413", "It is too long."), ("415", "It is no JSON.")):
            operation["responses"][status] = _content("application/problem+json", Problem, said)
    return operation


def _name(endpoint: Endpoint) -> str:
    words = [word for word in re.split(r"\W+", _PART.sub(r"\1", endpoint.path)) if word]
    return "_".join([endpoint.method.lower(), *words])


def _content(kind: str, model: type[BaseModel], said: str) -> dict[str, Any]:
    schema = {"$ref": _REFS.format(model=model.__name__)}
    return {"description": said, "content": {kind: {"schema": schema}}}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PART.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    schema = endpoint.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": described.pop("description", ""),
            "schema": described,
        }
        for name, described in schema.get("properties", {}).items()
    ]
