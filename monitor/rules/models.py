"""The shapes that people write in YAML: a scalar where a list is meant, a list or scalar where a mapping is meant.

Only shapes are checked here; what terms, actors, channels and other rules mean is the business of `read` and `parts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from monitor.model import Dedup, Threshold
from monitor.rules.other_words import OTHER_WORDS, OTHER_WORDS_OF_NEAR
from monitor.rules.pieces import (
    UNQUOTED,
    Day,
    FieldWords,
    LanguageCodes,
    MaybeDuration,
    PartText,
    PriorityWord,
    Shape,
    SourceNames,
    Text,
    Texts,
    WikidataId,
    given,
    listed,
    mapped,
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


Part = Annotated[
    Annotated[PartText, Tag("<text>")] | Annotated["GroupShape", Tag("<group>")], Discriminator(_kind_of_part)
]
Parts = Annotated[tuple[Part, ...], BeforeValidator(listed)]
NearPart = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated["GroupShape", Tag("<group>")] | Annotated[Parts, Tag("<list>")],
    Discriminator(_kind_of_near_part),
]


class NearShape(Shape):
    """`near:`, two to five things within one stretch of so many words."""

    former: ClassVar[Mapping[str, str]] = OTHER_WORDS_OF_NEAR

    of: tuple[NearPart, ...] = Field(min_length=2, max_length=MOST_NEAR)
    """Two to five things: each a word, a phrase, an actor, a group, or a list that means any of them. Example:
    `[[talks, negotiations], Syria]`."""
    within: int = Field(ge=1, le=WIDEST_NEAR)
    """So many words apart at most, neighbours being 1 apart. Example: `12`."""
    ordered: bool = False
    """`true`: in this order. Example: `true`."""

    @model_validator(mode="before")
    @classmethod
    def _mapped(cls, value: Any) -> Any:
        return mapped(value, "{of: [talks, Syria], within: 12}")


class GroupShape(Shape):
    """Conditions: lists mean any, keys mean all; a rule's, or a group's where a term may stand."""

    former: ClassVar[Mapping[str, str]] = OTHER_WORDS

    terms: Parts = ()
    """One of these words, phrases or `prefix*` stands. Example: `[talks, deconflict*]`."""
    any: Parts = ()
    """The same as `terms`, for groups. Example: `[Moscow, {all: [Russia, ministry]}]`."""
    actors: Texts = ()
    """One of these actors stands, in any spelling. Example: `[shoygu, carter]`."""
    all: Parts = ()
    """Each of these stands. Example: `[Syria]`."""
    none: Parts = ()
    """None of these stands. Example: `[football]`."""
    near: Annotated[tuple[NearShape, ...], BeforeValidator(listed)] = ()
    """These stand within so many words of each other. Example: `{of: [talks, Syria], within: 12}`."""
    exact: Texts = ()
    """One of these stands in this very case and form. Example: `[US, U.S.]`."""
    re: Texts = ()
    """One of these regular expressions (google-re2) matches a field. Example: `'[0-9]+ dead'`."""
    query: Text = ""
    """A boolean search holds. Example: `'talks NEAR/12 Syria'`."""
    use: Texts = ()
    """The conditions of one of these other rules hold. Example: `[grain]`."""
    in_: FieldWords = Field(default=(), alias="in")
    """Only these fields are read: `title`, `summary`, `body`. Default: all three. Example: `[title, summary]`."""


class SourcesShape(Shape):
    """`sources:`, where entries must come from; a list is `only`."""

    only: SourceNames = ()
    """Entries from these alone: names of feeds, their tags, hosts. Default: all. Example: `[wire, reuters.com]`."""
    never: SourceNames = ()
    """No entries from these. Example: `[rt.com]`."""

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
    """The spellings, each of them as a term. Example: `[Shoygu, Шойгу]`."""
    not_: Texts = Field(default=(), alias="not")
    """Longer phrases that are somebody else's: a name inside one does not count. Example: `[Jimmy Carter]`."""
    title: Texts = ()
    """Words that are shown with the name that follows them, and find nothing more. Example: `[Secretary]`."""
    wikidata: WikidataId = ""
    """Who it is, for people. Example: `Q76`."""
    note: Text = ""
    """For people. Example: `minister until 2024`."""

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
    """The headline; an example that is only text is a title. Example: `Talks on Syria`."""
    summary: Text = ""
    """The text under it. Example: `The ministers met.`."""
    body: Text = ""
    """The whole article."""
    lang: Text = ""
    """Its language. Default: any. Example: `ru`."""
    source: Texts = ()  # the feed's name, then its tags
    """The feed's name, then its tags. Default: anywhere. Example: `[agency, wire]`."""

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
    """How long a story is remembered after its last report. Default: that of `defaults`. Example: `24h`."""
    by: Literal["story", "url", "entry", "none"] = "story"
    """What makes an entry one more report of a story: it tells of the same event (`story`), has the same link or
    words (`url`), or never (`entry`, `none`). Example: `url`."""

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
    """How much it matters. Default: that of `defaults`. Example: `high`."""
    notify: Texts = ()
    """The channels that are told. Default: those of `defaults`. Example: `[desk]`."""
    in_: FieldWords = Field(default=(), alias="in")
    """The fields that are read. Default: all three. Example: `[title, summary]`."""
    lang: LanguageCodes = ()
    """Entries in one of these languages; `en` is `en-GB` too. Default: any. Example: `[en, ru]`."""
    sources: Annotated[SourcesShape | None, BeforeValidator(given)] = None
    """Where entries come from: a list, or `only` and `never`. Default: anywhere. Example: `{never: [rt.com]}`."""
    dedup: Annotated[DedupShape | None, BeforeValidator(given)] = None
    """How long a story is remembered, and by what its reports are known. Default: that of `defaults`. Example:
    `24h`."""
    owner: Text = ""
    """Who looks after the rule, for people and routes. Example: `mideast-desk`."""
    tags: Texts = ()
    """Words for routes and lists. Example: `[syria]`."""


