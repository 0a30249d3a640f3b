"""Text as Slack takes it."""

from __future__ import annotations

from typing import Any

from monitor.notify.excerpts import scrub_line

Block = dict[str, Any]

LABEL_LIMIT = 60  # of a button and of an option, as Slack gets it, escaped; it takes 75


def escape(text: str) -> str:
    """Replace the three characters that mean something to Slack in any text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_object(text: str) -> Block:
    """Make a text object that knows no markup."""
    return {"type": "plain_text", "text": escape(text), "emoji": False}


def label(text: str) -> Block:
    """Make the label of a button or of an option, cut to what Slack takes."""
    limit = LABEL_LIMIT
    while len(escape(shown := scrub_line(text, limit))) > LABEL_LIMIT:
        limit -= 5
    return plain_object(shown)
