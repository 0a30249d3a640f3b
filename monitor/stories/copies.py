"""Whether two entries are one text, and what forbids to say so although they look alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise, product

from monitor.stories.gist import Gist, Words, numbers_in
from monitor.stories.verdict import Guard
from monitor.stories.words import (
    CALENDAR_TERMS,
    FUNCTION_TERMS,
    NEGATION_TERMS,
    NEWS_TERMS,
    OPPOSITE_TERMS,
    is_number,
)

_TELLING_TITLE = 4  # content words: fewer are no headline but a label
_ENOUGH_WORDS = 12  # of any kind: more always hold so many
_TELLING_TEXT = 10  # words: fewer are a phrase
_WHOLE = 0.7  # the share of a text's word pairs that makes it the other's text
_AGREEING = 0.35  # the share of content words at which a text does not contradict an equal title
_ALIKE_TITLE = 0.8  # likeness of titles that one small edit leaves
_RELATED_TITLE = 0.4  # likeness of titles that speak of one thing
_EXACT = 0.97
_NEXT_ISSUE = 18.0  # hours: the same words later than this are the next issue of a series
_TEMPLATE = 0.3  # the share of word pairs that two texts of one template have in common
_REPEATED = 3  # reports that begin alike make a series of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What two entries have in common as wholes, and what keeps them apart all the same."""

    what: str = ""  # "link", "title", "text"; "" = no more than a story
    guard: Guard | None = None
    differs: frozenset[int] = frozenset()  # the terms that the guard saw


def content(words: Iterable[int]) -> frozenset[int]:
    """Return the terms that say something: neither function words nor numbers."""
    return frozenset(term for term in words if term not in FUNCTION_TERMS and not is_number(term))


def dice(one: AbstractSet[int], other: AbstractSet[int]) -> float:
    """Return how alike two sets are, 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def compare(new: Gist, old: Gist, repeats: int = 0) -> Likeness:
    """Say what two entries have in common as wholes. `repeats`: how many reports of the source begin like the new."""
    texts = max(
        ((containment(one, other), one, other) for one, other in product(_texts(new), _texts(old))),
        key=lambda found: found[0],
        default=(0.0, new.text, old.text),
    )
    what = _what(new, old, texts[0])
    if _is_series(new, old, repeats, (what, texts[0])):
        return Likeness(what=what, guard=Guard.SERIES)
    guard, differs = _guard(new, old, texts if texts[0] >= _TEMPLATE else (0.0, new.text[:0], old.text[:0]))
    if guard is None and what in {"title", "text"} and new.feed == old.feed and not _identical(new, old):
        guard = Guard.SOURCE
    return Likeness(what=what, guard=guard, differs=differs)


def containment(one: Words, other: Words) -> float:
    """Return the share of the shorter text's word pairs that the longer has too, 0 where it is too short to tell."""
    if min(len(one), len(other)) < _TELLING_TEXT:
        return 0.0
    pairs, others = set(pairwise(one)), set(pairwise(other))
    return len(pairs & others) / min(len(pairs), len(others))


def _is_series(new: Gist, old: Gist, repeats: int, likeness: tuple[str, float]) -> bool:
    """Tell two issues of one source's template from two reports of one event."""
    what, text = likeness
    if new.feed != old.feed:
        return False
    later, named = _is_later(new, old), new.serial or old.serial
    if what == "link":
        return named and later
    if new.title == old.title and new.text == old.text:
        return later and (named or repeats >= _REPEATED)
    if named:
        return _begin_alike(new, old) or dice(_masked(new.title), _masked(old.title)) >= _RELATED_TITLE
    return _is_template(new, old, repeats, text)


def _is_template(new: Gist, old: Gist, repeats: int, text: float) -> bool:
    """Say whether two entries of one source share what it always writes, and not what they tell."""
    words, others = _masked(new.text), _masked(old.text)
    titles, text = dice(_masked(new.title), _masked(old.title)), max(text, dice(words, others))
    later = _is_later(new, old)
    if new.title == old.title:
        return later and text < _AGREEING
    next_issue = later and titles == 1.0 and words == others  # other numbers and days
    boilerplate = not titles and text >= _TEMPLATE  # what stands below everything that the source tells
    column = _begin_alike(new, old) and repeats >= _REPEATED and titles < _ALIKE_TITLE
    slots = titles >= _RELATED_TITLE and (text >= _TEMPLATE or not (words and others))
    return next_issue or boilerplate or column or (slots and bool(_swapped(new.title, old.title)))


def _is_later(new: Gist, old: Gist) -> bool:
    return abs(new.at - old.at) >= _NEXT_ISSUE


def _begin_alike(new: Gist, old: Gist) -> bool:
    return bool(new.lead) and new.lead == old.lead


def _masked(words: Words) -> frozenset[int]:
    return frozenset(term for term in content(words) if term not in CALENDAR_TERMS)


def _texts(gist: Gist) -> tuple[Words, ...]:
    return tuple(words for words in (gist.text, gist.body) if len(words) >= _TELLING_TEXT)


def _identical(new: Gist, old: Gist) -> bool:
    """Say whether two entries have the same words, but for where they are cut and how they are wrapped."""
    if new.title != old.title:
        return False
    shared = min(len(new.text), len(old.text))
    cut = new.text_cut or old.text_cut
    return new.text == old.text or (cut and shared >= _TELLING_TEXT and new.text[:shared] == old.text[:shared])


