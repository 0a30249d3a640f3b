"""Mappings over definitions that make what they hold when it is asked for: a million compiled rules would not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, final

from monitor.rules.tree import Definition

Value = TypeVar("Value")


@final
class Derived(Mapping[str, Value]):
    """By rule id, in the order of the files, what a function makes of the rule's definition."""

    __slots__ = ("_definitions", "_made", "_make", "_most")

    def __init__(
        self, definitions: Mapping[str, Definition], make: Callable[[Definition], Value], *, remember: int = 0
    ) -> None:
        """Remember at most so many values, which any thread may fill; another one made meanwhile says the same."""
        self._definitions = definitions
        self._make = make
        self._made: dict[str, Value] = {}
        self._most = remember

    def __getitem__(self, rule_id: str) -> Value:
        made = self._made.get(rule_id)
        if made is None:
            made = self._make(self._definitions[rule_id])
            if len(self._made) >= self._most:
                self._made.clear()
            if self._most:
                self._made[rule_id] = made
        return made

    def forget(self) -> None:
        """Let go of what was made; it is made anew when it is asked for."""
        self._made.clear()

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._definitions

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)
