"""Write the keys of models as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from monitor.document.meaning import read_meanings
from monitor.reference.values import Known, say_default, say_schema
from monitor.schema import YamlSchema, build_schemas

_HEAD = "| key | takes | without it | what it says |\n|---|---|---|---|"


class Tables:
    """Knows where each model's section is."""

    def __init__(self, links: Mapping[str, str]) -> None:
        self._links = links

    def keys(self, model: type[BaseModel], *, without: Iterable[str] = ()) -> str:
        """Return the table of a model's keys; each has a meaning, or this raises."""
        meanings, left_out, described = read_meanings(model), set(without), _describe(model)
        known = Known(self._links, described["$defs"])
        rows = []
        for name, field in model.model_fields.items():
            key = field.alias or name
            if key in left_out:
                continue
            meaning = meanings[key]
            example = f" E.g. {meaning.example}." if meaning.example else ""
            takes = say_schema(described["properties"][key], known)
            rows.append((f"`{key}`", takes, meaning.default or say_default(field), meaning.text + example))
        return table(_HEAD, rows)

    def sections(self, meanings: Mapping[str, tuple[str, str]]) -> str:
        """Return the table of the main file's sections: what holds without each, and what it says."""
        described = build_schemas()["monitor.json"]
        known = Known(self._links, described["$defs"])
        rows = [
            (f"`{key}`", say_schema(described["properties"][key], known), default, text)
            for key, (default, text) in meanings.items()
        ]
        return table(_HEAD, rows)


def _describe(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return a model's schema with `$defs` and `properties`; where it has a short form too, those of its mapping."""
    described = model.model_json_schema(schema_generator=YamlSchema)
    definitions = described.get("$defs", {})
    if "$ref" in described:
        described = definitions[described["$ref"].rpartition("/")[2]]
    branches = described.get("anyOf", [described])
    return next(each | {"$defs": definitions} for each in branches if "properties" in each)


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table; a bar within a cell is one."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([head, *lines])
