"""Write what a mail shows: as plain text, and as a page that fetches nothing, in light and in dark.

Colours stand in the elements, for programs that drop what stands in the head; the head has those of the dark scheme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.model import Digest, Excerpt, Message, Priority
from monitor.notify import digests
from monitor.notify.excerpts import Piece, cut, pieces, safe_link, scrub_line
from monitor.notify.wording import (
    MOST_REASONS,
    coverage_line,
    found_items,
    heading,
    lead,
    origin,
    plain_text,
    reason_lines,
    reasons_left_out,
    rule_title,
    subject,
)

ROOM = 80_000  # bytes of a digest's cards: Gmail cuts a page off at 102 kB
_CARD_MARKUP = 1_200  # bytes
_PREVIEW = 140  # characters beside the subject
_INDENT = "   "
_EXCERPT = 300


def text(message: Message | Digest, *, leave: str = "") -> str:
    """Write a message without any markup; `leave` is the link to leave by."""
    written = _digest_text(message) if isinstance(message, Digest) else plain_text(message)
    return written + (f"\n\nUnsubscribe: {leave}" if leave else "") + "\n"


def html(message: Message | Digest, *, leave: str = "") -> str:
    """Lay a message out as HTML; `leave` is the link to leave by."""
    about = {"priority": message.priority.word, "subject": subject(message), "leave": leave}
    if isinstance(message, Digest):
        return _templates.get_template("email_digest.html.j2").render(about | _digest(message))
    return _templates.get_template("email.html.j2").render(about | _alert(message))


# -- plain text --------------------------------------------------------------------------------------------------------


def _digest_text(digest: Digest) -> str:
    lines = [subject(digest, 300), digests.reason(digest)]
    for number, item in enumerate(digest.items[: digests.MOST_ITEMS], 1):
        lines += ["", *_item_text(digest, item, number)]
    left_out = digests.left_out(digest, min(len(digest.items), digests.MOST_ITEMS))
    return "\n".join([*lines, *(["", left_out] if left_out else [])])


def _item_text(digest: Digest, item: Message, number: int) -> list[str]:
    same = item.priority is digest.priority
    lines = [heading(item, 200) if same else f"[{item.priority.word}] {heading(item, 200)}"]
    lines.append(lead(item))
    lines += [_starred(excerpt) for excerpt in item.excerpts[:1]]
    lines += [f"Why: {title}" + (f": {what}" if what else "") for title, what in reason_lines(item)]
    lines.append(f"From: {origin(item)}")
    lines += [f"So far: {so_far}"] if (so_far := coverage_line(item)) else []
    lines += [link] if (link := safe_link(item.url)) else []
    first, *others = (line for line in lines if line)
    return [f"{number}. {first}", *(_INDENT + line for line in others)]


def _starred(excerpt: Excerpt) -> str:
    return "".join(f"*{piece.text}*" if piece.hit else piece.text for piece in _shown(excerpt, _EXCERPT))


# -- HTML --------------------------------------------------------------------------------------------------------------


def _alert(message: Message) -> dict[str, Any]:
    excerpts = [_shown(excerpt, 600) for excerpt in message.excerpts]
    said = " ".join(piece.text for excerpt in excerpts for piece in excerpt) or origin(message)
    return {
        "story": _story(message, title_limit=300) | {"excerpts": excerpts, "lead": lead(message)},
        "preview": scrub_line(said, _PREVIEW),
        "language": _language(message),
    }


def _digest(digest: Digest) -> dict[str, Any]:
    stories = digests.fitting(digest, _digest_story, _weight, ROOM)
    titles = "; ".join(heading(item, 60) for item in digest.items[:3])
    return {
        "title": heading(digest, 300),
        "preview": scrub_line(titles, _PREVIEW),
        "reason": digests.reason(digest),
        "stories": stories,
        "left_out": digests.left_out(digest, len(stories)),
        "language": "",
    }


def _digest_story(item: Message) -> dict[str, Any]:
    shown = [_shown(excerpt, _EXCERPT) for excerpt in item.excerpts[:1]]
    label = "" if item.priority is Priority.NORMAL else f"{item.priority.word} priority"
    return _story(item, title_limit=200) | {"excerpts": shown, "lead": lead(item), "label": label}


def _story(message: Message, *, title_limit: int) -> dict[str, Any]:
    return {
        "title": _shown(message.title, title_limit) or [Piece(heading(message, title_limit), hit=False)],
        "link": safe_link(message.url),
        "priority": message.priority.word,
        "reasons": [(rule_title(reason), found_items(reason)) for reason in message.reasons[:MOST_REASONS]],
        "reasons_left_out": reasons_left_out(message),
        "origin": origin(message),
        "coverage": coverage_line(message),
        "language": _language(message),
    }


def _weight(story: Mapping[str, Any]) -> int:
    """Estimate the bytes of a card."""
    return _CARD_MARKUP + len(repr(story).encode("utf-8", "replace"))


def _language(message: Message) -> str:
    """Return a tag that may stand in an attribute, or ""."""
    return message.language if re.fullmatch(r"[A-Za-z0-9-]{2,20}", message.language) else ""


def _shown(excerpt: Excerpt, limit: int) -> list[Piece]:
    return pieces(cut(excerpt, limit=limit, marks=30)) if excerpt.text.strip() else []


def _environment() -> Environment:
    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    return Environment(loader=PackageLoader("monitor.notify", "."), autoescape=True, **options)


_templates = _environment()
