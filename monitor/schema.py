"""Make JSON Schemas of the models that the files are read with, for editors: `python -m monitor.schema` writes them.

An editor reads YAML 1.2, where a scalar may be a number or a truth value; we read every scalar as the text it is, so
text is any scalar here. What a validator takes for short (one value for a list, a text for a mapping) is found out by
asking the validator, so that a model and its schema cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import IntEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from monitor.config.console import ConsoleShape
from monitor.config.heartbeat import CanarySettings, HeartbeatSettings
from monitor.config.load import INCLUDED_KEYS, MAIN_KEYS
from monitor.config.models import (
    DefaultSettings,
    FeedSettings,
    OpsSettings,
    RetentionSettings,
    TopSettings,
    WebSettings,
)
from monitor.config.policies import PolicySettings
from monitor.document.meaning import read_meanings
from monitor.notify.channels import GROUP
from monitor.notify.smtp import SmtpSettings
from monitor.rules.models import ActorShape, ExampleShape, RuleDefaults, RuleShape

FOLDER = Path(__file__).parents[1] / ".schema"

_DRAFT = "http://json-schema.org/draft-07/schema#"  # the newest that yaml-language-server knows whole
_ID = "^[a-z0-9][a-z0-9_-]*$"
_DURATION = r"^\s*(?=.)([0-9]+[wW])?([0-9]+[dD])?([0-9]+[hH])?([0-9]+[mM])?([0-9]+[sS])?\s*$"
_SCALAR = ["string", "number", "boolean"]
_REFUSED = object()


class YamlSchema(GenerateJsonSchema):
    """Describe what may stand in a YAML file, rather than what a model holds afterwards."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave defaults out: many are only how a model says that nothing was written."""
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Give no titles: a key says its name itself."""
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Take any scalar for text."""
        return super().str_schema(schema) | {"type": _SCALAR}

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's signature
        """Write durations as `90s` or `1h30m`."""
        return {"type": "string", "pattern": _DURATION}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:  # noqa: ARG002 - pydantic's signature
        """Write days as `2027-06-30`."""
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """Name the members of ordered choices by their words."""
        if issubclass(schema["cls"], IntEnum):
            return {"enum": [member.name.lower() for member in schema["members"]]}
        return super().enum_schema(schema)

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Take any of the branches: with short forms, a value may fit several."""
        described = super().tagged_union_schema(schema)
        return {"anyOf": described["oneOf"]} if "oneOf" in described else described

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Say of each key what it means: editors show it."""
        described = super().model_schema(schema)
        for key, meaning in read_meanings(schema["cls"]).items():
            _object(described)["properties"][key]["description"] = meaning.text
        return described

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Add the short forms that a validator takes, and take away what it refuses."""
        described = self.generate_inner(schema["schema"])
        if schema["function"]["type"] == "with-info":
            return described

        def answer(value: object) -> object:
            return _ask(schema["function"]["function"], value)

        if answer(None) is _REFUSED:
            described = _without_null(described)
        short = answer("text")
        if isinstance(short, list) and described.get("type") == "array":
            least = {"minItems": 1} if answer([]) is _REFUSED else {}
            return {"anyOf": [described["items"], described | least]}
        if isinstance(short, dict) and len(short) == 1:
            field = _fields(schema["schema"])[next(iter(short))]
            flag: list[JsonSchemaValue] = [{"const": True}] if answer("true") == {} else []  # `new: true`
            return {"anyOf": [described, self.generate_inner(field["schema"]), *flag]}
        return described


def _ask(validator: Callable[..., object], value: object) -> object:
    """Say what a validator makes of a value; not every one expects every kind."""
    try:
        return validator(value)
    except (ValueError, TypeError, AttributeError):
        return _REFUSED


def _without_null(described: JsonSchemaValue) -> JsonSchemaValue:
    branches = [branch for branch in described.get("anyOf", []) if branch != {"type": "null"}]
    if not branches:
        return described
    return branches[0] if len(branches) == 1 else described | {"anyOf": branches}


def _fields(schema: Any) -> Mapping[str, Any]:
    """Find the fields of the model that validators are wrapped around."""
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    fields: Mapping[str, Any] = schema["fields"]
    return fields


# -- the two kinds of files --------------------------------------------------------------------------------------------


_OWN_MODELS: Final[tuple[type[BaseModel], ...]] = (
    ActorShape,
    ExampleShape,
    RuleDefaults,
    RuleShape,
    CanarySettings,
    ConsoleShape,
    HeartbeatSettings,
    DefaultSettings,
    FeedSettings,
    OpsSettings,
    PolicySettings,
    RetentionSettings,
    SmtpSettings,
    TopSettings,
    WebSettings,
)


def build_schemas() -> dict[str, JsonSchemaValue]:
    """Return the schemas by file name: `monitor.json` for the main file, `rules.json` for those it includes."""
    channels = _channel_models()
    models: list[type[BaseModel]] = [*_OWN_MODELS, *channels]
    refs, described = models_json_schema([(model, "validation") for model in models], schema_generator=YamlSchema)
    definitions = described["$defs"]
    for definition in definitions.values():
        if "additionalProperties" in definition:  # pydantic says it of the short forms too
            _object(definition)["additionalProperties"] = definition.pop("additionalProperties")
    by_model = {model: ref for (model, _), ref in refs.items()}
    example = by_model[ExampleShape]
    examples = {"anyOf": [example, {"type": "array", "items": example, "minItems": 1}]}
    of_rule = _object(definitions["RuleShape"])["properties"]
    of_rule.update({key: {**examples, "description": of_rule[key]["description"]} for key in ("hits", "misses")})
    top = {
        key: each for name in ("TopSettings", "PolicySettings") for key, each in definitions[name]["properties"].items()
    }
    sections = _sections(by_model, channels, top)
    return {
        "monitor.json": _file("monitor.yaml of Media Monitor", MAIN_KEYS, sections, definitions),
        "rules.json": _file(
            "Rules, actors and feeds of Media Monitor",
            INCLUDED_KEYS,
            sections | {"defaults": by_model[RuleDefaults]},
            definitions,
        ),
    }


def _channel_models() -> list[type[BaseModel]]:
    """Load the settings of the kinds of channels that come with the house."""
    own = (point for point in entry_points(group=GROUP) if point.value.startswith("monitor."))
    return [point.load().settings for point in sorted(own, key=lambda point: point.name)]


def _sections(
    refs: Mapping[Any, JsonSchemaValue], channels: list[type[BaseModel]], top: Mapping[str, JsonSchemaValue]
) -> dict[str, JsonSchemaValue]:
    named: dict[str, JsonSchemaValue] = {
        "actors": _mapping(refs[ActorShape], _ID),
        "rules": _mapping(refs[RuleShape], _ID),
        "feeds": _mapping(refs[FeedSettings], "^[a-z0-9][a-z0-9_.-]*$"),
        "channels": _mapping({"anyOf": [refs[channel] for channel in channels]}, "."),
        "console": {"anyOf": [{"const": False}, refs[ConsoleShape]]},
        "defaults": refs[DefaultSettings],
        "heartbeat": refs[HeartbeatSettings],
        "ops": refs[OpsSettings],
        "retention": refs[RetentionSettings],
        "smtp": refs[SmtpSettings],
        "web": refs[WebSettings],
    }
    return {key: {"anyOf": [section, {"type": "null"}]} for key, section in {**top, **named}.items()}


def _mapping(value: JsonSchemaValue, names: str) -> JsonSchemaValue:
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": value}


def _file(
    title: str, keys: tuple[str, ...], sections: Mapping[str, JsonSchemaValue], definitions: Mapping[str, Any]
) -> JsonSchemaValue:
    properties = {key: sections[key] for key in keys}
    return {
        "$schema": _DRAFT,
        "title": title,
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        "$defs": _used(properties, definitions),
    }


def _used(part: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definitions that a part refers to, with those they refer to."""
    used: dict[str, Any] = {}
    pending = [part]
    while pending:
        for name in _references(pending.pop()):
            if name not in used:
                used[name] = definitions[name]
                pending.append(definitions[name])
    return dict(sorted(used.items()))


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else []
        return own + [name for value in part.values() for name in _references(value)]
    return [name for value in part for name in _references(value)] if isinstance(part, list) else []


def _object(described: JsonSchemaValue) -> JsonSchemaValue:
    """Return the branch that describes the mapping, of a model that has a short form too."""
    branches: list[JsonSchemaValue] = described.get("anyOf", [described])
    return next(branch for branch in branches if branch.get("type") == "object")


def written(schema: JsonSchemaValue) -> str:
    """Write a schema as it stands in its file."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main(folder: Path = FOLDER) -> None:
    """Write all schemas."""
    folder.mkdir(exist_ok=True)
    for name, schema in build_schemas().items():
        (folder / name).write_text(written(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
