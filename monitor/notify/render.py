"""Make the message of an alert: what was found, in which sentences, and by which rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from monitor.model import Entry, Excerpt, Field, Match, Mention, Message, Reason
from monitor.text.fold import tokenize
from monitor.text.plain import one_line, sentence_around, shorten

TITLE_LIMIT = 300
SENTENCE_LIMIT = 300
MOST_EXCERPTS = 3

Span = tuple[int, int]


def render_message(matches: Sequence[Match], *, notes: Mapping[str, str] = MappingProxyType({})) -> Message:
    """Make one message of everything that matched one entry for one channel; `notes` adds to the reasons, by rule.

    Raises:
        ValueError: there are no matches, or they are not all about the same entry.
    """
    if len({match.entry.id for match in matches}) != 1:
        raise ValueError("a message is made of the matches of exactly one entry")
    entry = matches[0].entry
    mentions = [mention for match in matches for mention in match.mentions]
    title, excerpts = _said_once(_title(entry, mentions), _excerpts(entry, mentions))
    ranked = sorted(matches, key=lambda match: -match.rule.priority)  # stable: equals stay in the order of the rules
    return Message(
        title=title,
        url=entry.url,
        feed=entry.feed,
        published=entry.published,
        seen_at=entry.seen_at,
        language=entry.language,
        priority=ranked[0].rule.priority,
        reasons=tuple(_reason(match, notes.get(match.rule.id, "")) for match in ranked),
        excerpts=excerpts,
    )


def _reason(match: Match, note: str) -> Reason:
    found: dict[str, dict[str, str]] = {}
    for mention in match.mentions:
        spelling = " ".join(tokenize(mention.surface).words)  # case, accents and dashes make no other spelling
        found.setdefault(mention.name, {}).setdefault(spelling, mention.surface)
    return Reason(
        rule=match.rule.id,
        title=match.rule.title,
        found=tuple((name, tuple(spellings.values())) for name, spellings in found.items()),
        note=note,
    )


def _title(entry: Entry, mentions: Iterable[Mention]) -> Excerpt:
    if not entry.title.strip():
        stand_in = shorten(one_line(entry.summary or entry.body), TITLE_LIMIT // 3)
        return Excerpt(text=stand_in or "(no title)")
    text = shorten(entry.title, TITLE_LIMIT)
    in_title = ((mention.start, min(mention.end, len(text))) for mention in mentions if mention.field is Field.TITLE)
    return Excerpt(text=text, marks=_join(span for span in in_title if span[0] < span[1]))


def _said_once(title: Excerpt, excerpts: Sequence[Excerpt]) -> tuple[Excerpt, tuple[Excerpt, ...]]:
    """Leave out the sentence that the title says as well, such as the only one of a post; the title has its marks."""
    same = [excerpt for excerpt in excerpts if excerpt.text.rstrip(" .") == title.text.rstrip(" .")]
    marks = ((start, min(end, len(title.text))) for said in (title, *same) for start, end in said.marks)
    joined = _join(mark for mark in marks if mark[0] < mark[1])
    return Excerpt(text=title.text, marks=joined), tuple(excerpt for excerpt in excerpts if excerpt not in same)


@dataclass(slots=True)
class _Sentence:
    text: str  # of the whole field
    start: int
    end: int
    mentions: list[Mention]

    def excerpt(self) -> Excerpt:
        marks = _join((mention.start - self.start, mention.end - self.start) for mention in self.mentions)
        return Excerpt(text=self.text[self.start : self.end].replace("\n", " "), marks=marks)


def _excerpts(entry: Entry, mentions: Sequence[Mention]) -> tuple[Excerpt, ...]:
    """Choose the sentences to show: first those that show a name not shown yet, then the earliest others."""
    sentences = list(_sentences(entry.summary, (mention for mention in mentions if mention.field is Field.SUMMARY)))
    shown = {sentence.excerpt().text for sentence in sentences}
    in_body = _sentences(entry.body, (mention for mention in mentions if mention.field is Field.BODY))
    # a body often begins with the very text of the summary
    sentences += [sentence for sentence in in_body if sentence.excerpt().text not in shown]
    names: set[str] = set()
    telling: list[int] = []
    for number, sentence in enumerate(sentences):
        if not names.issuperset(mention.name for mention in sentence.mentions):
            telling.append(number)
            names.update(mention.name for mention in sentence.mentions)
    others = [number for number in range(len(sentences)) if number not in telling]
    return tuple(sentences[number].excerpt() for number in sorted([*telling, *others][:MOST_EXCERPTS]))


def _sentences(text: str, mentions: Iterable[Mention]) -> Iterable[_Sentence]:
    """Give the sentences with hits in one field, in order; they never overlap."""
    last: _Sentence | None = None
    for mention in sorted(mentions, key=lambda mention: (mention.start, mention.end)):
        if last and mention.start < last.end:
            last.end = max(last.end, mention.end)  # a phrase may reach over what was taken for a sentence's end
            last.mentions.append(mention)
            continue
        start, end = sentence_around(text, mention.start, mention.end, limit=SENTENCE_LIMIT)
        if last:
            start = max(start, last.end)
            yield last
        last = _Sentence(text, start, end, [mention])
    if last:
        yield last


def _join(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sort spans, and make one of those that overlap."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
