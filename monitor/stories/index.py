"""The story index: which of the window's stories an entry tells, and why.

It is made of texts, not of entries: copies of one text share one, so a story's texts are what it has of independent
reports, and a flood of copies costs nothing. An entry is compared with the few texts that share its rarest terms; what
it shares with a story is the mean of the best and the average of the story's texts, which neither chains nor splinters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from math import log
from statistics import fmean

from monitor.model import Entry
from monitor.stories.copies import Likeness, compare, differ_in_numbers_only, is_label
from monitor.stories.gist import Gist, numbers_in, read_gist, spellings
from monitor.stories.score import Model, Profile, features, profile
from monitor.stories.shelf import Shelf, Text
from monitor.stories.verdict import Guard, Kind, Neighbour, Verdict
from monitor.stories.weights import MODEL
from monitor.stories.words import FUNCTION_TERMS, NEWS_TERMS
from monitor.stories.world import WORLD_TERMS

CAPACITY = 250_000
"""Texts that an index holds at most: the oldest go first."""

_TERMS = 10  # of an entry, the rarest, by which texts are found
_CANDIDATES = 8  # texts that are looked at in full
_STORIES = 3  # that are told of
_MATES = 6  # texts of a story, the newest, that an entry is compared with
_WORTH_TELLING = 0.05  # of a score: less explains nothing
_WORTH_COMPARING = 0.3  # of the cosine: less is no copy
_UNSEEN = 1_000.0  # reports that an empty index behaves as if it had seen, in which
_PLAIN = 10.0  # of them had any one word that is no name
_COMMON = {  # and so many these words
    **dict.fromkeys(WORLD_TERMS, 20.0),
    **dict.fromkeys(NEWS_TERMS, 50.0),
    **dict.fromkeys(FUNCTION_TERMS, 500.0),
}
_LEAST = 0.1  # rarity: no word weighs nothing
_MOST_A_STORY = 256  # texts that are remembered of one
_BRANCH = 1 << 40  # what a branch numbers its texts beyond, so that the index may grow meanwhile
_SHOWN = 5  # shared words
_UPDATES = frozenset((Guard.NUMBERS, Guard.NEGATION, Guard.CORRECTION))
_ORDER = (Kind.NEW, Kind.SAME_STORY, Kind.UPDATE, Kind.SAME_TEXT)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A text that an entry was compared with."""

    text: Text
    features: dict[str, float]
    probability: float
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class _Meeting:
    """An entry and a story."""

    nearest: Pair
    score: float
    kind: Kind
    guard: Guard | None
    differs: frozenset[int]