def _what(new: Gist, old: Gist, text: float) -> str:
    if new.link and new.link == old.link:
        return "link"
    titles, others = content(new.title), content(old.title)
    likeness = dice(titles, others)
    if _begins(new, old):
        likeness = 1.0
    if min(len(titles), len(others)) >= _TELLING_TITLE and likeness >= _ALIKE_TITLE:
        words, more = content(new.text), content(old.text)
        shared = len(words & more) / min(len(words), len(more)) if words and more else 1.0
        if likeness == 1.0 and shared >= _AGREEING:
            return "title"
        if shared >= _WHOLE and not _swapped(new.title, old.title):
            return "title"
    return "text" if text >= _WHOLE else ""


def _begins(new: Gist, old: Gist) -> bool:
    """Say whether one title is the beginning of the other, cut."""
    short, long = sorted((new, old), key=lambda gist: len(gist.title))
    return short.title_cut and short.title == long.title[: len(short.title)]


def _swapped(title: Words, other: Words) -> frozenset[int]:
    """Return what stands in each title and not in the other, if both have something of their own that tells."""
    mine, theirs = _masked(title) - NEWS_TERMS, _masked(other) - NEWS_TERMS
    return (mine ^ theirs) if mine - theirs and theirs - mine else frozenset()


# -- guards ------------------------------------------------------------------------------------------------------------


def _guard(new: Gist, old: Gist, texts: tuple[float, Words, Words]) -> tuple[Guard | None, frozenset[int]]:
    share, text, other = texts
    if new.corrects and not (old.corrects and new.title == old.title):
        return Guard.CORRECTION, frozenset()
    changes = _Changes(text, other)
    if numbers := _numbers(new, old) or changes.numbers(new, old):
        return Guard.NUMBERS, numbers
    if words := (_opposed(new, old, share) or changes.negations()):
        return Guard.NEGATION, words
    if names := changes.names(new, old):
        return Guard.NAMES, names
    return None, frozenset()


def _numbers(new: Gist, old: Gist) -> frozenset[int]:
    """Return the numbers by which two headlines differ, or that are news in the new one."""
    mine, theirs = numbers_in(new.title), numbers_in(old.title)
    if mine - theirs and theirs - mine:
        return mine ^ theirs
    return frozenset() if old.title_cut else mine - old.numbers


def _opposed(new: Gist, old: Gist, text: float) -> frozenset[int]:
    mine, theirs = frozenset(new.title), frozenset(old.title)
    if dice(content(mine), content(theirs)) < _RELATED_TITLE and not _TEMPLATE < text < _EXACT:
        return frozenset()  # another headline over the same text, or another text
    if bool(mine & NEGATION_TERMS) != bool(theirs & NEGATION_TERMS):
        return (mine ^ theirs) & NEGATION_TERMS
    for left, right in OPPOSITE_TERMS:
        for one, other in ((left, right), (right, left)):
            if mine & one and theirs & other and not (mine & other or theirs & one):
                return mine & one | theirs & other
    return frozenset()


class _Changes:
    """Where two texts differ: word by word, between the first and the last words that they share."""

    def __init__(self, text: Words, other: Words) -> None:
        self._places: list[tuple[Words, Words, bool]] = []
        if text == other:
            return
        steps = SequenceMatcher(None, text, other, autojunk=False).get_opcodes()
        for number, (what, start, end, begin, stop) in enumerate(steps):
            if what != "equal":
                inside = 0 < number < len(steps) - 1
                self._places.append((text[start:end], other[begin:stop], inside))

    def numbers(self, new: Gist, old: Gist) -> frozenset[int]:
        """Return the numbers by which texts differ, or that came into the new one; it may go on for longer."""
        mine, theirs = self._of(new.numbers, old.numbers, inside=False)
        if mine and theirs:
            return mine | theirs
        return self._of(new.numbers, old.numbers, inside=True)[0]

    def _of(
        self, new: AbstractSet[int], old: AbstractSet[int], *, inside: bool
    ) -> tuple[frozenset[int], frozenset[int]]:
        places = [place for place in self._places if place[2] or not inside]
        mine = frozenset().union(*(numbers_in(one) for one, _, _ in places)) - old
        theirs = frozenset().union(*(numbers_in(other) for _, other, _ in places)) - new
        return mine, theirs

    def negations(self) -> frozenset[int]:
        """Return the words of denial that came or went within the text."""
        changed = (frozenset(one) ^ frozenset(other) for one, other, inside in self._places if inside)
        return frozenset().union(*changed) & NEGATION_TERMS

    def names(self, new: Gist, old: Gist) -> frozenset[int]:
        """Return names that stand in each other's place, and nowhere in the other report."""
        said, told = _everything(new), _everything(old)
        for one, other, inside in self._places:
            mine, theirs = set(one) & set(new.names) - told, set(other) & set(old.names) - said
            if inside and mine and theirs:
                return frozenset(mine | theirs)
        return frozenset()


def _everything(gist: Gist) -> frozenset[int]:
    return frozenset((*gist.title, *gist.text, *gist.body))


def is_label(gist: Gist) -> bool:
    """Say whether an entry has too few words of its own to tell one event from another: "Flood 3", "Live updates"."""
    words = gist.words[: gist.body_at]
    return len(words) < _ENOUGH_WORDS and len(content(words)) < _TELLING_TITLE


def differ_in_numbers_only(title: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two titles are the same words around other numbers."""
    return [term for term in title if not is_number(term)] == [term for term in other if not is_number(term)]
