"""The pieces of which the shapes of rules are made: text, lists, days, durations, and why something is none."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from monitor.rules.scripts import primary_subtag
from monitor.text.duration import parse_duration

_NOTHING = "nothing here: write a value, or remove the key"
UNQUOTED = "this should be text; text that holds `: ` or begins with `{` stands in quotes"
_HOST = re.compile(r"[^\s/:@*]+")
_QID = re.compile(r"Q[1-9][0-9]{0,11}")


def given(value: Any) -> Any:
    """Refuse a key without a value."""
    if value is None:
        raise ValueError(_NOTHING)
    return value


def _written(value: Any) -> Any:
    """Refuse what is no text, with the usual reason."""
    if isinstance(given(value), dict):
        raise ValueError(UNQUOTED)  # noqa: TRY004 - pydantic reports ValueError alone
    return value


def _part(value: Any) -> Any:
    """Refuse a list where one part of a list is meant: it could mean any of these, or all."""
    if isinstance(value, list):
        raise ValueError("this should be text, not a list: for any of several, write `{any: [a, b]}`")  # noqa: TRY004 - as above
    return _written(value)


def mapped(value: Any, example: str) -> Any:
    """Refuse what is no mapping, with one that is."""
    if not isinstance(given(value), dict):
        raise ValueError(f"this should be a mapping: write for example `{example}`")  # noqa: TRY004 - as above
    return value


def listed(value: Any) -> Any:
    """Take a single value for a list of one."""
    if value is None or value == []:
        raise ValueError(_NOTHING)
    return value if isinstance(value, list) else [value]


def _language(value: Any) -> Any:
    if not isinstance(value, str) or re.fullmatch("[a-z]{2,3}", value):
        return _written(value)
    short = primary_subtag(value)[:2]
    hint = f": write `{short}`" if re.fullmatch("[a-z]{2}", short) else ""
    raise ValueError(f"`{value}` is no language of two or three small letters{hint}")


def _source(value: Any) -> Any:
    if isinstance(value, str) and not _HOST.fullmatch(value):
        raise ValueError(f"`{value}` is no feed, tag or host: write it like `wire` or `reuters.com`")
    return _written(value)


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(_written(value))
    except (TypeError, ValueError):
        raise ValueError("this should be a day, written like `2027-06-30`") from None


def _wikidata(value: Any) -> Any:
    if isinstance(value, str) and not _QID.fullmatch(value):
        raise ValueError(f"`{value}` is no Wikidata id: write it like `Q1234`")
    return _written(value)


def _some_time(value: Any) -> timedelta:
    duration = parse_duration(_written(value))
    if not duration:
        raise ValueError("no time at all: write for example `24h`")
    return duration


Text = Annotated[str, BeforeValidator(_written)]
PartText = Annotated[str, BeforeValidator(_part)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(listed)]
PriorityWord = Annotated[Literal["low", "normal", "high", "urgent"] | None, BeforeValidator(_written)]
FieldWord = Annotated[Literal["title", "summary", "body"], BeforeValidator(_written)]
FieldWords = Annotated[tuple[FieldWord, ...], BeforeValidator(listed)]
LanguageCodes = Annotated[tuple[Annotated[str, BeforeValidator(_language)], ...], BeforeValidator(listed)]
SourceNames = Annotated[tuple[Annotated[str, BeforeValidator(_source)], ...], BeforeValidator(listed)]
Duration = Annotated[timedelta, BeforeValidator(_some_time)]
Day = BeforeValidator(_day)
WikidataId = Annotated[str, BeforeValidator(_wikidata)]
MaybeDuration = Annotated[timedelta | None, BeforeValidator(_some_time)]


class Shape(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
