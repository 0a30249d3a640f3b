"""Lay a message out in Slack's Block Kit.

Text from outside goes into `rich_text` elements and `plain_text` objects only: there is no markup to break out of, no
`<!channel>`, and bold works inside a word of any script, which mrkdwn's asterisks do not. The only mrkdwn is the date
token, made of our own digits.

Limits hold by construction: two blocks; title, sentences, rules and pieces are capped so that the blocks stay under
13,200 characters of JSON whatever the text (https://github.com/slackapi/bolt-js/issues/2509), each element far below
its own limit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.model import Excerpt, Message
from monitor.notify.excerpts import Piece, cut, pieces, safe_link, scrub_line
from monitor.notify.wording import (
    heading,
    language,
    plain_text,
    reason_lines,
    reasons_left_out,
    subject,
    when,
)

TEXT_LIMIT = 4000  # Slack cuts longer texts
_TITLE_LIMIT = 250
_SENTENCE_LIMIT = 350
_MOST_EXCERPTS = 3
_MOST_MARKS = 8
_LINKS_LIMIT = 2500  # characters of the title's URL, once for each piece of the title

Block = dict[str, Any]


def blocks(message: Message) -> list[Block]:
    """Make the blocks: priority and title, sentences with the hits in bold, why, and a footer."""
    elements = [_section([_label(message.priority.word), _text("  "), *_title(message)])]
    elements += [_quote(excerpt) for excerpt in message.excerpts[:_MOST_EXCERPTS] if excerpt.text.strip()]
    elements.append(_section(_why(message)))
    return [{"type": "rich_text", "elements": elements}, _footer(message)]


def fallback(message: Message) -> str:
    """Make the line that notifications and screen readers use."""
    return escape(f"{subject(message)} — {scrub_line(message.feed, 100)}")


def plain(message: Message) -> str:
    """Make the message without blocks, for the day Slack refuses them."""
    return escape(plain_text(message))[:TEXT_LIMIT]


def escape(text: str) -> str:
    """Replace the three characters that mean something to Slack in any text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _title(message: Message) -> list[Block]:
    title = cut(message.title, limit=_TITLE_LIMIT, marks=_MOST_MARKS)
    link = safe_link(message.url)
    parts = pieces(title)
    if not title.text.strip() or len(parts) * len(link) > _LINKS_LIMIT:
        parts = [Piece(heading(message, _TITLE_LIMIT), hit=False)]
    return [_link(link, part) if link else _text(part.text, bold=part.hit) for part in parts]


def _why(message: Message) -> list[Block]:
    lines: list[Block] = []
    for number, (title, what) in enumerate(reason_lines(message)):
        lines += [_text("\nWhy: " if number else "Why: "), _text(title, italic=True)]
        lines += [_text(f": {what}")] if what else []
    left_out = reasons_left_out(message)
    return [*lines, _text(f"\n{left_out}")] if left_out else lines


def _quote(excerpt: Excerpt) -> Block:
    shown = pieces(cut(excerpt, limit=_SENTENCE_LIMIT, marks=_MOST_MARKS))
    return {"type": "rich_text_quote", "elements": [_text(part.text, bold=part.hit) for part in shown]}


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _text(text: str, *, bold: bool = False, italic: bool = False) -> Block:
    style = {name: True for name, on in (("bold", bold), ("italic", italic)) if on}
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _label(text: str) -> Block:
    return {"type": "text", "text": text, "style": {"bold": True, "code": True}}


def _link(url: str, part: Piece) -> Block:
    return {"type": "link", "url": url, "text": part.text, **({"style": {"bold": True}} if part.hit else {})}


def _footer(message: Message) -> Block:
    elements = [
        _plain(scrub_line(message.feed, 100)),
        {"type": "mrkdwn", "text": _date(message.published) if message.published else f"seen {_date(message.seen_at)}"},
        _plain(language(message)),
    ]
    return {"type": "context", "elements": [element for element in elements if element["text"]]}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": escape(text), "emoji": False}


def _date(moment: datetime) -> str:
    """Write a time that Slack shows in each reader's own zone, with one for clients that cannot."""
    stamp = int(moment.timestamp())
    if stamp <= 0:  # Slack knows no time before 1970
        return when(moment)
    return f"<!date^{stamp}^{{date_short_pretty}} {{time}}|{when(moment)}>"
