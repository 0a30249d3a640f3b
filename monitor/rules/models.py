"""The shapes that people write in YAML: a scalar where a list is meant, a list or scalar where a mapping is meant.

Only shapes are checked here; what terms, actors, channels and other rules mean is the business of `read` and `parts`.
"""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from monitor.model import Dedup, Threshold
from monitor.rules.pieces import (
    UNQUOTED,
    Day,
    FieldWords,
    LanguageCodes,
    MaybeDuration,
    PriorityWord,
    Shape,
    SourceNames,
    Text,
    Texts,
    WikidataId,
    given,
    listed,
)
from monitor.rules.query import MOST_NEAR, WIDEST_NEAR
from monitor.rules.thresholds import AbsentShape, AtLeastShape, NewShape, SpikeShape

MOST_TIMES = 100
"""`min_count` can ask for so many places at most: a match lists no more."""

# -- conditions --------------------------------------------------------------------------------------------------------


def _kind_of_part(value: Any) -> str:
    """Tell text, a list and a group apart; what is neither is complained of as text."""
    if isinstance(value, dict):
        keys = GroupShape.model_fields
        known = any(key in keys or key == "in" or get_close_matches(key, keys) for key in value)
        return "<group>" if known or len(value) > 1 else "<text>"  # `- Syria: US ready for talks` is text
    return "<text>"


def _kind_of_near_part(value: Any) -> str:
    return "<list>" if isinstance(value, list) else _kind_of_part(value)


Part = Annotated[Annotated[Text, Tag("<text>")] | Annotated["GroupShape", Tag("<group>")], Discriminator(_kind_of_part)]
Parts = Annotated[tuple[Part, ...], BeforeValidator(listed)]
NearPart = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated["GroupShape", Tag("<group>")] | Annotated[Parts, Tag("<list>")],
    Discriminator(_kind_of_near_part),
]


class NearShape(Shape):
    """`near:`, two to five things within one stretch of so many words."""

    of: tuple[NearPart, ...] = Field(min_length=2, max_length=MOST_NEAR)
    within: int = Field(ge=1, le=WIDEST_NEAR)
    ordered: bool = False


class GroupShape(Shape):
    """Conditions: lists mean any, keys mean all; a rule's, or a group's where a term may stand."""

    terms: Parts = ()
    any: Parts = ()
    actors: Texts = ()
    all: Parts = ()
    none: Parts = ()
    near: Annotated[tuple[NearShape, ...], BeforeValidator(listed)] = ()
    exact: Texts = ()
    re: Texts = ()
    query: Text = ""
    use: Texts = ()
    in_: FieldWords = Field(default=(), alias="in")


class SourcesShape(Shape):
    """`sources:`, where entries must come from; a list is `only`."""

    only: SourceNames = ()
    never: SourceNames = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"only": value}

    @model_validator(mode="after")
    def _says_something(self) -> SourcesShape:
        if not (self.only or self.never):
            raise ValueError("`sources` needs `only` or `never`")
        return self


# -- actors, examples, rules -------------------------------------------------------------------------------------------


class ActorShape(Shape):
    """One actor: its names, or a mapping that holds them."""

    names: Texts = ()
    not_: Texts = Field(default=(), alias="not")
    title: Texts = ()
    wikidata: WikidataId = ""
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


class ExampleShape(Shape):
    """One example: a title, or a mapping."""

    title: Text = ""
    summary: Text = ""
    body: Text = ""
    lang: Text = ""
    source: Texts = ()  # the feed's name, then its tags

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return {"title": value}
        if len(value) == 1 and not any(get_close_matches(key, cls.model_fields) for key in value):
            raise ValueError(UNQUOTED)  # `- Syria: US ready for talks`
        return value

    @model_validator(mode="after")
    def _says_something(self) -> ExampleShape:
        if not (self.title + self.summary + self.body).strip():
            raise ValueError("an example needs a title, a summary or a body")
        return self


Unread = Annotated[tuple[Any, ...], BeforeValidator(listed)]


class DedupShape(Shape):
    """`dedup:`, which entries tell a story that was told: a duration, or a mapping that says by what as well."""

    window: MaybeDuration = None
    by: Literal["story", "url", "entry", "none"] = "story"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"window": value}

    @model_validator(mode="after")
    def _says_something(self) -> DedupShape:
        if not self.model_fields_set:
            raise ValueError("`dedup` needs `window` or `by`")
        return self

    def noun(self) -> Dedup:
        """Return by what stories are told apart; `none` is another word for `entry`."""
        return Dedup.ENTRY if self.by == "none" else Dedup(self.by)


class RuleDefaults(Shape):
    """`defaults:` of a rules file: what holds for its rules that say nothing else."""

    priority: PriorityWord = None
    notify: Texts = ()
    in_: FieldWords = Field(default=(), alias="in")
    lang: LanguageCodes = ()
    sources: Annotated[SourcesShape | None, BeforeValidator(given)] = None
    dedup: Annotated[DedupShape | None, BeforeValidator(given)] = None
    owner: Text = ""
    tags: Texts = ()


class RuleShape(RuleDefaults, GroupShape):
    """One rule: a term, a list of terms, or a mapping."""

    title: Text = ""
    note: Text = ""
    min_count: Annotated[int | None, BeforeValidator(given)] = Field(default=None, ge=1, le=MOST_TIMES)
    expires: Annotated[date | None, Day] = None
    at_least: Annotated[AtLeastShape | None, BeforeValidator(given)] = None
    absent: Annotated[AbsentShape | None, BeforeValidator(given)] = None
    spike: Annotated[SpikeShape | None, BeforeValidator(given)] = None
    new: Annotated[NewShape | None, BeforeValidator(given)] = None
    hits: Unread = ()  # each an ExampleShape, read by itself: its keys are not the rule's
    misses: Unread = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"terms": value}

    def threshold(self) -> Threshold | None:
        """Return what it takes beyond one match; where there are several, which is a mistake, one of them."""
        asked = (self.at_least, self.absent, self.spike, self.new)
        return next((shape.noun() for shape in asked if shape), None)