class StoryIndex:
    """The stories of a window; for one thread.

    `branch()` gives an index that knows all that this one knows and learns by itself: what is judged within one poll is
    added to a branch, and to the index when the poll has been recorded.
    """

    def __init__(self, *, capacity: int = CAPACITY, model: Model = MODEL, below: tuple[Shelf, ...] = ()) -> None:
        self._capacity = capacity
        self._model = model
        self._last: tuple[Entry, Profile] | None = None  # what is judged is mostly added next
        self._own = Shelf(below[-1].next + _BRANCH if below else 0)
        self._shelves = (*below, self._own)

    def __len__(self) -> int:
        return sum(len(shelf.texts) for shelf in self._shelves)

    def branch(self) -> StoryIndex:
        """Return an index that starts with what this one knows and leaves it as it is."""
        return StoryIndex(capacity=self._capacity, model=self._model, below=self._shelves)

    # -- learning ------------------------------------------------------------------------------------------------------

    def add(self, entry: Entry, story_id: str) -> None:
        """Remember that an entry tells a story; a copy of one of the story's texts is counted as such."""
        mine, seen = self._read(entry), (entry.seen_at - _EPOCH) / _HOUR
        self._last = None
        for number, text in reversed(self._newest(story_id)):
            likeness = compare(mine.gist, text.gist)
            if likeness.what and likeness.guard is None:
                if number in self._own.texts:
                    self._own.touch(number, entry.feed, seen)
                return
        self._own.put(Text(mine.gist, mine.sizes, story_id, seen))
        if len(self._own.stories[story_id]) > _MOST_A_STORY:
            self._own.drop(self._own.stories[story_id][0])
        if len(self._own.texts) > self._capacity:
            self._own.drop(next(self._own.oldest())[0])

    def forget(self, before: datetime) -> None:
        """Forget what was last seen before a time."""
        self._last = None
        oldest = (before - _EPOCH) / _HOUR
        old = []
        for number, text in self._own.oldest():
            if text.seen >= oldest:
                break
            old.append(number)
        for number in old:
            self._own.drop(number)

    # -- telling -------------------------------------------------------------------------------------------------------

    def independent(self, story_id: str) -> int:
        """Return how many sources tell a story in words of their own: copies of a text count as their original's."""
        return len({text.gist.feed for text in self._texts(story_id)})

    def judge(self, entry: Entry) -> Verdict:
        """Say which story an entry tells, and why."""
        return judge_neighbours(self.nearest(entry))

    def nearest(self, entry: Entry) -> tuple[Neighbour, ...]:
        """Return the stories that an entry may tell, the likeliest first."""
        mine = self._read(entry)
        candidates = self._candidates(mine)
        repeats = _repeats(mine.gist, candidates.values())
        stories: dict[str, dict[int, Pair]] = {}
        for number, text in candidates.items():
            stories.setdefault(text.story_id, {})[number] = self._compare(mine, text, repeats)
        all_met = (self._meet(mine, story_id, pairs, repeats) for story_id, pairs in stories.items())
        met = [
            meeting
            for meeting in all_met
            if meeting.kind is not Kind.NEW or meeting.guard or meeting.score >= _WORTH_TELLING
        ]
        nearest = nlargest(_STORIES, met, key=lambda meeting: (_ORDER.index(meeting.kind), meeting.score))
        words = spellings(entry) if nearest else {}
        return tuple(_neighbour(mine, meeting, words) for meeting in nearest)

    def pairs(self, entry: Entry) -> tuple[Pair, ...]:
        """Return what an entry is compared with: what the weights are fitted on."""
        mine = self._read(entry)
        texts = self._candidates(mine).values()
        repeats = _repeats(mine.gist, texts)
        return tuple(self._compare(mine, text, repeats) for text in texts)

    def _meet(self, mine: Profile, story_id: str, pairs: Mapping[int, Pair], repeats: int) -> _Meeting:
        mates = [pairs.get(number) or self._compare(mine, text, repeats) for number, text in self._newest(story_id)]
        nearest = max(pairs.values(), key=lambda pair: (_is_copy(pair), bool(pair.likeness.what), pair.probability))
        best = max(pair.probability for pair in pairs.values())
        score = (best + fmean([pair.probability for pair in mates])) / 2
        return _Meeting(nearest, score, *_kind(mine.gist, nearest, mates, joins=score >= self._model.threshold))

    def _texts(self, story_id: str) -> Iterator[Text]:
        for shelf in self._shelves:
            yield from (shelf.texts[number] for number in shelf.stories.get(story_id, ()))

    def _newest(self, story_id: str) -> Sequence[tuple[int, Text]]:
        newest = [
            (number, shelf.texts[number])
            for shelf in self._shelves
            for number in shelf.stories.get(story_id, ())[-_MATES:]
        ]
        return newest[-_MATES:]

    def _read(self, entry: Entry) -> Profile:
        if self._last is None or self._last[0] is not entry:
            self._last = entry, profile(read_gist(entry), self._weigh, log(len(self) + _UNSEEN))
        return self._last[1]

    def _weigh(self, terms: Iterable[int], names: frozenset[int]) -> dict[int, float]:
        """Return how rare terms are: by what the window has, and by what is known of words before it has anything."""
        total = len(self) + _UNSEEN
        seen = {term: _COMMON.get(term) or (1.0 if term in names else _PLAIN) for term in terms}
        for shelf in self._shelves:
            shelf.count(seen)
        return {term: log(total / times) + _LEAST for term, times in seen.items()}

    def _candidates(self, mine: Profile) -> dict[int, Text]:
        """Find the texts that share most of an entry's rarest terms, and those at its link."""
        rarities, counts = mine.rarities, defaultdict[int, float](float)
        rarest = sorted(zip(rarities.values(), rarities, strict=True), reverse=True)[:_TERMS]
        for weight, term in rarest:
            for shelf in self._shelves:
                for number in shelf.having(term):
                    counts[number] += weight
        best = [number for _, number in nlargest(_CANDIDATES, zip(counts.values(), counts, strict=True))]
        linked = (shelf.at_link(mine.gist.link) for shelf in self._shelves) if mine.gist.link else ()
        best += [number for number in linked if number is not None]
        return {number: self._text(number) for number in best}

    def _text(self, number: int) -> Text:
        return next(shelf.texts[number] for shelf in reversed(self._shelves) if number in shelf.texts)

    def _compare(self, mine: Profile, text: Text, repeats: int) -> Pair:
        found = features(mine, text.gist, text.sizes)
        same_link = bool(mine.gist.link) and mine.gist.link == text.gist.link
        likeness = Likeness()
        if same_link or found["cosine"] >= _WORTH_COMPARING:
            likeness = compare(mine.gist, text.gist, repeats)
        says_nothing = likeness.guard in {Guard.SERIES, Guard.NAMES} or is_label(mine.gist) or is_label(text.gist)
        return Pair(text, found, 0.0 if says_nothing else self._model.probability(found), likeness)


