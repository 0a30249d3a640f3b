"""The end of a page: which breakers it trips, what waits for a person then, and what channels hear of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from monitor.decide.breaker import broken_by, edit_of_notice, hold_of_breaker, notice_of_breaker, tripped
from monitor.decide.telling import Telling
from monitor.model import Breaker, Delivery, HoldKind, Priority, Pulse, Raised, Stage, Subject

_TOLD_SOON = frozenset({None, HoldKind.WAIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tripped:
    """What a page adds to the pulses of its rules and its feed, and what came of it."""

    raised: tuple[Raised, ...] = ()
    breakers: tuple[Breaker, ...] = ()  # that it opens
    notices: tuple[Delivery, ...] = ()


def trip(telling: Telling, feed: str) -> Tripped:
    """Hold what the page would tell of a rule or feed that is far above its baseline, once floods are folded.

    Only what is told at once counts: a digest is no flood, however much it holds. Where rules are to blame, the feed is
    not: what they have raised is taken off its count.
    """
    raised = _raised(telling, feed)
    rules = tuple(_opened(telling, [each for each in raised if each.subject is Subject.RULE]))
    opened = rules or tuple(_opened(telling, [each for each in raised if each.subject is Subject.FEED]))
    for alert_id, post in telling.posts.items() if opened else ():
        alert = telling.alerts[alert_id]
        broken = broken_by((*telling.restraints.breakers, *opened), rules=alert.rules, feed=feed)
        if broken is not None and _kind(post) in _TOLD_SOON:
            hold = hold_of_breaker(broken)
            telling.posts[alert_id] = replace(post, hold=hold)
            links = {"story_id": alert.story_id, "channel": alert.channel}
            telling.note(alert.entry_id, Stage.ROUTE, "held", hold.reason, **links)
    telling.replies = [_with_its_post(reply, telling.posts) for reply in telling.replies]
    notices = tuple(_notices(telling, (*telling.restraints.breakers, *opened)))
    blamed = tuple(_taken_off(telling, rules, feed))
    return Tripped(raised=(*_raised(telling, feed), *blamed), breakers=opened, notices=notices)


def _raised(telling: Telling, feed: str) -> tuple[Raised, ...]:
    """Count the stories that the page tells at once, by rule and for the feed; in how many channels is no matter."""
    stories: dict[str, set[str]] = {}
    for alert_id, post in telling.posts.items():
        alert = telling.alerts[alert_id]
        for rule in alert.rules if _kind(post) in _TOLD_SOON else ():
            stories.setdefault(rule, set()).add(alert.story_id)
    of_rules = [Raised(subject=Subject.RULE, name=rule, alerts=len(told)) for rule, told in stories.items()]
    of_feed = len(set().union(*stories.values()))
    return (*of_rules, Raised(subject=Subject.FEED, name=feed, alerts=of_feed)) if of_feed else ()


def _opened(telling: Telling, raised: Collection[Raised]) -> Iterator[Breaker]:
    settings = telling.restraints.policies.breaker
    is_open = {(each.subject, each.name) for each in telling.restraints.breakers}
    for item in raised if settings else ():
        pulse = _pulse(telling, item.subject, item.name)
        breaker = settings and tripped(replace(pulse, hour=pulse.hour + item.alerts), settings, telling.now)
        if breaker and (item.subject, item.name) not in is_open:
            yield breaker


def _taken_off(telling: Telling, rules: Collection[Breaker], feed: str) -> Iterator[Raised]:
    """Take off the feed's count what rules have raised whose breakers the page opens."""
    of_rules = sum(_pulse(telling, each.subject, each.name).hour for each in rules)
    too_much = min(of_rules, _pulse(telling, Subject.FEED, feed).hour)
    if too_much:
        yield Raised(subject=Subject.FEED, name=feed, alerts=-too_much)


def _pulse(telling: Telling, subject: Subject, name: str) -> Pulse:
    known = (each for each in telling.restraints.pulses if (each.subject, each.name) == (subject, name))
    return next(known, Pulse(subject=subject, name=name))


def _with_its_post(reply: Delivery, posts: Mapping[str, Delivery]) -> Delivery:
    """Let a reply wait as long as the message of this very page that it follows, unless it is muted itself."""
    post = posts.get(reply.alert_id)
    if post is None or post.hold is None or _kind(reply) is HoldKind.MUTE:
        return reply
    return replace(reply, hold=post.hold)


def _notices(telling: Telling, breakers: Collection[Breaker]) -> Iterator[Delivery]:
    """Tell each channel once of a breaker that holds something there, and then how much by now."""
    before = {(each.breaker, each.channel): each for each in telling.restraints.held}
    for breaker in breakers:
        held = [post for post in telling.posts.values() if post.hold == hold_of_breaker(breaker)]
        for channel in dict.fromkeys(post.channel for post in held):
            here = [post for post in held if post.channel == channel]
            known = before.get((breaker.id, channel))
            urgent = [post.message.title.text for post in here if post.message.priority is Priority.URGENT]
            notice = notice_of_breaker(
                breaker,
                channel,
                count=len(here) + (known.count if known else 0),
                urgent=[*(known.urgent if known else ()), *urgent],
                now=telling.now,
            )
            yield edit_of_notice(notice, event=here[-1].key) if known else notice


def _kind(delivery: Delivery) -> HoldKind | None:
    return delivery.hold.kind if delivery.hold else None
