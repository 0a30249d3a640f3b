"""Which entries of a page are known, which are new: an entry has several keys, and publishers break each of them.

Guids change with the session, links with the campaign, titles with the reader; a guid is used again for the next
article, a column has one title every day. So a kind of key counts only where it tells the entries of a page apart, and
an entry is known by any that counts. Dates decide nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice

from monitor.feeds.canonical import canonical_url
from monitor.feeds.identity import entry_id
from monitor.model import Entry, Feed, FeedNotes, Identity, Memory, ParsedFeed, StoredEntry
from monitor.text.essence import essential_words

TITLE_MEMORY = timedelta(days=7)  # so long a title, or a text that has an address, stands for an entry
COMMON = 0.95  # of a page's entries must have a kind of key, each its own, for the kind to count
ALIKE = 0.5  # of the words of the shorter of two texts stand in the other one too: they may be one article
MOST_SUSPECTS = 200  # entries of one page that are compared with what is stored
_ADDRESSES = (Identity.GUID, Identity.LINK)
_TEXTS = (Identity.TITLE, Identity.CONTENT)

Keys = Mapping[Identity, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """One entry of a page."""

    entry: Entry  # a known one has the id under which it is stored, where that was looked up
    known: bool
    stored: StoredEntry | None = None  # of a known one whose content is new: what the store has of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A page's entries, the oldest first, and what is to be remembered of them."""

    entries: tuple[Recognised, ...]
    keys: tuple[bytes, ...]  # new, or not seen today
    detected: tuple[str, ...]  # kinds of keys that tell this feed's entries apart: for `FeedNotes.identity`


def keys_by_kind(entry: Entry) -> list[tuple[Identity, bytes]]:
    """Return the keys of an entry with their kinds."""
    return list(zip(entry.key_kinds or (Identity.GUID,) * len(entry.keys), entry.keys, strict=True))


