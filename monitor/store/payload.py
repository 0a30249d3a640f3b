"""Freeze a message as JSON, and thaw it: the outbox holds what was owed when it was decided.

The form is written out here, not derived from the model: rows live longer than programs, and a version that can no
longer be read would be a lost message.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from monitor.errors import StoreError
from monitor.model import Coverage, Digest, Excerpt, Message, Priority, Reason
from monitor.store.columns import storable

VERSION = 2
_READABLE = (1, VERSION)  # 1 knew neither digests nor what replies and edits say


def freeze(message: Message | Digest) -> str:
    """Write a message as JSON text that every engine can hold."""
    form = _digest_form(message) if isinstance(message, Digest) else _message_form(message)
    return storable(json.dumps({"version": VERSION, **form}, ensure_ascii=False))


def thaw(text: str) -> Message | Digest:
    """Read a message back.

    Raises:
        StoreError: a newer version of the program wrote it, or it is damaged.
    """
    try:
        form = json.loads(text)
        if form["version"] in _READABLE:
            return _digest(form) if "items" in form else _message(form)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"a stored message cannot be read: {type(error).__name__}") from error
    raise StoreError(f"a stored message has version {form['version']}, this program knows {VERSION}: update it")


def title_of(text: str) -> str:
    """Return the title of a stored message, or in brackets why it cannot be read."""
    try:
        return thaw(text).title.text
    except StoreError as error:
        return f"({error})"


def _message_form(message: Message) -> dict[str, Any]:
    return {
        "title": _excerpt_form(message.title),
        "url": message.url,
        "feed": message.feed,
        "published": message.published and message.published.isoformat(),
        "seen_at": message.seen_at.isoformat(),
        "language": message.language,
        "priority": int(message.priority),
        "reasons": [
            {"rule": why.rule, "title": why.title, "found": why.found, "note": why.note} for why in message.reasons
        ],
        "excerpts": [_excerpt_form(excerpt) for excerpt in message.excerpts],
        "note": message.note,
        "broadcast": message.broadcast,
        "coverage": message.coverage and _coverage_form(message.coverage),
        **({"breaker": message.breaker} if message.breaker else {}),
        **({"reach": message.reach} if message.reach else {}),
    }


def _message(form: dict[str, Any]) -> Message:
    return Message(
        title=_excerpt(form["title"]),
        url=form["url"],
        feed=form["feed"],
        published=datetime.fromisoformat(form["published"]) if form["published"] else None,
        seen_at=datetime.fromisoformat(form["seen_at"]),
        language=form["language"],
        priority=Priority(form["priority"]),
        reasons=tuple(_reason(reason) for reason in form["reasons"]),
        excerpts=tuple(_excerpt(excerpt) for excerpt in form["excerpts"]),
        note=form.get("note", ""),
        broadcast=form.get("broadcast", False),
        coverage=_coverage(form["coverage"]) if form.get("coverage") else None,
        breaker=form.get("breaker", ""),
        reach=form.get("reach", 0),
    )


def _digest_form(digest: Digest) -> dict[str, Any]:
    return {
        "title": _excerpt_form(digest.title),
        "reason": digest.reason,
        "priority": int(digest.priority),
        "items": [_message_form(item) for item in digest.items],
        "count": digest.count,
    }


def _digest(form: dict[str, Any]) -> Digest:
    return Digest(
        title=_excerpt(form["title"]),
        reason=form["reason"],
        priority=Priority(form["priority"]),
        items=tuple(_message(item) for item in form["items"]),
        count=form["count"],
    )


def _excerpt_form(excerpt: Excerpt) -> dict[str, Any]:
    return {"text": excerpt.text, "marks": excerpt.marks}


def _excerpt(form: dict[str, Any]) -> Excerpt:
    return Excerpt(text=form["text"], marks=tuple((start, end) for start, end in form["marks"]))


def _reason(form: dict[str, Any]) -> Reason:
    found = tuple((name, tuple(spellings)) for name, spellings in form["found"])
    return Reason(rule=form["rule"], title=form["title"], found=found, note=form.get("note", ""))


def _coverage_form(coverage: Coverage) -> dict[str, Any]:
    return {
        "sources": coverage.sources,
        "entries": coverage.entries,
        "first_at": coverage.first_at.isoformat(),
        "last_at": coverage.last_at.isoformat(),
    }


def _coverage(form: dict[str, Any]) -> Coverage:
    return Coverage(
        sources=form["sources"],
        entries=form["entries"],
        first_at=datetime.fromisoformat(form["first_at"]),
        last_at=datetime.fromisoformat(form["last_at"]),
    )
