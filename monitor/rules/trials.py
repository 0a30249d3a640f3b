"""Load rules that stand in no file, with the actors and rules of the files beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from monitor.document import MAX_VALUES, Document, Places, Span, parse_document
from monitor.errors import ConfigurationError, Problem
from monitor.model import Priority
from monitor.rules.load import load_trial, read_definitions
from monitor.rules.match import Ruleset
from monitor.rules.tree import Definition

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Trials:
    """What the files hold, for any number of trials: the rules that they may use are read once."""

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        channels: Collection[str],
        default_notify: tuple[str, ...],
        default_priority: Priority,
    ) -> None:
        self._documents = documents
        self._channels = channels
        self._default_notify = default_notify
        self._default_priority = default_priority

    @cached_property
    def usable(self) -> Sequence[Definition]:
        """The rules that a trial may use: those that are right."""
        return read_definitions(self._documents)

    def load(self, raw: bytes, *, name: str, max_values: int = MAX_VALUES) -> Ruleset:
        """Load YAML: a word, a list, a mapping, or a whole file.

        An actor that stands there too takes the place of the files' own: a file that is included can be tried.

        Raises:
            ConfigurationError: with every mistake in it.
        """
        document, problems = parse_document(raw, name=name, max_values=max_values)
        if document is None:
            raise ConfigurationError(problems)
        return self._load(document, problems)

    def load_query(self, text: str, *, name: str, also: Mapping[str, object] | None = None) -> Ruleset:
        """Load a query, with what else the rule asks for; where it stands on several lines, they are one.

        Raises:
            ConfigurationError: with every mistake in it.
        """
        line = " ".join(text.split("\n")).strip()
        span = Span(0, 0, len(line))
        value = {"query": line, **(also or {})}
        places = Places({(): span, ("query",): span}, {("query",): span})
        document = Document(file=name, text=line, value=value, places=places, is_as_written=True)
        if found := _CONTROL.search(line):
            place = Span(0, found.start(), 1)
            raise ConfigurationError(
                [document.problem_at(place, f"control character U+{ord(found[0]):04X}", "delete it")]
            )
        return self._load(document, [])

    def _load(self, document: Document, problems: Sequence[Problem]) -> Ruleset:
        others = [_without_actors_of(document, other) for other in self._documents]
        same = all(other is known for other, known in zip(others, self._documents, strict=True))
        ruleset, more = load_trial(
            document,
            others,
            channels=self._channels,
            default_notify=self._default_notify,
            default_priority=self._default_priority,
            usable=self.usable if same else None,
        )
        if ruleset is None or problems or more:
            raise ConfigurationError([*problems, *more])
        return ruleset


def _without_actors_of(trial: Document, document: Document) -> Document:
    """Return a document without the actors that a trial brings itself."""
    own, theirs = (each.value.get("actors") if isinstance(each.value, dict) else None for each in (trial, document))
    if not isinstance(own, dict) or not isinstance(theirs, dict) or own.keys().isdisjoint(theirs):
        return document
    kept = {name: actor for name, actor in theirs.items() if name not in own}
    return document.with_value({**document.value, "actors": kept})
