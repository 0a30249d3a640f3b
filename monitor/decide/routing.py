"""Say which channels hear of a match: those of the first route that fits, or else those of its rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from monitor.model import Mode, Route, Rule, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """The way of one match."""

    channels: dict[str, Way]  # in order
    routes: tuple[Route, ...] = ()  # that fitted, () = the rule's own channels


def route_match(rule: Rule, language: str, sources: Collection[str], routes: Sequence[Route]) -> Routed:
    """Say where a match goes; `sources` is what its feed may be called.

    The first route that fits takes the place of the rule's own channels; those with `also` add to what else fits, and
    where no other one does, to the rule's own.
    """
    fitting: list[Route] = []
    alone = False
    for route in routes:
        if fits(route, rule, language, sources) and not (alone and not route.also):
            fitting.append(route)
            alone = alone or not route.also
    own = [] if alone else [(channel, Way()) for channel in rule.notify]
    channels = merged([*own, *((channel, route.way) for route in fitting for channel in route.notify)])
    return Routed(channels=channels, routes=tuple(fitting))


def fits(route: Route, rule: Rule, language: str, sources: Collection[str]) -> bool:
    """Say whether a route is meant for a match."""
    return (
        rule.priority >= route.priority
        and _any(route.rules, [rule.id])
        and _any(route.tags, rule.tags)
        and _any(route.owners, [rule.owner])
        and _any(route.sources, sources)
        and _any(route.languages, [language.lower(), language.lower().partition("-")[0]])
    )


def _any(wanted: Collection[str], found: Iterable[str]) -> bool:
    return not wanted or not set(wanted).isdisjoint(found)


def merged(ways: Iterable[tuple[str, Way]]) -> dict[str, Way]:
    """Join the ways that lead to one channel: the one that brings more, sooner, wins."""
    joined: dict[str, Way] = {}
    for channel, way in ways:
        before = joined.get(channel)
        joined[channel] = way if before is None else _sooner(before, way)
    return joined


def _sooner(one: Way, other: Way) -> Way:
    order = (Mode.INSTANT, None, Mode.DIGEST)
    return Way(
        ignores_quiet=one.ignores_quiet or other.ignores_quiet,
        mode=min(one.mode, other.mode, key=order.index),
    )