class RuleShape(RuleDefaults, GroupShape):
    """One rule: a term, a list of terms, or a mapping."""

    title: Text = ""
    """What people read in the alert. Default: the rule's id. Example: `Grain exports`."""
    note: Text = ""
    """For people. Example: `see the handbook`."""
    min_count: Annotated[int | None, BeforeValidator(given)] = Field(default=None, ge=1, le=MOST_TIMES)
    """The words stand in so many places at least, from 1 to 100. Default: 1. Example: `2`."""
    expires: Annotated[date | None, Day] = None
    """The day (UTC) from which on the rule is silent. Default: never. Example: `2027-06-30`."""
    at_least: Annotated[AtLeastShape | None, BeforeValidator(given)] = None
    """Told when enough entries, of enough independent sources, came within a time. Example: `{entries: 3, sources:
    2, within: 2h}`."""
    absent: Annotated[AbsentShape | None, BeforeValidator(given)] = None
    """Told when nothing came for so long. Example: `24h`."""
    spike: Annotated[SpikeShape | None, BeforeValidator(given)] = None
    """Told when so many times more than usual came. Example: `{factor: 3, over: 1h, baseline: 14d}`."""
    new: Annotated[NewShape | None, BeforeValidator(given)] = None
    """Told when what was found was not seen for so long; `true` means 30 days. Example: `14d`."""
    hits: Unread = ()  # each an ExampleShape, read by itself: its keys are not the rule's
    """Examples that must match: run at every start and reload. Example: `[Talks on Syria]`."""
    misses: Unread = ()
    """Examples that must not match. Example: `[Football in Syria]`."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"terms": value}

    def threshold(self) -> Threshold | None:
        """Return what it takes beyond one match; where there are several, which is a mistake, one of them."""
        asked = (self.at_least, self.absent, self.spike, self.new)
        return next((shape.noun() for shape in asked if shape), None)
