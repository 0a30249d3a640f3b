"""Rules and news for the benchmarks, made up here from a seed: the same every time, any number of each.

Words follow Zipf's law and are the longer the rarer they are. A world of N rules has N/4 actors (1,000 at least), each
with up to six spellings, and as many phrases; rules and news both speak of few of them often and of most of them
seldom. Rules are what desks write: an actor and some context, two actors, a phrase and an actor, a phrase without a
word that spoils it. A share of the entries is written about one rule, so that it matches; the other matches are chance.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from monitor.model import Entry, Field
from monitor.model import Rule as Noun
from monitor.rules.term import read_term
from monitor.rules.tree import Actor, AnyOf, Clause, Definition, Node, NoneOf, Term

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_VOCABULARY = 100_000
_ONSETS = (*"bcdfghjklmnprstvwz", "br", "cr", "dr", "gr", "kl", "pl", "st", "tr", "sh", "ch")
_NUCLEI = ["a", "e", "i", "o", "u", "ai", "ea", "ou", "ie"]
_CODAS = ["", "", "", "n", "r", "s", "l", "t", "m", "nd"]
_PLANTED = 0.12  # the share of entries that are written about a rule

Rule = dict[str, Any]
"""One rule as its YAML says it."""


class _Zipf:
    """Draw numbers below `size`, small ones most often: number i with a weight of 1 / (i + 3) ** skew."""

    def __init__(self, size: int, skew: float) -> None:
        self._numbers = range(size)
        self._weights = list(accumulate((number + 3) ** -skew for number in range(size)))

    def draw(self, rng: random.Random, count: int) -> list[int]:
        return rng.choices(self._numbers, cum_weights=self._weights, k=count)


def _invent(rng: random.Random, syllables: int) -> str:
    return "".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(syllables))


def _words(rng: random.Random, count: int, taken: set[str], *, shortest: int = 1) -> list[str]:
    words: list[str] = []
    while len(words) < count:
        word = _invent(rng, shortest + (len(words) > 60) + (len(words) > 2_000) + (rng.random() < 0.2))
        if word not in taken:
            taken.add(word)
            words.append(word)
    return words


@dataclass(slots=True)
class World:
    """A rule set and the world that its news tell of."""

    actors: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    phrases: list[str] = field(default_factory=list)
    vocabulary: list[str] = field(default_factory=list)


def make_world(rules: int, *, seed: int = 7) -> World:
    """Invent this many rules, with all they need."""
    rng = random.Random(seed)
    taken: set[str] = set()
    vocabulary = _words(rng, _VOCABULARY, taken)
    surnames = _words(rng, max(1_000, rules // 4), taken, shortest=3)
    world = World(vocabulary=vocabulary)
    for number, surname in enumerate(surnames):
        first = vocabulary[rng.randrange(500, 20_000)]
        spellings = [surname.title(), f"{first.title()} {surname.title()}"]
        spellings += [_respelt(rng, surname) for _ in range(rng.randrange(4))]
        world.actors[f"actor-{number}"] = list(dict.fromkeys(spellings[rng.randrange(2) :]))
    world.phrases = [_phrase(rng, vocabulary) for _ in range(max(1_000, rules // 4))]
    some = _Zipf(len(surnames), 0.7)
    for number in range(rules):
        world.rules[f"rule-{number}"] = _rule(rng, world, some)
    return world


def _respelt(rng: random.Random, name: str) -> str:
    at = rng.randrange(1, len(name))
    return (name[:at] + rng.choice("aeiouhy") + name[at + rng.randrange(2) :]).title()


def _phrase(rng: random.Random, vocabulary: Sequence[str]) -> str:
    words = [vocabulary[int(50 * 2_000 ** rng.random())] for _ in range(rng.choice((2, 2, 2, 3)))]
    return (" " if rng.random() < 0.8 else "-").join(words)


def _rule(rng: random.Random, world: World, some: _Zipf) -> Rule:
    def actors(count: int) -> list[str]:
        return list(dict.fromkeys(f"actor-{number}" for number in some.draw(rng, count)))

    def phrases(most: int) -> list[str]:
        return list(dict.fromkeys(world.phrases[number] for number in some.draw(rng, rng.randint(1, most))))

    def context(least: int, most: int) -> list[str]:
        words = [world.vocabulary[int(2_000 * 40 ** rng.random())] for _ in range(rng.randint(least, most))]
        return [word if rng.random() < 0.93 or len(word) < 7 else word[:6] + "*" for word in dict.fromkeys(words)]

    kind = rng.random()
    if kind < 0.25:
        rule: Rule = {"actors": actors(1), "terms": context(2, 4)}
    elif kind < 0.40:
        rule = {"all": [f"actor:{name}" for name in actors(2)] + context(1, 1)}
    elif kind < 0.65:
        rule = {"actors": actors(2), "terms": phrases(4)}
    elif kind < 0.80:
        rule = {"terms": phrases(3), "all": context(1, 1), "none": context(1, 2)}
    elif kind < 0.90:
        rule = {"terms": phrases(3) + context(1, 2), "actors": actors(3), "none": context(1, 1)}
    else:
        rule = {"terms": phrases(2) + context(1, 1), "actors": actors(2), "all": context(1, 1)}
    if rng.random() < 0.15:
        rule["in"] = ["title", "summary"]
    return rule


class Newsroom:
    """Write entries of a world: short ones of 40 words (title and summary), full ones of 600 (with a body)."""

    def __init__(self, world: World, *, seed: int = 11) -> None:
        self._world = world
        self._rng = random.Random(seed)
        self._words = _Zipf(len(world.vocabulary), 1.0)
        self._actors = list(world.actors.values())
        self._some = _Zipf(len(self._actors), 0.7)
        self._rules = list(world.rules.values())

    def write(self, count: int, *, full: bool) -> list[Entry]:
        """Write some entries."""
        return [self._entry(number, full=full) for number in range(count)]

    def _entry(self, number: int, *, full: bool) -> Entry:
        told = [
            *self._told(3, 2),
            *(self._about(self._rng.choice(self._rules)) if self._rng.random() < _PLANTED else ()),
        ]
        summary = self._text(28, told[2:])
        return Entry(
            id=f"{number:032x}",
            keys=(),
            feed="bench",
            title=self._text(8, told[:2]),
            summary=summary,
            body=self._text(540, self._told(4, 3)) if full else "",
            seen_at=NOW,
        )

    def _told(self, actors: int, phrases: int) -> list[str]:
        rng = self._rng
        names = [rng.choice(self._actors[number]) for number in self._some.draw(rng, actors)]
        told = names + [self._world.phrases[number] for number in self._some.draw(rng, phrases)]
        rng.shuffle(told)
        return told

    def _about(self, rule: Rule) -> list[str]:
        words = [self._said(word) for word in rule.get("all", ())]
        for key in ("terms", "actors"):
            if key in rule:
                word = self._rng.choice(rule[key])
                words.append(self._said(f"actor:{word}" if key == "actors" else word))
        return words

    def _said(self, word: str) -> str:
        if word.startswith("actor:"):
            return self._rng.choice(self._world.actors[word.removeprefix("actor:")])
        return word[:-1] + "ing" if word.endswith("*") else word

    def _text(self, words: int, told: Sequence[str]) -> str:
        rng = self._rng
        pieces = [self._world.vocabulary[number] for number in self._words.draw(rng, words)]
        for piece in told:
            pieces.insert(rng.randrange(len(pieces)), piece)
        for at in range(0, len(pieces), 12):
            pieces[at] = pieces[at][:1].upper() + pieces[at][1:]
        for at in range(11, len(pieces), 12):
            pieces[at] += rng.choice((".", ".", ",", "’s", ";"))
        return " ".join(pieces)


def to_yaml(world: World) -> str:
    """Write the rules as people do."""
    lines = ["actors:"]
    lines += [f"  {name}: [{', '.join(names)}]" for name, names in world.actors.items()]
    lines += ["rules:"]
    for number, (name, rule) in enumerate(world.rules.items()):
        lines.append(f"  {name}:")
        for key, values in rule.items():
            written = ", ".join(f'"{value}"' if ":" in value or value.endswith("*") else value for value in values)
            lines.append(f"    {key}: [{written}]")
        if number % 10 == 0:
            lines += [f"    owner: desk-{number % 7}", "    priority: high"]
    return "\n".join(lines) + "\n"


def to_definitions(world: World) -> list[Definition]:
    """Read the rules as `monitor.rules.read` does, without the YAML and its checks."""
    terms: dict[str, Term] = {}

    def term(text: str) -> Term:
        if text not in terms:
            terms[text] = read_term(text)
        return terms[text]

    actors = {name: Actor(id=name, names=tuple(map(term, names))) for name, names in world.actors.items()}

    def node(text: str) -> Node:
        return actors[text.removeprefix("actor:")] if text.startswith("actor:") else term(text)

    def clauses(rule: Rule) -> tuple[Clause, ...]:
        found = []
        if "terms" in rule:
            found.append(Clause(key="terms", node=AnyOf(parts=tuple(map(term, rule["terms"])))))
        if "actors" in rule:
            found.append(Clause(key="actors", node=AnyOf(parts=tuple(actors[name] for name in rule["actors"]))))
        found += [Clause(key="all", node=node(text)) for text in rule.get("all", ())]
        found += [Clause(key="none", node=NoneOf(parts=(node(text),))) for text in rule.get("none", ())]
        return tuple(found)

    return [
        Definition(
            rule=Noun(id=name, title=name),
            clauses=clauses(rule),
            fields=(Field.TITLE, Field.SUMMARY) if "in" in rule else tuple(Field),
            place="rules.yaml:1",
        )
        for name, rule in world.rules.items()
    ]
