"""What all destinations show of a digest: its first items, as many as fit, and how many are left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from monitor.model import Digest, Message
from monitor.notify.excerpts import safe_link, scrub_line
from monitor.notify.wording import counted, heading, origin, rule_title, subject

MOST_ITEMS = 50
_MOST_RULES = 4
_TITLE_LIMIT = 200
_REASON_LIMIT = 300
_NOTE_LIMIT = 300

T = TypeVar("T")


def fitting(digest: Digest, make: Callable[[Message], T], size: Callable[[T], int], room: int) -> list[T]:
    """Make the first items of a digest, until the next one would not fit into `room`; at most 50."""
    made: list[T] = []
    for item in digest.items[:MOST_ITEMS]:
        each = make(item)
        room -= size(each)
        if room < 0:
            break
        made.append(each)
    return made


def left_out(digest: Digest, shown: int) -> str:
    """Say how many alerts are not shown: "and 120 more", or ""."""
    return f"and {digest.count - shown} more" if digest.count > shown else ""


def reason(digest: Digest) -> str:
    """Say on one line why the alerts are told together."""
    return scrub_line(digest.reason, _REASON_LIMIT)


def rules_of(digest: Digest, item: Message) -> str:
    """Name an item's rules, "" where all items have the same."""
    if len({tuple(sorted(why.rule for why in each.reasons)) for each in digest.items}) <= 1:
        return ""
    more = ", …" if len(item.reasons) > _MOST_RULES else ""
    return scrub_line(", ".join(rule_title(why) for why in item.reasons[:_MOST_RULES]), _TITLE_LIMIT) + more


def details(digest: Digest, item: Message) -> str:
    """Say by which rules an item is told, how widely it is reported, and what came while it waited; "" = nothing."""
    spread = counted(item.coverage) if item.coverage else ""
    return " · ".join(part for part in (rules_of(digest, item), spread, scrub_line(item.note, _NOTE_LIMIT)) if part)


def digest_text(digest: Digest, room: int = 100_000) -> str:
    """Write a digest without any markup, in about `room` characters at most."""
    _, *lines = digest_lines(digest, room)
    return "\n".join([subject(digest, 300), *lines])


def digest_lines(digest: Digest, room: int = 100_000) -> list[str]:
    """Write a digest line by line: title, reason, and three lines an item."""
    head = [heading(digest, 300), reason(digest)]
    items = fitting(digest, lambda item: _item_lines(digest, item), _size, room - _size(head))
    more = left_out(digest, len(items))
    return [*head, *(line for item in items for line in item), *(["", more] if more else [])]


def _item_lines(digest: Digest, item: Message) -> list[str]:
    where = " · ".join(part for part in (origin(item), details(digest, item)) if part)
    lines = ["", heading(item, _TITLE_LIMIT), where]
    return [*lines, link] if (link := safe_link(item.url)) else lines


def _size(lines: list[str]) -> int:
    return sum(len(line) + 1 for line in lines)
