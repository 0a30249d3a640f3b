"""Lay a message out in Slack's Block Kit.

Text from outside goes into `rich_text` elements and `plain_text` objects only: there is no markup to break out of, no
`<!channel>`, and bold works inside a word of any script, which mrkdwn's asterisks do not. The only mrkdwn is the date
token, made of our own digits.

Limits hold by construction: five blocks; title, sentences, rules and pieces are capped, and a digest takes no more
items than fit, so that the blocks stay under 13,200 characters of JSON whatever the text
(https://github.com/slackapi/bolt-js/issues/2509), each element far below its own limit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from monitor.model import Acknowledged, Coverage, Digest, Excerpt, Message, Parent
from monitor.notify import digests
from monitor.notify.excerpts import Piece, cut, pieces, safe_link, scrub_line
from monitor.notify.slack_text import Block, escape, plain_object
from monitor.notify.wording import (
    counted,
    heading,
    language,
    lead,
    plain_text,
    reason_lines,
    reasons_left_out,
    subject,
)
from monitor.text.hours import local_time

TEXT_LIMIT = 4000  # Slack cuts longer texts
_TITLE_LIMIT = 250
_SENTENCE_LIMIT = 300
_MOST_EXCERPTS = 3
_MOST_MARKS = 6
_LINKS_LIMIT = 2200  # characters of the title's URL, once for each piece of the title

_DIGEST_ROOM = 11_500  # characters of JSON for the items of a digest; its title and reason need the rest
_ITEM_TITLE_LIMIT = 150
_ITEM_LINK_LIMIT = 600  # one item does not take the place of many: longer links are left out
_DATE = "{date_short_pretty} {time}"


def blocks(message: Message | Digest, about: Parent | None = None, *, buttons: Sequence[Block] = ()) -> list[Block]:
    """Make the blocks: priority and title, sentences with the hits in bold, why, how widely reported, and a footer.

    `about` is what a reply belongs to, where no thread shows it; `buttons` are blocks to be pressed.
    """
    if isinstance(message, Digest):
        return [_digest(message)]
    elements = [_section([_text(first, italic=True)])] if (first := lead(message, about)) else []
    elements.append(_section([_label(message.priority.word), _text("  "), *_title(message)]))
    elements += [_quote(excerpt) for excerpt in message.excerpts[:_MOST_EXCERPTS] if excerpt.text.strip()]
    elements.append(_section(_why(message)))
    counter = [_counter(message.coverage, message.zone)] if message.coverage else []
    taken = [_taken(message.acknowledged, message.zone)] if message.acknowledged else []
    return [{"type": "rich_text", "elements": elements}, *counter, _footer(message), *taken, *buttons]


def fallback(message: Message | Digest) -> str:
    """Make the line that notifications and screen readers use."""
    if isinstance(message, Digest):
        return escape(f"{subject(message)} — {digests.reason(message)}")
    note = f" ({first})" if (first := lead(message)) else ""
    return escape(f"{subject(message)} — {scrub_line(message.feed, 100)}{note}")


def plain(message: Message | Digest, about: Parent | None = None) -> str:
    """Make the message without blocks, for the day Slack refuses them."""
    if isinstance(message, Digest):
        return escape(digests.digest_text(message, TEXT_LIMIT))[:TEXT_LIMIT]
    return escape(plain_text(message, about))[:TEXT_LIMIT]


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
    at = _date(message.published or message.seen_at, message.zone)
    elements = [
        plain_object(scrub_line(message.feed, 100)),
        {"type": "mrkdwn", "text": at if message.published else f"seen {at}"},
        plain_object(language(message)),
    ]
    return {"type": "context", "elements": [element for element in elements if element["text"]]}


def _counter(coverage: Coverage, zone: str) -> Block:
    words = f"{counted(coverage)}, first {_date(coverage.first_at, zone)}, last {_date(coverage.last_at, zone)}"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": words}]}


def _taken(acknowledged: Acknowledged, zone: str) -> Block:
    words = plain_object(f"acknowledged by {scrub_line(acknowledged.by, 80) or 'somebody'}")
    return {"type": "context", "elements": [words, {"type": "mrkdwn", "text": _date(acknowledged.at, zone)}]}


def _digest(digest: Digest) -> Block:
    items = digests.fitting(
        digest, lambda item: _item(digest, item), lambda item: len(json.dumps(item, ensure_ascii=False)), _DIGEST_ROOM
    )
    title = _text(heading(digest, _TITLE_LIMIT), bold=True)
    why = [_text(f"\n{words}")] if (words := digests.reason(digest)) else []
    elements = [_section([_label(digest.priority.word), _text("  "), title, *why])]
    elements += [{"type": "rich_text_list", "style": "bullet", "elements": items}] if items else []
    elements += [_section([_text(more)])] if (more := digests.left_out(digest, len(items))) else []
    return {"type": "rich_text", "elements": elements}


def _item(digest: Digest, item: Message) -> Block:
    title, link = Piece(heading(item, _ITEM_TITLE_LIMIT), hit=False), safe_link(item.url)
    told_at = local_time(item.published or item.seen_at, item.zone)  # as the digest's title tells its own
    ends = [_text(f" · {details}")] if (details := digests.details(digest, item)) else []
    shown = _link(link, title) if link and len(link) <= _ITEM_LINK_LIMIT else _text(title.text)
    return _section([shown, _text(f" · {scrub_line(item.feed, 60)} · {told_at}"), *ends])


def _date(moment: datetime, zone: str) -> str:
    """Write a time that Slack shows in each reader's own zone, with that in the channel's for clients that cannot."""
    stamp, plainly = int(moment.timestamp()), local_time(moment, zone)
    return f"<!date^{stamp}^{_DATE}|{plainly}>" if stamp > 0 else plainly  # Slack knows no time before 1970
