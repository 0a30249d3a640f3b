"""The reference is what the models and commands say, whole, and written anew when they change."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, cast

import click
import pytest
from pydantic import BaseModel, Field

from monitor.cli import COMMANDS, cli
from monitor.config.load import MAIN_KEYS
from monitor.config.models import TopSettings
from monitor.console.api.endpoints import PREFIX, Endpoint
from monitor.console.api.service import Api
from monitor.document import known_keys
from monitor.document.meaning import Meaning, read_meanings
from monitor.notify.policy import ChannelSettings
from monitor.reference.__main__ import FOLDER
from monitor.reference.book import CONFIGURATION, RULES, SECTIONS, build_pages, channel_kinds
from monitor.reference.values import Known, say_default, say_schema, write_value
from monitor.rules.lint.pages import PAGES

ENDPOINTS = Api(cast("Any", None), cast("Any", None)).endpoints
MODELS: list[type[BaseModel]] = [model for _, model in (*CONFIGURATION, *RULES)]
MODELS += [ChannelSettings, TopSettings, *(kind.settings for kind in channel_kinds())]


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    return build_pages()


def test_the_committed_pages_are_what_the_program_says(built: dict[str, str]) -> None:
    for name, text in built.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: run `python -m monitor.reference`"


def test_no_other_page_lies_there(built: dict[str, str]) -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*built, "index.md"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_has_a_meaning(model: type[BaseModel]) -> None:
    assert set(read_meanings(model)) == set(known_keys(model)), "write a text under the field"


def test_every_section_of_the_main_file_is_there() -> None:
    assert {*SECTIONS, *known_keys(TopSettings)} == set(MAIN_KEYS)
    assert not SECTIONS.keys() & set(known_keys(TopSettings))


def test_every_command_and_option_is_there(built: dict[str, str]) -> None:
    page = built["commands.md"]
    assert [name for name in COMMANDS if f"\n### monitor {name}\n" not in page] == []
    context = click.Context(cli, info_name="monitor")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        for option in (each for each in command.params if isinstance(each, click.Option)):
            assert f"`{option.opts[0]}`" in page


def test_every_kind_of_channel_and_every_warning_is_there(built: dict[str, str]) -> None:
    assert {kind.name for kind in channel_kinds()} <= set(re.findall(r"^## (.*)$", built["channels.md"], re.MULTILINE))
    assert re.findall(r"^## (MM\d+)", built["warnings.md"], re.MULTILINE) == list(PAGES)


def test_every_endpoint_is_there(built: dict[str, str]) -> None:
    named = re.findall(r"^## (\w+) (\S+)$", built["api.md"], re.MULTILINE)
    assert named == [(each.method, PREFIX + each.path) for each in sorted(ENDPOINTS, key=_in_order)]


def _in_order(endpoint: Endpoint) -> int:
    """Put those of one address side by side, as the document does."""
    return [each.path for each in ENDPOINTS].index(endpoint.path)


class Sample(BaseModel):
    """A model with all that a text can say."""

    plain: str = ""
    """What it is."""
    whole: Annotated[int, Field(alias="from")] = 3
    """What it is, in
    two lines. Default: as `it` likes, e.g. 2. Example: `{a: 1}`."""
    silent: bool = False


def test_texts_under_fields_are_read() -> None:
    assert read_meanings(Sample) == {
        "plain": Meaning(text="What it is."),
        "from": Meaning(text="What it is, in two lines.", default="as `it` likes, e.g. 2", example="`{a: 1}`"),
    }


def test_defaults_are_written_as_people_write_them() -> None:
    fields = Sample.model_fields
    assert [say_default(fields[name]) for name in ("plain", "whole", "silent")] == ["none", "`3`", "`false`"]
    assert write_value(timedelta(hours=36)) == "36h"
    assert write_value(timedelta()) == ""


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, "text"),
        ({"anyOf": [{"type": "null"}, {"const": False}, {"enum": ["a", "b", "c"]}]}, "`false` or `a`, `b` or `c`"),
        ({"type": "integer", "minimum": 1}, "whole number from 1"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 300}, "number more than 0 to 300"),
        ({"$ref": "#/$defs/M"}, "[mapping](m.md) or duration"),
        ({"type": "array", "items": {"$ref": "#/$defs/M"}}, "list of [mapping](m.md)"),
        ({"$ref": "#/$defs/Unlinked"}, "mapping"),
    ],
)
def test_schemas_are_said_in_words(schema: dict[str, object], said: str) -> None:
    both = {"anyOf": [{"type": "object"}, {"type": "string", "pattern": "([0-9]+[wW])?"}]}
    assert say_schema(schema, Known({"M": "m.md"}, {"M": both})) == said
