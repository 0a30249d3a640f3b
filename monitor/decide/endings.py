"""Decide what becomes of messages that were kept back, once that is over: sent, told together, or kept on.

What is let go meets the policies again, as they are then. Mutes and breakers are ended by people, not here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.decide.delivery import in_zone
from monitor.decide.holding import Occasion, Restraints, hold_of, source_names
from monitor.decide.owed import digest_of
from monitor.decide.routing import merged, route_match
from monitor.decide.telling import is_mere_report
from monitor.model import (
    Delivery,
    DeliveryKind,
    Digest,
    HeldDelivery,
    Hold,
    HoldKind,
    Message,
    Policies,
    Policy,
    Priority,
    Rule,
    Way,
)
from monitor.text.hours import local_time

FEW = 5  # stories that are told one by one when quiet hours or a mute end
OURS = (HoldKind.WAIT, HoldKind.QUIET, HoldKind.DIGEST, HoldKind.MAINTENANCE, HoldKind.ENDED)
_TOLD_WITH_FIRST = "the first message tells it"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Send them."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Tell them in one message."""

    digest: Delivery
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOn:
    """Keep them back for another reason, or longer."""

    keys: tuple[str, ...]
    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Give them up: nothing is lost with them."""

    keys: tuple[str, ...]
    reason: str


Ending = Release | Fold | HoldOn | Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What is known of rules and feeds: where messages would go if they were decided about now."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    source_tags: Mapping[str, Collection[str]] = field(default_factory=dict)  # by feed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """What is held of one story in one channel, the first message first."""

    held: tuple[HeldDelivery, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(each.delivery.key for each in self.held)

    @property
    def first(self) -> Delivery:
        return self.held[0].delivery

    @property
    def hold(self) -> Hold:
        hold = self.first.hold
        assert hold is not None  # noqa: S101 - the store reads what is held
        return hold

    @property
    def priority(self) -> Priority:
        return max(each.delivery.message.priority for each in self.held)

    def over(self, now: datetime) -> bool:
        """Say whether the time of the hold is over."""
        return self.hold.until is None or self.hold.until <= now


def end_holds(
    held: Sequence[HeldDelivery], restraints: Restraints, directory: Directory, now: datetime
) -> tuple[Ending, ...]:
    """Decide about what is held in one channel, whether or not its time is over; in the order in which it is done."""
    ours = [each for each in held if each.delivery.hold and each.delivery.hold.kind in OURS]
    ready: dict[HoldKind, list[_Unit]] = {}
    endings: list[Ending] = []
    for unit in _units(ours):
        hold = _again(unit, restraints, directory, now)
        if hold is None:
            ready.setdefault(unit.hold.kind, []).append(unit)
        elif hold.kind is not unit.hold.kind or _ends_otherwise(hold, unit.hold, now):
            endings.append(HoldOn(keys=unit.keys, hold=hold))
    for kind, units in ready.items():
        policy = restraints.policies.of(units[0].first.channel)
        endings += _let_go(kind, units, policy, now)
    return tuple(endings)


def _units(held: Iterable[HeldDelivery]) -> list[_Unit]:
    """Put together what belongs to one alert; in the order of their first."""
    found: dict[str, list[HeldDelivery]] = {}
    for each in sorted(held, key=lambda each: each.seq):
        found.setdefault(each.delivery.alert_id or each.delivery.key, []).append(each)
    return [_Unit(held=tuple(some)) for some in found.values()]


def _again(unit: _Unit, restraints: Restraints, directory: Directory, now: datetime) -> Hold | None:
    """Say what keeps a story back from now on, None = nothing."""
    hold, over = unit.hold, unit.over(now)
    occasion = occasion_of(unit.first, unit.priority, unit.held[0].story_id, restraints.policies, directory)
    policy = restraints.policies.of(occasion.channel)
    if hold.kind is HoldKind.WAIT and not over:
        occasion = replace(occasion, first=True)
    found = hold_of(occasion, restraints, now)
    if found is not None and found.kind is HoldKind.WAIT:
        return min(hold, found, key=lambda each: each.until or now)  # it goes on as it began, unless a clock was wrong
    if over and hold.kind is HoldKind.DIGEST and found is not None and found.kind is HoldKind.DIGEST:
        return _blocked(occasion, policy, restraints, now)
    return found


def _ends_otherwise(hold: Hold, before: Hold, now: datetime) -> bool:
    """Say whether a hold of the same kind is to last longer after its end, or less long before it.

    What ends later by now may only look so: the next digest is tomorrow's while today's waits for the morning.
    """
    ends, ended = hold.until or now, before.until or now
    return ended <= now or ends < ended


def _blocked(occasion: Occasion, policy: Policy, restraints: Restraints, now: datetime) -> Hold | None:
    """Say what keeps back a digest that is due: quiet hours that began, a maintenance."""
    without = replace(policy, digest=None, wait=timedelta())
    policies = replace(restraints.policies, channels={**restraints.policies.channels, occasion.channel: without})
    found = hold_of(occasion, replace(restraints, policies=policies), now)
    return found and replace(found, kind=HoldKind.DIGEST)


def occasion_of(
    delivery: Delivery, priority: Priority, story_id: str, policies: Policies, directory: Directory
) -> Occasion:
    """Say of a message that is written already what matters for when it is sent."""
    message = delivery.message
    if isinstance(message, Digest):
        return Occasion(channel=delivery.channel, priority=priority, rules=(), sources=("",))
    sources = source_names(message.feed, directory.source_tags)
    known = [directory.rules[why.rule] for why in message.reasons if why.rule in directory.rules]
    routed = (route_match(rule, message.language, sources, policies.routes).channels for rule in known)
    ways = merged((channel, way) for channels in routed for channel, way in channels.items())
    return Occasion(
        channel=delivery.channel,
        priority=priority,
        rules=tuple(why.rule for why in message.reasons),
        sources=sources,
        story_id=story_id,
        way=ways.get(delivery.channel, Way()),
    )


def admit(
    notices: Iterable[Delivery], restraints: Restraints, directory: Directory, now: datetime
) -> tuple[Delivery, ...]:
    """Hold what this program has to say itself as any alert; leave out what a rule says below a channel's priority."""
    admitted = []
    for notice in notices:
        priority = notice.message.priority
        occasion = occasion_of(notice, priority, "", restraints.policies, directory)
        if priority >= restraints.policies.of(notice.channel).min_priority or not any(occasion.rules):
            admitted.append(replace(notice, hold=hold_of(occasion, restraints, now)))
    return tuple(admitted)


