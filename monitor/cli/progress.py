"""A progress bar for what takes long, on standard error where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

import click

Item = TypeVar("Item")

SHORT = 500
"""So many items are done before a bar could be read."""


def tracked(items: Iterable[Item], *, length: Callable[[], int], label: str) -> Iterator[Item]:
    """Yield the items, and show how far along they are; `length` is asked only where somebody looks."""
    count = length() if sys.stderr.isatty() else 0
    if count <= SHORT:
        yield from items
        return
    with click.progressbar(items, length=count, label=label, file=sys.stderr) as shown:
        yield from shown


def tracked_rules(rule_ids: Collection[str]) -> Iterator[str]:
    """Yield the ids of rules, and show how far along they are."""
    return tracked(rule_ids, length=lambda: len(rule_ids), label="rules")
