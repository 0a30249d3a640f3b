"""Which channels an entry reaches, with which of its matches, and by which way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.decide.routing import merged, route_match
from monitor.model import Match, Policies, Priority, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What one channel is to hear of an entry."""

    channel: str
    matches: tuple[Match, ...]
    way: Way = field(default_factory=Way)
    routes: tuple[str, ...] = ()  # their names, () = the rules' own channels

    @property
    def priority(self) -> Priority:
        """The highest of its matches."""
        return max(match.rule.priority for match in self.matches)


def reaches_of(matches: Iterable[Match], source_tags: tuple[str, ...], policies: Policies) -> tuple[Reach, ...]:
    """Say which channels hear of an entry's matches; `source_tags` is what its feed may be called beside its name."""
    found: dict[str, list[tuple[Match, Way, tuple[str, ...]]]] = {}
    for match in matches:
        entry = match.entry
        routed = route_match(match.rule, entry.language, (entry.feed, *source_tags), policies.routes)
        for channel, way in routed.channels.items():
            names = tuple(route.name for route in routed.routes if channel in route.notify)
            found.setdefault(channel, []).append((match, way, names))
    return tuple(
        Reach(
            channel=channel,
            matches=tuple(match for match, _, _ in some),
            way=merged((channel, way) for _, way, _ in some)[channel],
            routes=tuple(dict.fromkeys(name for _, _, names in some for name in names)),
        )
        for channel, some in found.items()
    )


def below(reach: Reach, policies: Policies) -> str:
    """Say why all that a channel could hear matters less than it wants to hear, "" = it does not."""
    least = policies.of(reach.channel).min_priority
    return "" if reach.priority >= least else f"not told, it hears of {least.word} priority and above"
