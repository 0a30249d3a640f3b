"""Where rules, actors and their words stand in the files, and which warnings their lines silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.document import Document, Loc
from monitor.document.inside import span_inside
from monitor.document.silence import silenced
from monitor.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One rule or actor as it stands in a file."""

    document: Document
    section: str  # rules, actors
    id: str
    _places: dict[str, dict[str, Loc]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def place(self) -> str:
        """Name its place as file:line."""
        return f"{self.document.file}:{self.document.key_spans[self.loc].line + 1}"

    @property
    def names_loc(self) -> Loc:
        """Where the names of an actor stand: under `names`, or in place of the whole mapping."""
        return (*self.loc, "names") if isinstance(self.value, dict) else self.loc

    @property
    def loc(self) -> tuple[str, str]:
        """Where it stands in its document."""
        return self.section, self.id

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.document.value[self.section][self.id]

    def texts(self, key: str) -> Iterator[tuple[Loc, str]]:
        """Yield each text under a key with its place; the rule or actor itself may be what stands under it."""
        if isinstance(self.value, dict):
            return _texts(self.value.get(key), (*self.loc, key))
        return _texts(self.value, self.loc)

    def warning(self, code: str, message: str, hint: str, *, key: str = "", text: str = "") -> list[Problem]:
        """Warn at the last place of a text under a key, or at the key, or at the id; nothing where that is silenced."""
        found = self._last_place(key, text) if text else None
        return self.warning_at(found or (*self.loc, key), code, message, hint, at_key=found is None)

    def _last_place(self, key: str, text: str) -> Loc | None:
        """Find a text under a key; all of them are noted at once, for a long list may have a warning for each item."""
        if key not in self._places:
            self._places[key] = {written.strip(): loc for loc, written in self.texts(key)}
        return self._places[key].get(text)

    def warning_at(self, loc: Loc, code: str, message: str, hint: str, *, at_key: bool = False) -> list[Problem]:
        """Warn at one place, unless it is silenced."""
        return self._unless_silenced(self.document.problem(loc, message, hint, at_key=at_key), code)

    def warning_inside(self, loc: Loc, bounds: tuple[int, int], code: str, message: str, hint: str) -> list[Problem]:
        """Warn at a part of the text at one place, unless it is silenced."""
        span = span_inside(self.document, loc, *bounds)
        return self._unless_silenced(self.document.problem_at(span, message, hint), code)

    def _unless_silenced(self, problem: Problem, code: str) -> list[Problem]:
        own_line = self.document.key_spans[self.loc].line
        lines = {self.document.line(own_line), problem.source}
        return [] if any(code in silenced(line) for line in lines) else [replace(problem, code=code)]


def find_written(documents: Sequence[Document], section: str) -> dict[str, Written]:
    """Find all rules or all actors by id; of two with one id the first, as the reader does."""
    found: dict[str, Written] = {}
    for document in documents:
        entries = document.value.get(section) if isinstance(document.value, dict) else None
        for name in entries if isinstance(entries, dict) else ():
            found.setdefault(name, Written(document=document, section=section, id=name))
    return found


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*loc, number))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*loc, key))
