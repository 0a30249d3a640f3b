"""Read actors and rules out of YAML documents, and note every mistake on the way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from monitor.document import Document, Loc, did_you_mean, validate
from monitor.errors import Problem
from monitor.model import Field, Priority, Rule
from monitor.rules.actors import read_actor
from monitor.rules.models import DedupShape, ExampleShape, RuleDefaults, RuleShape
from monitor.rules.parts import PartReader, fields_in, items
from monitor.rules.thresholds import THRESHOLD_KEYS
from monitor.rules.tree import Clause, Definition, Example, Languages, Limit, Sources, Times, Until, watches
from monitor.rules.uses import Uses, find_circles
from monitor.rules.vocabulary import Vocabulary

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_Shape = TypeVar("_Shape", bound=BaseModel)


class RuleReader:
    """Read the actors of all documents, then rules; `problems` holds what is wrong with either.

    `main` is the document whose `defaults` are those of the whole configuration, not of the rules in one file.
    """

    def __init__(
        self,
        *,
        channels: Collection[str] | None,
        default_notify: tuple[str, ...],
        default_priority: Priority,
        main: Document | None = None,
    ) -> None:
        self.problems: list[Problem] = []
        self._channels = channels
        self._default_notify = default_notify
        self._default_priority = default_priority
        self._main = main
        self._vocabulary = Vocabulary()
        self._uses: dict[str, Uses] = {}

    # -- actors --------------------------------------------------------------------------------------------------------

    def read_actors(self, documents: Sequence[Document]) -> None:
        """Learn the actors of these documents."""
        for name, document, loc in self._entries("actors", "actor", documents):
            actor, problems = read_actor(name, document, loc, self._vocabulary)
            self._vocabulary.actors[name] = actor
            self.problems += problems

    def _entries(
        self, key: str, kind: str, documents: Sequence[Document]
    ) -> Iterator[tuple[str, Document, tuple[str, str]]]:
        """Yield the id and place of each actor or rule; ids are checked, and each comes once."""
        first: dict[str, str] = {}
        for document in documents:
            entries = document.value.get(key) if isinstance(document.value, dict) else None
            if entries is None:
                continue
            if not isinstance(entries, dict):
                hint = f"write `{key}:`, and under it a line such as `my-{kind}: …`"
                self.problems.append(document.problem((key,), "this should be a mapping (`key: value`)", hint))
                continue
            for name in entries:
                loc = (key, name)
                self._check_id(document, loc, kind)
                if name in first:
                    message = f"duplicate {kind} `{name}`"
                    hint = f"it stands in {first[name]} already"
                    self.problems.append(document.problem(loc, message, hint, at_key=True))
                    continue
                first[name] = _place(document, loc)
                yield name, document, loc

    def _check_id(self, document: Document, loc: tuple[str, str], kind: str) -> None:
        name = loc[-1]
        if _ID.fullmatch(name):
            return
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        mended = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")
        message = f"`{name}` is no {kind} id: small letters, digits, `-` and `_`, a letter or digit first"
        hint = f"write `{mended}`" if mended else ""
        self.problems.append(document.problem(loc, message, hint, at_key=True))

    # -- rules ---------------------------------------------------------------------------------------------------------

    def read_rules(self, documents: Sequence[Document], *, usable: Collection[str] = ()) -> list[Definition]:
        """Read the rules of these documents, in their order; they may name the actors learnt before.

        They may use each other, and those other rules whose ids are `usable`.
        """
        defaults = {document.file: self._defaults(document) for document in documents}
        entries = list(self._entries("rules", "rule", documents))
        self._vocabulary.rules = {name: None for name, _, _ in entries} | dict.fromkeys(usable)
        read = [self._rule(name, document, loc, defaults[document.file]) for name, document, loc in entries]
        self.problems += find_circles(self._uses)
        return [definition for definition in read if definition]

    def _defaults(self, document: Document) -> RuleDefaults:
        if document is self._main or not isinstance(document.value, dict) or "defaults" not in document.value:
            return RuleDefaults()
        loc = ("defaults",)
        self._check_channels(document, loc)
        return self._shape(document, RuleDefaults, loc) or RuleDefaults()

    def _rule(self, name: str, document: Document, loc: tuple[str, str], defaults: RuleDefaults) -> Definition | None:
        """Read one rule; whatever is wrong in one part of it, the others are read too."""
        before = len(self.problems)
        value = document.value[loc[0]][name]
        shape = self._shape(document, RuleShape, loc)
        fields = fields_in(value) or tuple(field for field in Field if not defaults.in_ or field.value in defaults.in_)
        parts = PartReader(document, self._vocabulary)
        clauses = tuple(Clause(key=key, node=node) for key, node in parts.conditions(loc, value, fields))
        self.problems += parts.problems
        if parts.uses:
            self._uses[name] = Uses(document, parts.uses)
        self._check_channels(document, loc)
        self._check_thresholds(document, loc, value)
        examples = tuple(self._examples(document, loc, value))
        if shape is None:
            return None
        if len(self.problems) == before and not any(watches(clause.node) for clause in clauses):
            self._blame_empty(document, loc, clauses)
        return Definition(
            rule=self._about(name, shape, defaults),
            clauses=(*clauses, *(Clause(key=key, node=limit) for key, limit in _limits(shape, defaults))),
            fields=fields,
            examples=examples,
            place=_place(document, loc),
        )

    def _about(self, name: str, shape: RuleShape, defaults: RuleDefaults) -> Rule:
        priority, dedup = shape.priority or defaults.priority, shape.dedup or defaults.dedup or DedupShape(by="story")
        return Rule(
            id=name,
            title=shape.title.strip() or name,
            priority=Priority[priority.upper()] if priority else self._default_priority,
            notify=tuple(dict.fromkeys(shape.notify or defaults.notify)) or self._default_notify,
            threshold=shape.threshold(),
            dedup=dedup.window,
            dedup_by=dedup.noun(),
            expires=shape.expires,
            owner=shape.owner or defaults.owner,
            tags=shape.tags or defaults.tags,
            note=shape.note.strip(),
        )

    def _blame_empty(self, document: Document, loc: tuple[str, str], clauses: Sequence[Clause]) -> None:
        message, hint = f"rule `{loc[-1]}` watches for nothing", "give it `terms`, `actors` or `all`"
        if any(clause.key != "none" for clause in clauses):
            message = f"rule `{loc[-1]}` holds where nothing at all is found"
            hint = "a `none` among other choices is true of nearly every text: put it beside them"
        self.problems.append(document.problem(loc, message, hint, at_key=True))

    def _check_channels(self, document: Document, loc: Loc) -> None:
        value = document.value
        for step in loc:
            value = value[step]
        for where, channel in items(document, loc, value, "notify"):
            if self._channels is not None and isinstance(channel, str) and channel not in self._channels:
                hint = did_you_mean(channel, self._channels)
                self.problems.append(document.problem(where, f"unknown channel `{channel}`", hint))

    def _check_thresholds(self, document: Document, loc: Loc, value: Any) -> None:
        asked = [key for key in value if key in THRESHOLD_KEYS] if isinstance(value, dict) else []
        for key in asked[1:]:
            message = f"`{asked[0]}` and `{key}` in one rule: it can ask one such thing"
            self.problems.append(document.problem((*loc, key), message, "make a second rule of it", at_key=True))

    def _examples(self, document: Document, loc: Loc, value: Any) -> Iterator[Example]:
        for key, hit, failure in (("hits", True, "this hit is not found"), ("misses", False, "this miss is found")):
            for where, _ in items(document, loc, value, key):
                example = self._shape(document, ExampleShape, where)
                if example:
                    yield Example(
                        hit=hit,
                        title=example.title,
                        summary=example.summary,
                        body=example.body,
                        language=example.lang,
                        source=example.source,
                        blame=partial(document.problem, where, f"rule `{loc[-1]}`: {failure}"),
                    )

    def _shape(self, document: Document, model: type[_Shape], loc: Loc) -> _Shape | None:
        shape, problems = validate(document, model, loc)
        self.problems += problems
        return shape


def _limits(shape: RuleShape, defaults: RuleDefaults) -> Iterator[tuple[str, Limit]]:
    languages, sources = shape.lang or defaults.lang, shape.sources or defaults.sources
    if languages:
        yield "lang", Languages(codes=languages)
    if sources:
        yield "sources", Sources(only=_lowered(sources.only), never=_lowered(sources.never))
    if shape.min_count:
        yield "min_count", Times(least=shape.min_count)
    if shape.expires:
        yield "expires", Until(day=shape.expires)


def _lowered(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _place(document: Document, loc: tuple[str, str]) -> str:
    """Name a place as file:line."""
    line = document.line_of_key(*loc)
    if line is None:  # it stands alone, or for somebody who has not written it
        span = document.spans.get(document.locate(loc))
        return f"{document.file}:{span.line + 1}" if span else document.file
    return f"{document.file}:{line + 1}"
