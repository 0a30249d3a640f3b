"""How likely two reports tell of one event: features of their words, numbers and times, weighed by a logistic model."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt
from typing import TypeAlias

from monitor.stories.gist import Gist, Words, numbers_in
from monitor.stories.words import NEWS_TERMS, is_number

_RARE = 0.62  # of the greatest rarity there is: what a name has, and a common word of the news has not
_ENOUGH = 3.0  # rare words in common after which more say nothing more
_DAYS = 4.0  # after which no more time makes a difference
_HOURS = 24.0
_FEW_NAMES = 2  # that are added to a report's names: one name in common is no agreement


Sizes: TypeAlias = "array[float]"
"""How much a report's words weigh: the length of their vector, that of the title's, and the title's sum.

In units of the greatest rarity, which grows with the window.
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """A gist with its terms weighed: twice in the title, once in the text."""

    gist: Gist
    rarities: Mapping[int, float]  # inverse document frequency by term, above 0
    most: float  # the rarity of a word never seen
    title: frozenset[int]
    text: frozenset[int]
    names: frozenset[int]
    numbers: frozenset[int]
    title_numbers: frozenset[int]
    phrases: frozenset[tuple[int, int]]  # words that follow each other
    sizes: Sizes

    def weight(self, term: int) -> tuple[float, int]:
        """Return by what to put terms in order: the rarest last, and always the same."""
        return self.rarities.get(term, 0.0), term


def profile(gist: Gist, weigh: Callable[[Iterable[int], frozenset[int]], dict[int, float]], most: float) -> Profile:
    """Weigh the words of a gist. `weigh`: from terms, and those of them that are names, to their rarities."""
    title, text = frozenset(gist.title), frozenset(gist.text or gist.body)
    names = frozenset(gist.names)
    rarities = weigh(title | text, names)
    weights = (weight * (2 * (term in title) + (term in text)) for term, weight in rarities.items())
    title_weights = [rarities[term] for term in title]
    sizes = (_length(weights) / most, _length(title_weights) / most, (sum(title_weights) or 1.0) / most)
    title_numbers = numbers_in(title)
    return Profile(
        gist=gist,
        rarities=rarities,
        most=most,
        title=title,
        text=text,
        names=names,
        numbers=title_numbers | numbers_in(text),
        title_numbers=title_numbers,
        phrases=frozenset((*pairwise(gist.title), *pairwise(gist.text or gist.body))),
        sizes=array("f", sizes),
    )


def _length(weights: Iterable[float]) -> float:
    return sqrt(sum(weight * weight for weight in weights)) or 1.0


def features(mine: Profile, old: Gist, sizes: Sizes) -> dict[str, float]:
    """Compare an entry with a report in the window: each feature is 0 to about 1, `days` to 4."""
    title, text = set(old.title), set(old.text or old.body)
    rarities, most, my_title, my_text = mine.rarities, mine.most, mine.title, mine.text
    shared = rarities.keys() & (title | text)
    length, title_length, title_sum = mine.sizes
    old_length, old_title_length, old_title_sum = sizes
    product = titles = covered = covering = 0.0
    rare: dict[int, float] = {}
    for term in shared:
        weight = rarities[term] / most
        here, there = term in my_title, term in title
        product += weight * weight * (2 * here + (term in my_text)) * (2 * there + (term in text))
        if here:
            covered += weight
            if there:
                titles += weight * weight
        if there:
            covering += weight
        if weight > _RARE:
            rare[term] = weight
    telling = sum([weight for term, weight in rare.items() if not is_number(term)])
    telling -= _in_phrases(mine, old, rare) if rare else 0.0
    return {
        "cosine": min(product / (length * old_length), 1.0),
        "title": min(titles / (title_length * old_title_length), 1.0),
        "cover": min((covered / title_sum + covering / old_title_sum) / 2, 1.0),
        "rare": min(telling, _ENOUGH) / _ENOUGH,
        "names": _names(mine.names, old.names, shared),
        **_numbers(mine, title, text),
        "days": min(abs(mine.gist.at - old.at) / _HOURS, _DAYS),
        "source": float(mine.gist.feed == old.feed),
    }


def _in_phrases(mine: Profile, old: Gist, rare: Mapping[int, float]) -> float:
    """Return what rare words weigh beyond the first of a phrase: a full name, or a term of art, is one thing."""
    phrases = [(one, other) for one, other in mine.phrases if one in rare and other in rare]
    if not phrases:
        return 0.0
    others = {*pairwise(old.title), *pairwise(old.text or old.body)}
    return sum(min(rare[one], rare[other]) for one, other in phrases if (one, other) in others)


def _names(names: frozenset[int], others: Words, shared: Iterable[int]) -> float:
    """Return the share of all names that both reports have; a few are never full agreement."""
    every = names.union(others)
    return len(every.intersection(shared)) / (len(every) + _FEW_NAMES)


def _numbers(mine: Profile, title: AbstractSet[int], text: AbstractSet[int]) -> dict[str, float]:
    both = (mine.numbers & (title | text)) - NEWS_TERMS if mine.numbers else ()
    conflict = mine.title_numbers - title - text and numbers_in(title) - mine.numbers
    return {"numbers": min(len(both), 2) / 2, "conflict": float(bool(conflict))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A logistic model of what makes two reports tell of one event."""

    bias: float
    weights: Mapping[str, float]  # by feature
    threshold: float  # the score of entry and story from which they belong together

    def probability(self, found: Mapping[str, float]) -> float:
        """Return how likely two reports with these features tell of one event."""
        return 1 / (1 + exp(-(self.bias + sum(self.weights[name] * value for name, value in found.items()))))
