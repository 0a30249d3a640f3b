"""How likely two reports tell of one event: features of their words, numbers and times, weighed by a logistic model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import exp, sqrt
from typing import Final

from monitor.stories.gist import Gist, numbers_in
from monitor.stories.weights import BIAS, WEIGHTS
from monitor.stories.words import is_number

Rarity = Callable[[int], float]
"""From a term to its inverse document frequency, above 0."""

_RARE = 0.62  # of the greatest rarity there is: what a name has, and a common word of the news has not
_ENOUGH = 3.0  # rare words in common after which more say nothing more
_DAYS = 4.0  # after which no more time makes a difference
_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A gist with its terms weighed: twice in the title, once in the text."""

    gist: Gist
    weights: Mapping[int, float]
    length: float
    title: Mapping[int, float]
    title_length: float
    names: frozenset[int]
    numbers: frozenset[int]
    title_numbers: frozenset[int]


def profile(gist: Gist, rarity: Rarity) -> Profile:
    """Weigh the words of a gist."""
    title = {term: rarity(term) for term in gist.title}
    weights = {term: rarity(term) for term in gist.text or gist.body}
    for term, weight in title.items():
        weights[term] = 2 * weight + weights.get(term, 0.0)
    title_numbers = numbers_in(title)
    return Profile(
        gist,
        weights,
        _length(weights.values()),
        title,
        _length(title.values()),
        frozenset(gist.names),
        title_numbers | numbers_in(gist.text),
        title_numbers,
    )


def _length(weights: Iterable[float]) -> float:
    return sqrt(sum(weight * weight for weight in weights)) or 1.0


def features(one: Profile, other: Profile, rarity: Rarity, most: float) -> dict[str, float]:
    """Compare two profiles: each feature is 0 to 1, `days` to 4. `most`: the rarity of a word never seen."""
    shared = one.weights.keys() & other.weights.keys()
    titles = one.title.keys() & other.title.keys()
    rare = sum(weight for term in shared if not is_number(term) and (weight := rarity(term) / most) > _RARE)
    mine, theirs = one.title_numbers, other.title_numbers
    return {
        "cosine": sum(one.weights[term] * other.weights[term] for term in shared) / (one.length * other.length),
        "title": sum(one.title[term] ** 2 for term in titles) / (one.title_length * other.title_length),
        "cover": (_cover(one.title, shared) + _cover(other.title, shared)) / 2,
        "rare": min(rare, _ENOUGH) / _ENOUGH,
        "names": _agreement(one.names, other.names, shared),
        "numbers": min(len(one.numbers & other.numbers), 2) / 2,
        "conflict": float(bool(mine - other.numbers and theirs - one.numbers)),
        "days": min(abs(one.gist.at - other.gist.at) / _HOURS, _DAYS),
        "source": float(one.gist.feed == other.gist.feed),
    }


def _cover(title: Mapping[int, float], shared: Iterable[int]) -> float:
    """Return the share of a headline's weight that the other report has too, wherever."""
    return sum(title[term] for term in shared if term in title) / (sum(title.values()) or 1.0)


def _agreement(names: frozenset[int], others: frozenset[int], shared: Iterable[int]) -> float:
    """Return the share of the names of the report with fewer that both have."""
    few = min(len(names), len(others))
    return len((names | others).intersection(shared)) / (len(names | others) or 1) if few else 0.0


def probability(found: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS, bias: float = BIAS) -> float:
    """Return how likely two reports with these features tell of one event."""
    return 1 / (1 + exp(-(bias + sum(weights[name] * value for name, value in found.items()))))


FEATURES: Final = tuple(WEIGHTS)