def judge_neighbours(neighbours: Sequence[Neighbour]) -> Verdict:
    """Say which story an entry tells, given the stories that are nearest to it."""
    if neighbours and (first := neighbours[0]).kind is not Kind.NEW:
        return Verdict(
            kind=first.kind,
            story_id=first.story_id,
            reason=first.reason,
            guard=first.guard,
            neighbours=tuple(neighbours),
        )
    reason = neighbours[0].reason if neighbours else "nothing like it in the window"
    guard = neighbours[0].guard if neighbours else None
    return Verdict(kind=Kind.NEW, reason=reason, guard=guard, neighbours=tuple(neighbours))


def _neighbour(mine: Profile, meeting: _Meeting, words: Mapping[int, str]) -> Neighbour:
    old = meeting.nearest.text.gist
    shared = {*old.title, *old.text}.intersection(mine.rarities) - FUNCTION_TERMS - NEWS_TERMS
    return Neighbour(
        story_id=meeting.nearest.text.story_id,
        entry_id=old.entry_id,
        feed=old.feed,
        kind=meeting.kind,
        score=meeting.score,
        likeness=meeting.nearest.likeness.what,
        guard=meeting.guard,
        detail=", ".join(sorted(words[term] for term in meeting.differs if term in words)),
        shared=tuple(words[term] for term in sorted(shared & words.keys(), key=mine.weight, reverse=True))[:_SHOWN],
        features=meeting.nearest.features,
    )


def _is_copy(pair: Pair) -> bool:
    return bool(pair.likeness.what) and pair.likeness.guard is None


def _repeats(gist: Gist, texts: Iterable[Text]) -> int:
    """Return how many stories of the entry's source begin as it does: a series is known by its own repetition."""
    return len({text.story_id for text in texts if text.gist.feed == gist.feed and text.gist.lead == gist.lead})


def _kind(
    gist: Gist, nearest: Pair, mates: Sequence[Pair], *, joins: bool
) -> tuple[Kind, Guard | None, frozenset[int]]:
    """Say what the entry is to one story, and which guard had a say."""
    likeness, old = nearest.likeness, nearest.text.gist
    what, guard = likeness.what, likeness.guard
    if _is_copy(nearest):
        return Kind.SAME_TEXT, None, frozenset()
    if what and guard in _UPDATES:
        same_thing = what in {"link", "title"} or differ_in_numbers_only(gist.title, old.title)
        if joins or same_thing or guard is Guard.CORRECTION:
            return Kind.UPDATE, guard, likeness.differs
    if what and guard is Guard.SOURCE:
        return Kind.SAME_STORY, guard, frozenset()
    return _report_kind(gist, nearest, mates) if joins else (Kind.NEW, guard, likeness.differs)


def _report_kind(gist: Gist, nearest: Pair, mates: Sequence[Pair]) -> tuple[Kind, Guard | None, frozenset[int]]:
    """Tell a report that changes what is known of the story from one that tells it in other words."""
    news = numbers_in(gist.title).difference(*(pair.text.gist.numbers for pair in mates))
    if gist.corrects:
        return Kind.UPDATE, Guard.CORRECTION, frozenset()
    if news and numbers_in(nearest.text.gist.title):
        return Kind.UPDATE, Guard.NUMBERS, news
    if nearest.likeness.guard is Guard.NEGATION:
        return Kind.UPDATE, Guard.NEGATION, nearest.likeness.differs
    return Kind.SAME_STORY, None, frozenset()
