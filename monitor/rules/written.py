"""Where rules, actors and their words stand in the files, and which warnings their lines silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.document import Document, Loc
from monitor.errors import Problem

_IGNORE = re.compile(r"(?:^|\s)#\s*monitor:\s*ignore\s+(MM\d{3}(?:[,\s]+MM\d{3})*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One rule or actor as it stands in a file."""

    document: Document
    section: str  # rules, actors
    id: str

    @property
    def place(self) -> str:
        """Name its place as file:line."""
        return f"{self.document.file}:{self.document.key_spans[self._loc].line + 1}"

    @property
    def names_loc(self) -> Loc:
        """Where the names of an actor stand: under `names`, or in place of the whole mapping."""
        value = self.document.value[self.section][self.id]
        return (*self._loc, "names") if isinstance(value, dict) else self._loc

    def texts(self, key: str) -> Iterator[tuple[Loc, str]]:
        """Yield each text under a key with its place; the rule or actor itself may be what stands under it."""
        value = self.document.value[self.section][self.id]
        if isinstance(value, dict):
            return _texts(value.get(key), (*self._loc, key))
        return _texts(value, self._loc)

    def warning(self, code: str, message: str, hint: str, *, key: str = "", text: str = "") -> list[Problem]:
        """Warn at the last place of a text under a key, or at the key, or at the id; nothing where that is silenced."""
        found = [loc for loc, written in self.texts(key) if written.strip() == text] if text else []
        return self.warning_at(found[-1] if found else (*self._loc, key), code, message, hint, at_key=not found)

    def warning_at(self, loc: Loc, code: str, message: str, hint: str, *, at_key: bool = False) -> list[Problem]:
        """Warn at one place, unless it is silenced."""
        problem = replace(self.document.problem(loc, message, hint, at_key=at_key), code=code)
        own_line = self.document.key_spans[self._loc].line
        lines = {self.document.line(own_line), problem.source}
        return [] if any(code in _silenced(line) for line in lines) else [problem]

    @property
    def _loc(self) -> tuple[str, str]:
        return self.section, self.id


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


def _silenced(line: str) -> set[str]:
    """Return the codes that a line's comment names: `# monitor: ignore MM101, MM202`."""
    asked = _IGNORE.search(line)
    return set(re.findall(r"MM\d{3}", asked[1])) if asked else set()
