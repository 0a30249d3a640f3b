"""What has changed in an entry that was known: its words, and the numbers in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.model import Entry
from monitor.text.essence import essential_words
from monitor.text.plain import one_line, shorten

_MOST_SHOWN = 8  # words
_TITLE_LIMIT = 120
_WORD_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference between two versions of an entry beyond noise, and the rules for which it matters."""

    before: Entry
    appeared: tuple[str, ...]  # folded words, in the order of the text
    gone: tuple[str, ...]
    numbers: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # of title and summary that are gone, and that appeared
    new_rules: frozenset[str] = frozenset()  # that match now and did not before

    @property
    def summary(self) -> str:
        """One line: what is told of the difference."""
        gone, appeared = self.numbers
        if gone and appeared:
            return f"update: {_shown(gone)} → {_shown(appeared)}"
        said = [f"{word}: {_shown(words)}" for word, words in (("new", self.appeared), ("gone", self.gone)) if words]
        return f"update: {'; '.join(said) or 'the order of its words'}"


def change_of(before: Entry, after: Entry, *, bodies: bool = True) -> Change | None:
    """Return what has changed in an entry; None = nothing but case, punctuation, time stamps, counters.

    Without `bodies`, titles and summaries are compared: one body is an article's, and the other is what the feed gives.
    """
    old, new = _words(before, body=bodies), _words(after, body=bodies)
    if old == new:
        return None
    facts = [Counter(word for word in _words(entry, body=False) if word.isnumeric()) for entry in (before, after)]
    return Change(
        before=before,
        appeared=_only(new, set(old)),
        gone=_only(old, set(new)),
        numbers=(tuple(facts[0] - facts[1]), tuple(facts[1] - facts[0])),
    )


def told_of_difference(before: Entry | None, after: Entry, *, corrects: bool) -> str:
    """Say in a few words what a report says that differs from an earlier one: `update: 10 → 50`, or of what it is one.

    `before`: None = it is no longer stored.
    """
    word = "correction" if corrects else "update"
    if before is None:
        return word
    titles, texts = ([_numbers(text) for text in each] for each in ((before.title, after.title), _told(before, after)))
    gone, appeared = _only(titles[0], titles[1]), _only(titles[1], titles[0])
    if not (gone and appeared):
        gone, appeared = _only(texts[0], texts[1]), _only(texts[1], texts[0])
    if gone and appeared:
        return f"{word}: {_shown(gone)} → {_shown(appeared)}"
    return f"{word} of “{shorten(one_line(before.title), _TITLE_LIMIT)}”"


def _told(*entries: Entry) -> tuple[str, ...]:
    return tuple(f"{entry.title}\n{entry.summary}" for entry in entries)


def _numbers(text: str) -> list[str]:
    return [word for word in essential_words(text) if word.isnumeric()]


def describe(change: Change, after: Entry) -> str:
    """Put a change into one line for the ledger, with both titles where they differ."""
    titles = [shorten(one_line(entry.title), _TITLE_LIMIT) for entry in (change.before, after)]
    renamed = f"; title: “{titles[0]}” → “{titles[1]}”" if titles[0] != titles[1] else ""
    return change.summary + renamed


def _words(entry: Entry, *, body: bool = True) -> list[str]:
    text = f"{entry.summary}\n{entry.body}" if body else entry.summary
    return [*essential_words(entry.title, headline=True), *essential_words(text)]


def _only(words: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word not in others))


def _shown(words: Collection[str]) -> str:
    more = len(words) - _MOST_SHOWN
    first = (shorten(word, _WORD_LIMIT) for word in islice(words, _MOST_SHOWN))
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
