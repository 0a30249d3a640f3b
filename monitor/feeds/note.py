"""Make an entry of a text that came with no feed."""

from __future__ import annotations

from datetime import datetime

from monitor.errors import UserError
from monitor.model import Entry
from monitor.text.plain import clean


def entry_of_text(text: str, now: datetime) -> Entry:
    """Take the first line for the title and the rest for the body.

    Raises:
        UserError: there is nothing in it.
    """
    title, _, body = clean(text).partition("\n")
    if not title:
        raise UserError("there is nothing to try the rule on: the text is empty")
    return Entry(id="0" * 32, keys=(), feed="", title=title, body=body, seen_at=now)
