"""The shapes that people write in YAML: a scalar where a list is meant, a list or scalar where a mapping is meant.

Only shapes are checked here; what terms, actors and channels mean is the business of `load`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_NOTHING = "nothing here: write a value, or remove the key"
_UNQUOTED = "this should be text; text that holds `: ` or begins with `{` stands in quotes"


def _written(value: Any) -> Any:
    """Refuse what is no text, with the usual reason."""
    if value is None:
        raise ValueError(_NOTHING)
    if isinstance(value, dict):
        raise ValueError(_UNQUOTED)  # noqa: TRY004 - pydantic reports ValueError alone
    return value


def _listed(value: Any) -> Any:
    """Take a single value for a list of one."""
    if value is None or value == []:
        raise ValueError(_NOTHING)
    return value if isinstance(value, list) else [value]


Text = Annotated[str, BeforeValidator(_written)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
PriorityWord = Annotated[Literal["low", "normal", "high", "urgent"] | None, BeforeValidator(_written)]
FieldWord = Annotated[Literal["title", "summary", "body"], BeforeValidator(_written)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ActorShape(_Shape):
    """One actor: its names, or a mapping that holds them."""

    names: Texts = ()
    wikidata: Text = ""
    note: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"names": value}

    @model_validator(mode="after")
    def _has_names(self) -> ActorShape:
        if not self.names:
            raise ValueError("an actor needs `names`")
        return self


class ExampleShape(_Shape):
    """One example: a title, or a mapping."""

    title: Text = ""
    summary: Text = ""
    body: Text = ""
    lang: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return {"title": value}
        if len(value) == 1 and not any(get_close_matches(key, cls.model_fields) for key in value):
            raise ValueError(_UNQUOTED)  # `- Syria: US ready for talks`
        return value

    @model_validator(mode="after")
    def _says_something(self) -> ExampleShape:
        if not (self.title + self.summary + self.body).strip():
            raise ValueError("an example needs a title, a summary or a body")
        return self


Unread = Annotated[tuple[Any, ...], BeforeValidator(_listed)]


class RuleShape(_Shape):
    """One rule: a term, a list of terms, or a mapping."""

    title: Text = ""
    terms: Texts = ()
    actors: Texts = ()
    all: Texts = ()
    none: Texts = ()
    in_: Annotated[tuple[FieldWord, ...], BeforeValidator(_listed)] = Field(default=(), alias="in")
    priority: PriorityWord = None
    notify: Texts = ()
    hits: Unread = ()  # each an ExampleShape, read by itself: its keys are not the rule's
    misses: Unread = ()
    owner: Text = ""
    tags: Texts = ()
    note: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"terms": value}
