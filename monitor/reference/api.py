"""Write the endpoints of the JSON API, out of the document that describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from monitor.console.api.endpoints import PREFIX
from monitor.console.api.openapi import describe
from monitor.console.api.service import Api
from monitor.console.desk import Desk
from monitor.console.finding import Finder
from monitor.reference.tables import table
from monitor.reference.values import Known, say_schema

_HEAD = "| name | in | takes | without it | what it says |\n|---|---|---|---|---|"


def write_api() -> str:
    """Return a section for each endpoint."""
    document = describe(
        Api(cast("Desk", None), cast("Finder", None)).endpoints
    )  # they are described, and none is called
    schemas = document["components"]["schemas"]
    sections = (
        _section(f"{method.upper()} {PREFIX}{path}", operation, schemas)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    return "\n\n".join(sections)


def _section(title: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    rows = [*_parameters(operation, schemas), *_body(operation, schemas)]
    answer = _schema(operation["responses"]["200"]["content"], schemas)
    keys = ", ".join(f"`{key}`" for key in answer.get("properties", {}))
    said = f"{operation['summary']}." + (f" Answers {keys}." if keys else "")
    return "\n\n".join(part for part in (f"## {title}", said, table(_HEAD, rows) if rows else "") if part)


def _parameters(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in operation["parameters"]:
        said = each.get("description", "")
        yield _row(each["name"], each["in"], each["schema"], schemas, needed=each["required"], said=said)


def _body(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if "requestBody" in operation:
        body = _schema(operation["requestBody"]["content"], schemas)
        for key, described in body.get("properties", {}).items():
            said = described.get("description", "")
            yield _row(key, "body", described, schemas, needed=key in body.get("required", ()), said=said)


def _row(
    name: str,
    place: str,
    schema: Mapping[str, Any],
    schemas: Mapping[str, Any],
    *,
    needed: bool,
    said: str,
) -> tuple[str, ...]:
    default = schema.get("default")
    shown = f"`{str(default).lower()}`" if default not in (None, "", []) else "none"
    takes = say_schema(schema, Known({}, schemas))
    return f"`{name}`", place, takes, "needed" if needed else shown, said


def _schema(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a body, whatever its media type."""
    (described,) = content.values()
    found: Mapping[str, Any] = schemas[described["schema"]["$ref"].rpartition("/")[2]]
    return found
