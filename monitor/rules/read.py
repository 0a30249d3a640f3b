"""Read actors and rules out of YAML documents, and note every mistake on the way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from monitor.document import Document, Loc, did_you_mean, validate
from monitor.errors import Problem
from monitor.model import Field, Priority, Rule
from monitor.rules.models import ActorShape, ExampleShape, RuleShape
from monitor.rules.term import read_term
from monitor.rules.tree import Actor, AnyOf, Clause, Definition, Example, Node, NoneOf, Term

ACTOR_MARK = "actor:"
"""Before an actor's id where terms stand: `all: ["actor:shoygu", Syria]`."""

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_Shape = TypeVar("_Shape", bound=BaseModel)


class RuleReader:
    """Read the actors of all documents, then rules; `problems` holds what is wrong with either."""

    def __init__(
        self, *, channels: Collection[str] | None, default_notify: tuple[str, ...], default_priority: Priority
    ) -> None:
        self.problems: list[Problem] = []
        self._channels = channels
        self._default_notify = default_notify
        self._default_priority = default_priority
        self._actors: dict[str, Actor] = {}  # one whose names are wrong too: a rule that names it is not at fault
        self._terms: dict[str, Term] = {}

    # -- actors --------------------------------------------------------------------------------------------------------

    def read_actors(self, documents: Sequence[Document]) -> None:
        """Learn the actors of these documents."""
        for name, document, loc in self._entries("actors", "actor", documents):
            self._shape(document, ActorShape, loc)
            names: dict[tuple[tuple[str, ...], bool], Term] = {}
            for where, text in _texts(document, loc, "names", short="names"):
                term = self._term(document, where, text)
                if term:
                    names.setdefault((term.words, term.prefix), term)
            self._actors[name] = Actor(id=name, names=tuple(names.values()))

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

    def read_rules(self, documents: Sequence[Document]) -> list[Definition]:
        """Read the rules of these documents, in their order; they may name the actors learnt before."""
        read = (self._rule(name, document, loc) for name, document, loc in self._entries("rules", "rule", documents))
        return [definition for definition in read if definition]

    def _rule(self, name: str, document: Document, loc: Loc) -> Definition | None:
        """Read one rule; whatever is wrong in one part of it, the others are read too."""
        shape = self._shape(document, RuleShape, loc)
        clauses = tuple(self._clauses(document, loc))
        notify = tuple(dict.fromkeys(self._channel_names(document, loc)))
        examples = tuple(self._examples(document, loc))
        if shape is None:
            return None
        if not (shape.terms or shape.actors or shape.all):
            hint = "give it `terms`, `actors` or `all`"
            self.problems.append(document.problem(loc, f"rule `{name}` watches for nothing", hint, at_key=True))
        return Definition(
            rule=Rule(
                id=name,
                title=shape.title.strip() or name,
                priority=Priority[shape.priority.upper()] if shape.priority else self._default_priority,
                notify=notify or self._default_notify,
            ),
            clauses=clauses,
            fields=tuple(field for field in Field if not shape.in_ or field.value in shape.in_),
            examples=examples,
            place=_place(document, loc),
        )

    def _clauses(self, document: Document, loc: Loc) -> Iterator[Clause]:
        terms = self._nodes(document, loc, "terms", self._term_or_actor)
        if terms:
            yield Clause(key="terms", node=AnyOf(parts=terms))
        actors = self._nodes(document, loc, "actors", self._actor)
        if actors:
            yield Clause(key="actors", node=AnyOf(parts=actors))
        for node in self._nodes(document, loc, "all", self._term_or_actor):
            yield Clause(key="all", node=node)
        for node in self._nodes(document, loc, "none", self._term_or_actor):
            yield Clause(key="none", node=NoneOf(parts=(node,)))

    def _nodes(
        self, document: Document, loc: Loc, key: str, read: Callable[[Document, Loc, str], Node | None]
    ) -> tuple[Node, ...]:
        nodes = (read(document, where, text) for where, text in _texts(document, loc, key, short="terms"))
        return tuple(node for node in nodes if node)

    def _term_or_actor(self, document: Document, loc: Loc, text: str) -> Node | None:
        read = self._actor if text.startswith(ACTOR_MARK) else self._term
        return read(document, loc, text)

    def _term(self, document: Document, loc: Loc, text: str) -> Term | None:
        if text not in self._terms:
            try:
                self._terms[text] = read_term(text)
            except ValueError as error:
                self.problems.append(document.problem(loc, str(error)))
                return None
        return self._terms[text]

    def _actor(self, document: Document, loc: Loc, text: str) -> Actor | None:
        name = text.removeprefix(ACTOR_MARK).strip()
        actor = self._actors.get(name)
        if actor is None:
            hint = self._actor_spelt(name) or did_you_mean(name, self._actors)
            self.problems.append(document.problem(loc, f"unknown actor `{name}`", hint))
        return actor

    def _actor_spelt(self, text: str) -> str:
        """Say whose name this is, where somebody wrote a name for an id."""
        try:
            words = read_term(text).words
        except ValueError:
            return ""
        owners = (actor.id for actor in self._actors.values() if any(name.words == words for name in actor.names))
        owner = next(owners, None)
        return f"did you mean `{owner}`?" if owner else ""

    def _channel_names(self, document: Document, loc: Loc) -> Iterator[str]:
        for where, channel in _texts(document, loc, "notify"):
            if self._channels is not None and channel not in self._channels:
                hint = did_you_mean(channel, self._channels)
                self.problems.append(document.problem(where, f"unknown channel `{channel}`", hint))
            yield channel

    def _examples(self, document: Document, loc: Loc) -> Iterator[Example]:
        for key, hit, failure in (("hits", True, "this hit is not found"), ("misses", False, "this miss is found")):
            for where, _ in _items(document, loc, key):
                example = self._shape(document, ExampleShape, where)
                if example:
                    yield Example(
                        hit=hit,
                        title=example.title,
                        summary=example.summary,
                        body=example.body,
                        language=example.lang,
                        problem=document.problem(where, f"rule `{loc[-1]}`: {failure}"),
                    )

    def _shape(self, document: Document, model: type[_Shape], loc: Loc) -> _Shape | None:
        shape, problems = validate(document, model, loc)
        self.problems += problems
        return shape


def _items(document: Document, loc: Loc, key: str, *, short: str = "") -> Iterator[tuple[Loc, Any]]:
    """Yield what stands under a key, as a list or alone, each value with its place.

    Where the rule or actor itself is no mapping, it is the value of the key `short`.
    """
    section, name = loc
    value = document.value[section][name]
    held = value.get(key) if isinstance(value, dict) else value if key == short else None
    if held is None:
        return
    for number, item in enumerate(held if isinstance(held, list) else [held]):
        yield document.locate((*loc, key, number)), item


def _texts(document: Document, loc: Loc, key: str, *, short: str = "") -> Iterator[tuple[Loc, str]]:
    """Yield those items that are text; the others are what the shape complains of."""
    return ((where, item) for where, item in _items(document, loc, key, short=short) if isinstance(item, str))


def _place(document: Document, loc: Loc) -> str:
    """Name a place as file:line."""
    written = document.locate(loc)
    span = document.key_spans.get(written) or document.spans.get(written)
    return f"{document.file}:{span.line + 1}" if span else document.file