def page_size(parsed: ParsedFeed) -> int:
    """Return how many entries stand on a page, those too that were not parsed because they had not changed."""
    return max(len(parsed.blocks) // 8, len(parsed.entries))


def suspects(parsed: ParsedFeed, memory: Memory) -> tuple[Entry, ...]:
    """Return the entries that the store must tell more of: some key is known, and the content is not."""
    found = (
        entry
        for entry in parsed.entries
        if any(key in memory.known for key in entry.keys) and not _reads_as_before(entry, memory.known)
    )
    return tuple(islice(found, MOST_SUSPECTS))


def stored_ids(feed: Feed, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the ids under which entries may be stored: one for each of their keys."""
    return tuple(dict.fromkeys(entry_id(feed.url, key) for entry in entries for key in entry.keys))


def recognise(feed: Feed, notes: FeedNotes, parsed: ParsedFeed, memory: Memory, now: datetime) -> Recognition:
    """Tell the known entries of a page from the new ones."""
    page = _Page(feed=feed, parsed=parsed, memory=memory, now=now, learnt=bool(notes.identity))
    page.detected = page.detect(notes)
    page.titles_decide = page.was_rekeyed()
    entries = tuple(page.place(entry) for entry in _oldest_first(parsed.entries))
    return Recognition(
        entries=entries,
        keys=tuple(page.seen_anew),
        detected=tuple(kind for kind in Identity if kind in page.detected),
    )


@dataclass(slots=True, kw_only=True)
class _Page:
    """A page in the making: it grows by one entry at a time, so entries see each other."""

    feed: Feed
    parsed: ParsedFeed
    memory: Memory
    now: datetime
    learnt: bool  # all kinds of keys of this feed's entries have been remembered
    detected: Collection[Identity] = ()
    titles_decide: bool = False
    ambiguous: frozenset[bytes] = field(init=False)
    known: dict[bytes, date] = field(init=False)
    seen_anew: dict[bytes, None] = field(default_factory=dict)
    stored_by_id: dict[str, StoredEntry] = field(init=False)
    stored_by_link: dict[str, StoredEntry] = field(init=False)

    def __post_init__(self) -> None:
        self.ambiguous = _ambiguous(self.parsed.entries)
        self.known = dict(self.memory.known)
        self.stored_by_id = {item.entry.id: item for item in self.memory.stored}
        self.stored_by_link = {item.entry.canonical_url: item for item in self.memory.stored}

    # -- what counts on this page --------------------------------------------------------------------------------------

    @property
    def counting(self) -> Collection[Identity]:
        """The kinds of keys that count: as the feed's options say, else as they were detected."""
        return self.detected if self.feed.identity is Identity.AUTO else (self.feed.identity,)

    def detect(self, notes: FeedNotes) -> tuple[Identity, ...]:
        """Say which kinds of keys tell this feed's entries apart: a whole page shows it, others rely on the last."""
        noted = tuple(kind for kind in Identity if kind in notes.identity)
        if not self.parsed.entries or (noted and not self.parsed.whole):
            return noted
        named = [dict(keys_by_kind(entry)) for entry in self.parsed.entries]
        kinds = [kind for kind in (*_ADDRESSES, Identity.TITLE) if self._tells_apart(kind, named)]
        return (*(kind for kind in kinds if not self._changes(kind, named)), Identity.CONTENT)

    def _tells_apart(self, kind: Identity, named: Sequence[Keys]) -> bool:
        own = {keys[kind] for keys in named if kind in keys} - self.ambiguous
        return bool(own) and len(own) >= COMMON * len(named)

    def _changes(self, kind: Identity, named: Sequence[Keys]) -> bool:
        """Say whether an address is another one in each poll: entries known by something else show it."""
        if kind not in _ADDRESSES or not self.learnt:
            return False
        returning = [keys for keys in named if any(key in self.known for key in keys.values())]
        lasting = sum(keys.get(kind) in self.known for keys in returning)
        return len(returning) > 1 and 2 * lasting < len(returning)

    def was_rekeyed(self) -> bool:
        """Say whether the page shows known entries at new addresses: then titles decide, whatever their age.

        Most of the page must have no known address, and of those most a known title.
        """
        named = [self._decisive(entry) for entry in self.parsed.entries]
        lost = [keys for keys in named if _has_address(keys) and not self._has_known(keys, _ADDRESSES)]
        titled = sum(self._has_known(keys, (Identity.TITLE,)) for keys in lost)
        return len(lost) > 1 and 2 * len(lost) >= page_size(self.parsed) and 2 * titled >= len(lost)

    def _has_known(self, keys: Keys, kinds: Iterable[Identity]) -> bool:
        return any(keys.get(kind) in self.known for kind in kinds)

    # -- one entry -----------------------------------------------------------------------------------------------------

    def place(self, entry: Entry) -> Recognised:
        """Decide one entry, and remember its keys for those that follow."""
        stored = self._stored(entry)
        known = self._is_known(entry, stored)
        if not known:
            link = dict(keys_by_kind(entry)).get(Identity.LINK)
            url = "" if link in self.known else entry.canonical_url  # it leads to another article, whose story it names
            entry, stored = replace(entry, id=self._new_id(entry), canonical_url=url), None
        elif stored is not None:
            entry = replace(entry, id=stored.entry.id)
        changed = known and not _reads_as_before(entry, self.known)
        self._remember(entry)
        return Recognised(entry=entry, known=known, stored=stored if changed else None)

    def _decisive(self, entry: Entry) -> Keys:
        """Return the keys of an entry that may decide; where it has none of the kinds that count, all of them."""
        keys = {kind: key for kind, key in keys_by_kind(entry) if key not in self.ambiguous}
        counting = {kind: key for kind, key in keys.items() if kind in self.counting}
        if self.feed.identity is not Identity.AUTO:
            return counting or keys
        if set(counting) - {Identity.CONTENT}:
            return counting
        if Identity.CONTENT in counting and not _has_address(keys):
            return counting  # titles of this feed repeat, as a ticker's do: its texts are all that there is
        return keys

    def _is_known(self, entry: Entry, stored: StoredEntry | None) -> bool:
        keys = self._decisive(entry)
        if set(keys) == {self.feed.identity}:
            return any(key in self.known for kind, key in keys_by_kind(entry) if kind in keys)
        if keys.get(Identity.LINK) in self.known:
            return not self._is_taken_over(keys, entry, stored)
        if keys.get(Identity.GUID) in self.known:
            return not self._is_reused(keys, entry, stored)
        by_text = not _has_address(keys)
        texts = [key for kind, key in keys_by_kind(entry) if kind is Identity.CONTENT and key not in self.ambiguous]
        if any(key in self.known and (by_text or self._is_recent(key)) for key in texts):
            return True
        title = keys.get(Identity.TITLE)
        if title is None or title not in self.known:
            return False
        return self.titles_decide or (by_text and self._is_recent(title))

    def _is_recent(self, key: bytes) -> bool:
        return self.now.date() - self.known[key] <= TITLE_MEMORY

    def _is_reused(self, keys: Keys, entry: Entry, stored: StoredEntry | None) -> bool:
        """Say whether a known guid stands for another article now: with another link, another title, another text."""
        if Identity.LINK not in keys or any(
            key in self.known for kind, key in keys_by_kind(entry) if kind is not Identity.GUID
        ):
            return False
        if stored is None:  # forgotten; if only its guid was remembered then, nothing can be said
            return self.learnt
        return stored.entry.canonical_url != entry.canonical_url and not _alike(stored.entry, entry)

    def _is_taken_over(self, keys: Keys, entry: Entry, stored: StoredEntry | None) -> bool:
        """Say whether a known link leads to another article now: with another guid, another title, another text.

        A guid that is the link, with a number behind it or a session, says no more than the link does.
        """
        named = Identity.GUID in keys and canonical_url(entry.guid) != entry.canonical_url
        if not named or stored is None or stored.entry.guid == entry.guid:
            return False
        new = all(key not in self.known for kind, key in keys_by_kind(entry) if kind is not Identity.LINK)
        return new and max(_overlaps(stored.entry, entry)) < ALIKE

    def _stored(self, entry: Entry) -> StoredEntry | None:
        ids = [entry_id(self.feed.url, key) for key in entry.keys]
        found = [self.stored_by_id[each] for each in ids if each in self.stored_by_id]
        by_guid = next((each for each in found if entry.guid and each.entry.guid == entry.guid), None)
        by_link = self.stored_by_link.get(entry.canonical_url) if entry.canonical_url else None
        return by_guid or by_link or next(iter(found), None)

    def _new_id(self, entry: Entry) -> str:
        """Return an id that no stored entry has: made of the first key that is new, of those that count if one is."""
        counting = [key for kind, key in keys_by_kind(entry) if kind in self.counting]
        new = [key for key in (*counting, *entry.keys) if key not in self.known]
        return entry_id(self.feed.url, next(iter(new), entry.keys[0]))

    def _remember(self, entry: Entry) -> None:
        """Remember the keys of an entry, but no addresses that change: they would fill the store with every poll."""
        today = self.now.date()
        decisive = set(self._decisive(entry).values())
        for kind, key in keys_by_kind(entry):
            if key in decisive or (kind in (*self.detected, *_TEXTS) and key not in self.ambiguous):
                if self.known.get(key) != today:
                    self.seen_anew[key] = None
                self.known[key] = today


def _has_address(keys: Keys) -> bool:
    return any(kind in keys for kind in _ADDRESSES)


def _reads_as_before(entry: Entry, known: Collection[bytes]) -> bool:
    """Say whether the content of an entry is known, or the title of one without a text."""
    keys = keys_by_kind(entry)
    content = [key for kind, key in keys if kind is Identity.CONTENT]
    return any(key in known for key in content or [key for kind, key in keys if kind is Identity.TITLE])


def _ambiguous(entries: Sequence[Entry]) -> frozenset[bytes]:
    """Return the links that entries of several titles share on one page, and the texts of several links."""
    sharing: defaultdict[bytes, list[Entry]] = defaultdict(list)
    links: set[bytes] = set()
    for entry in entries:
        for kind, key in keys_by_kind(entry):
            sharing[key].append(entry)
            if kind is Identity.LINK:
                links.add(key)
    return frozenset(
        key
        for key, found in sharing.items()
        if len(found) > 1 and len({_headline(entry) if key in links else _address(entry) for entry in found}) > 1
    )


def _headline(entry: Entry) -> str:
    return " ".join(_title_words(entry))


def _address(entry: Entry) -> str:
    return entry.canonical_url or entry.guid


def _alike(one: Entry, other: Entry) -> bool:
    """Say whether two entries may be one article under two headlines: most words agree, and the titles' numbers."""
    numbers = [Counter(filter(str.isnumeric, _title_words(entry))) for entry in (one, other)]
    return numbers[0] == numbers[1] and min(_overlaps(one, other)) >= ALIKE


def _overlaps(one: Entry, other: Entry) -> tuple[float, float]:
    """Return how much the titles of two entries have in common, and how much all that they say."""
    texts = [essential_words(f"{entry.title}\n{entry.summary or entry.body}") for entry in (one, other)]
    return _overlap(_title_words(one), _title_words(other)), _overlap(*texts)


def _title_words(entry: Entry) -> list[str]:
    return essential_words(entry.title, headline=True)


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    shorter = min(len(set(one)), len(set(other)))
    return len({*one} & {*other}) / shorter if shorter else 0.0


def _oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Put entries in the order of their dates; those without one stay where they stood, feeds give the newest first."""
    upwards = entries[::-1]
    return sorted(upwards, key=lambda entry: entry.published or entry.seen_at)
