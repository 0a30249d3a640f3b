"""The words that all destinations share: the same alert reads the same everywhere."""

from __future__ import annotations

from monitor.model import Coverage, Digest, Message, Parent, Priority, Reason
from monitor.notify.excerpts import cut, pieces, safe_link, scrub_line
from monitor.text.fold import tokenize
from monitor.text.hours import local_time

MOST_REASONS = 4
_MOST_NAMES = 8
_MOST_SPELLINGS = 5
_NAME_LIMIT = 60
_NOTE_LIMIT = 400
_FOUND_LIMIT = 236


def origin(message: Message) -> str:
    """Say where and when: `guardian · 2015-09-18 14:02 UTC · en`."""
    at = local_time(message.published or message.seen_at, message.zone)
    moment = at if message.published else f"seen {at}"
    parts = (scrub_line(message.feed, 100), moment, language(message))
    return " · ".join(part for part in parts if part)


def language(message: Message) -> str:
    """Return the language tag, short enough for a footer."""
    return scrub_line(message.language, 20)


def lead(message: Message, about: Parent | None = None) -> str:
    """Return the line that a reply begins with: `new rule: Sergei Shoygu`; "" for what is no reply.

    Where no thread shows what it is about, the line does: `About “Carter calls Shoygu”: new rule: Sergei Shoygu`.
    """
    note = scrub_line(message.note, 200)
    return f"About “{heading(about.message, 100)}”: {note or 'more'}" if about else note


def counted(coverage: Coverage) -> str:
    """Say how widely a story is reported: `4 sources, 7 entries`."""
    sources = f"{coverage.sources} source{'' if coverage.sources == 1 else 's'}"
    return f"{sources}, {coverage.entries} {'entry' if coverage.entries == 1 else 'entries'}"


def coverage_line(message: Message) -> str:
    """Say that, and from when to when: `4 sources, 7 entries, first 2015-09-18 14:02 UTC, last 2015-09-18 19:42 UTC`.

    "" where there is one report so far.
    """
    coverage = message.coverage
    if coverage is None:
        return ""
    first, last = (local_time(moment, message.zone) for moment in (coverage.first_at, coverage.last_at))
    return f"{counted(coverage)}, first {first}, last {last}"


def acknowledged_line(message: Message) -> str:
    """Say who takes care of it, and since when: `@anna, 2015-09-18 14:02 UTC`; "" = nobody does."""
    taken = message.acknowledged
    return f"{scrub_line(taken.by, 80) or 'somebody'}, {local_time(taken.at, message.zone)}" if taken else ""


def heading(message: Message | Digest, limit: int) -> str:
    """Return the title on one line, never empty."""
    return scrub_line(message.title.text, limit) or "(no title)"


def rule_title(reason: Reason) -> str:
    """Return the rule's title, or its id where it has none; never empty."""
    return scrub_line(reason.title, 120) or scrub_line(reason.rule, 120) or "(a rule without a name)"


def found(reason: Reason) -> str:
    """Say what a rule found: `shoygu → Шойгу, Shoigu; talks`. A term that stands as it is written stands once."""
    return "; ".join(found_items(reason))


def found_items(reason: Reason) -> list[str]:
    """Say what a rule found, item by item, in at most 240 characters: `shoygu → Шойгу, Shoigu` and `talks`."""
    names = [_name(name, spellings) for name, spellings in reason.found[:_MOST_NAMES]]
    more = len(reason.found) - len(names)
    items: list[str] = []
    room = _FOUND_LIMIT
    for name in [*names, *([f"and {more} more"] if more > 0 else [])]:
        if room < _NAME_LIMIT // 2:
            return [*items, "…"]
        items.append(scrub_line(name, room))
        room -= len(items[-1]) + len("; ")
    return items


def _name(name: str, spellings: tuple[str, ...]) -> str:
    shown = [scrub_line(spelling, _NAME_LIMIT) for spelling in spellings[:_MOST_SPELLINGS]]
    title = scrub_line(name, _NAME_LIMIT)
    as_written = not title.endswith("*") and [tokenize(spelling).words for spelling in shown] == [tokenize(title).words]
    if as_written or not shown:
        return title
    return f"{title} → {', '.join(shown)}" + (", …" if len(spellings) > len(shown) else "")


def reason_lines(message: Message) -> list[tuple[str, str]]:
    """Give (rule title, what it found and what made that worth telling) for each rule shown."""
    return [(rule_title(reason), _what(reason)) for reason in message.reasons[:MOST_REASONS]]


def _what(reason: Reason) -> str:
    return "; ".join(part for part in (found(reason), scrub_line(reason.note, _NOTE_LIMIT)) if part)


def reasons_left_out(message: Message) -> str:
    """Say how many rules are not shown: "and 2 more rules", or ""."""
    more = len(message.reasons) - MOST_REASONS
    return f"and {more} more rule{'s' if more > 1 else ''}" if more > 0 else ""


def subject(message: Message | Digest, limit: int = 150) -> str:
    """Return one line that stands for the message: `[high] Carter calls Shoygu`, or the title at normal priority."""
    title = heading(message, limit)
    return title if message.priority is Priority.NORMAL else f"[{message.priority.word}] {title}"


def plain_text(message: Message, about: Parent | None = None) -> str:
    """Write the whole message without any markup; hits stand between asterisks."""
    lines = [first] if (first := lead(message, about)) else []
    lines.append(subject(message, 300))
    for excerpt in message.excerpts:
        marked = (f"*{piece.text}*" if piece.hit else piece.text for piece in pieces(cut(excerpt, limit=600, marks=30)))
        lines += ["", "".join(marked)]
    lines.append("")
    lines += [f"Why: {title}" + (f": {what}" if what else "") for title, what in reason_lines(message)]
    lines += [left_out] if (left_out := reasons_left_out(message)) else []
    lines.append(f"From: {origin(message)}")
    lines += [f"Acknowledged: {taken}"] if (taken := acknowledged_line(message)) else []
    lines += [f"So far: {so_far}"] if (so_far := coverage_line(message)) else []
    lines += [link] if (link := safe_link(message.url)) else []
    return "\n".join(lines)
