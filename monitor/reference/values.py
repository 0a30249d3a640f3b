"""Say in words what may stand behind a key, by its JSON Schema, and what holds without it, by its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Known:
    """What a schema may refer to."""

    links: Mapping[str, str]  # where a model's section is, by its name
    definitions: Mapping[str, Any]


def say_schema(schema: Mapping[str, Any], known: Known) -> str:
    """Return what fits a schema in a few words."""
    return " or ".join(dict.fromkeys(_branches(schema, known)))


def _branches(schema: Mapping[str, Any], known: Known) -> list[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        words = _branches(known.definitions[name], known) if name in known.definitions else ["mapping"]
        link = f"[mapping]({known.links[name]})" if name in known.links else "mapping"
        return [link if word == "mapping" else word for word in words]
    if "anyOf" in schema:
        return [word for branch in schema["anyOf"] for word in _branches(branch, known)]
    if "enum" in schema:
        return [_choice([f"`{choice}`" for choice in schema["enum"]])]
    if "const" in schema:
        return [f"`{str(schema['const']).lower()}`"]
    return _of_type(schema, known)


def _of_type(schema: Mapping[str, Any], known: Known) -> list[str]:
    kind = schema.get("type")
    if kind == "null":
        return []
    if kind == "array":
        items = _items(schema.get("items", {}), known)
        return [f"list of {items}" if items else "list"]
    if kind == "object":
        return ["mapping"]
    if kind == "boolean":
        return ["`true` or `false`"]
    if kind in ("integer", "number"):
        return [_number(schema)]
    return [_text(schema.get("pattern", ""))]


def _items(schema: Mapping[str, Any], known: Known) -> str:
    """Say what a list holds, where that is one kind of thing and more than text."""
    words = dict.fromkeys(_branches(schema, known)) if schema.get("$ref", "").rpartition("/")[2] in known.links else {}
    return next((word for word in words if word.startswith("[")), "")


def _text(pattern: str) -> str:
    """Say what kind of text a pattern asks for; the patterns are those of `monitor.schema` and of the settings."""
    if "[wW]" in pattern:
        return "duration"
    if "[0-9]{4}-[0-9]{2}" in pattern:
        return "day"
    if "(s|min|h)" in pattern:
        return "rate"
    return "secret by reference" if r"\$\{" in pattern else "text"


def _number(schema: Mapping[str, Any]) -> str:
    words = "whole number" if schema["type"] == "integer" else "number"
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    more = "more than " if "exclusiveMinimum" in schema else "from "
    start = f" {more}{low:g}" if low is not None else ""
    return words + start + (f" to {high:g}" if high is not None else "")


def _choice(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def say_default(field: FieldInfo) -> str:
    """Return what holds where the key is missing."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True, validated_data={})
    written = "" if value is PydanticUndefined else write_value(value)
    return f"`{written}`" if written else "none"


def write_value(value: object) -> str:
    """Write a value as it stands in YAML, "" for none."""
    if isinstance(value, BaseModel):
        parts = {name: write_value(each) for name, each in value if each is not None}
        given = {name: text for name, text in parts.items() if text}
        short = next(iter(given.values())) if list(given) == ["every"] else None
        return short or ("{" + ", ".join(f"{name}: {text}" for name, text in given.items()) + "}" if given else "")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, size in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return ""
