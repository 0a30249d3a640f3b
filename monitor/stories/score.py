"""How likely two reports tell of one event: features of their words, numbers and times, weighed by a logistic model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import exp, sqrt
from typing import NamedTuple

from monitor.stories.gist import Gist, numbers_in
from monitor.stories.words import NEWS_TERMS, is_number

_RARE = 0.62  # of the greatest rarity there is: what a name has, and a common word of the news has not
_ENOUGH = 3.0  # rare words in common after which more say nothing more
_DAYS = 4.0  # after which no more time makes a difference
_HOURS = 24.0
_FEW_NAMES = 2  # that are added to a report's names: one name in common is no agreement


class Sizes(NamedTuple):
    """How much a report's words weigh, in units of the greatest rarity, which grows with the window."""

    length: float  # of the vector of its words
    title_length: float
    title_sum: float


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
    sizes: Sizes


def profile(gist: Gist, rarity: Callable[[int], float], most: float) -> Profile:
    """Weigh the words of a gist."""
    title, text = frozenset(gist.title), frozenset(gist.text or gist.body)
    rarities = {term: rarity(term) for term in title | text}
    weights = (weight * (2 * (term in title) + (term in text)) for term, weight in rarities.items())
    title_weights = [rarities[term] for term in title]
    sizes = Sizes(_length(weights) / most, _length(title_weights) / most, (sum(title_weights) or 1.0) / most)
    names, title_numbers = frozenset(gist.names), numbers_in(title)
    return Profile(
        gist, rarities, most, title, text, names, title_numbers | numbers_in(text), title_numbers, sizes
    )


def _length(weights: Iterable[float]) -> float:
    return sqrt(sum(weight * weight for weight in weights)) or 1.0


def features(mine: Profile, old: Gist, sizes: Sizes) -> dict[str, float]:
    """Compare an entry with a report in the window: each feature is 0 to about 1, `days` to 4."""
    title, text = set(old.title), set(old.text or old.body)
    shared = mine.rarities.keys() & (title | text)
    product = titles = covered = covering = rare = 0.0
    for term in shared:
        weight = mine.rarities[term] / mine.most
        here, there = term in mine.title, term in title
        product += weight * weight * (2 * here + (term in mine.text)) * (2 * there + (term in text))
        titles += weight * weight * (here and there)
        covered += weight * here
        covering += weight * there
        rare += weight * (weight > _RARE and not is_number(term))
    return {
        "cosine": min(product / (mine.sizes.length * sizes.length), 1.0),
        "title": min(titles / (mine.sizes.title_length * sizes.title_length), 1.0),
        "cover": min((covered / mine.sizes.title_sum + covering / sizes.title_sum) / 2, 1.0),
        "rare": min(rare, _ENOUGH) / _ENOUGH,
        "names": _names(mine.names, old, shared),
        **_numbers(mine, frozenset(filter(is_number, title)), frozenset(filter(is_number, text))),
        "days": min(abs(mine.gist.at - old.at) / _HOURS, _DAYS),
        "source": float(mine.gist.feed == old.feed),
    }


def _names(names: frozenset[int], old: Gist, shared: Iterable[int]) -> float:
    """Return the share of all names that both reports have; a few are never full agreement."""
    every = names.union(old.names)
    return len(every.intersection(shared)) / (len(every) + _FEW_NAMES)


def _numbers(mine: Profile, title: frozenset[int], text: frozenset[int]) -> dict[str, float]:
    both = (mine.numbers & (title | text)) - NEWS_TERMS
    conflict = mine.title_numbers - title - text and title - mine.numbers
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