# -- letting go --------------------------------------------------------------------------------------------------------


def _let_go(kind: HoldKind, units: Sequence[_Unit], policy: Policy, now: datetime) -> list[Ending]:
    early = [unit for unit in units if kind is HoldKind.DIGEST and policy.digest is not None and not unit.over(now)]
    alone = early if len(early) <= FEW else []  # they matter more by now: the digest is not told before its time
    single = [
        unit
        for unit in units
        if isinstance(unit.first.message, Digest) or unit.priority is Priority.URGENT or unit in alone
    ]
    some = [unit for unit in units if unit not in single]
    most = {HoldKind.DIGEST: 0, HoldKind.MAINTENANCE: 1, HoldKind.QUIET: FEW, HoldKind.ENDED: FEW}.get(kind, len(some))
    if kind is HoldKind.DIGEST and policy.digest is None:
        most = FEW
    if len(some) <= most:
        return _one_by_one(units, kind)
    return [*_one_by_one(single, kind), _fold(some, kind, policy, now)]


def _one_by_one(units: Sequence[_Unit], kind: HoldKind) -> list[Ending]:
    """Send stories each by itself; reports that came while the first message waited are part of it."""
    mere = {
        each.delivery.key
        for unit in units
        for each in unit.held[1:]
        if kind is HoldKind.WAIT and unit.first.kind is DeliveryKind.POST and is_mere_report(each.delivery)
    }
    keys = tuple(key for unit in units for key in unit.keys if key not in mere)
    endings: list[Ending] = [Drop(keys=tuple(sorted(mere)), reason=_TOLD_WITH_FIRST)] if mere else []
    return [*endings, Release(keys=keys)] if keys else endings


def _fold(units: Sequence[_Unit], kind: HoldKind, policy: Policy, now: datetime) -> Fold:
    keys = tuple(key for unit in units for key in unit.keys)
    return Fold(digest=digest_of_held(units, kind, policy, now), keys=keys)


def digest_of_held(units: Sequence[_Unit], kind: HoldKind, policy: Policy, now: datetime) -> Delivery:
    """Make one message of stories: by priority, then by how widely they are reported."""
    items = sorted((_item(unit) for unit in units), key=lambda item: -(item.coverage.entries if item.coverage else 1))
    since = _since(min(unit.first.created_at for unit in units), policy, now)
    stories = f"{len(units)} {'story' if len(units) == 1 else 'stories'} since {since}"
    after = {HoldKind.QUIET: "the quiet hours", HoldKind.MAINTENANCE: "maintenance", HoldKind.ENDED: "a mute"}
    what = f"After {after[kind]}" if kind in after else "Digest"
    reasons = {unit.hold.reason.partition(" until ")[0] for unit in units}
    of_channel = kind is HoldKind.DIGEST and policy.digest is not None
    reason = f"the digest of this channel, {policy.digest}" if of_channel else "; ".join(sorted(reasons))
    return digest_of(
        items,
        channel=units[0].first.channel,
        title=f"{what}: {stories}",
        reason=reason,
        event=" ".join(sorted(key for unit in units for key in unit.keys)),
        now=now,
    )


def _since(first: datetime, policy: Policy, now: datetime) -> str:
    """Write when the first was held back, in the channel's zone: the time alone where that was within a day."""
    shown = local_time(first, policy.zone)
    day, time, zone = shown.split(" ")
    return f"{time} {zone}" if now - first < _DAY else f"{day} {time} {zone}"


def _item(unit: _Unit) -> Message:
    """Make one item of a story; what replies would have said is its note."""
    message, later = unit.first.message, [each.delivery.message for each in unit.held[1:]]
    assert isinstance(message, Message)  # noqa: S101 - whoever folds takes digests out before
    notes = [message.note] if message.note else []
    if later:
        notes.append("1 later report" if len(later) == 1 else f"{len(later)} later reports")
    notes += [
        each.message.note
        for each in (held.delivery for held in unit.held[1:])
        if isinstance(each.message, Message) and not is_mere_report(each)
    ]
    return replace(message, priority=unit.priority, note="; ".join(dict.fromkeys(notes)))


def preview(held: Sequence[HeldDelivery], policy: Policy, now: datetime) -> Digest | None:
    """Make the digest that would be told now; None = nothing is held for it."""
    waiting = [each for each in held if each.delivery.hold and each.delivery.hold.kind is HoldKind.DIGEST]
    units = [unit for unit in _units(waiting) if isinstance(unit.first.message, Message)]
    if not units:
        return None
    made = in_zone(digest_of_held(units, HoldKind.DIGEST, policy, now), policy.zone).message
    return made if isinstance(made, Digest) else None
