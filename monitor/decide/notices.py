"""What this program has to say itself: that files hold mistakes, that nothing comes. Messages about no entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.decide.spread import digest
from monitor.decide.thresholds import is_silent, span
from monitor.model import Absent, Delivery, DeliveryKind, Excerpt, FeedLease, Message, Policies, Priority, Reason, Rule
from monitor.text.hours import local_time
from monitor.text.plain import one_line, shorten

SOURCE = "media-monitor"
_MOST_MISTAKES = 3
_LINE_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is said, whoever hears it."""

    topic: str  # notices of one topic are one notice
    title: str
    why: Reason
    lines: tuple[str, ...] = ()
    priority: Priority

    def to(self, channel: str, now: datetime) -> Delivery:
        """Owe it to a channel."""
        message = Message(
            title=Excerpt(text=self.title),
            url="",
            feed=SOURCE,
            published=None,
            seen_at=now,
            language="",
            priority=self.priority,
            reasons=(self.why,),
            excerpts=tuple(Excerpt(text=line) for line in self.lines),
        )
        return Delivery(
            key=digest("notice", self.topic, channel),
            alert_id="",
            channel=channel,
            kind=DeliveryKind.POST,
            message=message,
            created_at=now,
        )


def notice_of_mistakes(mistakes: Sequence[str], channels: Collection[str], now: datetime) -> tuple[Delivery, ...]:
    """Say that changed files were refused; the same mistakes are told once a day, whoever finds them."""
    more = len(mistakes) - _MOST_MISTAKES
    notice = Notice(
        topic=f"mistakes {now:%Y-%m-%d} {digest(*mistakes)}",
        title=f"Not reloaded: {len(mistakes)} mistake{'' if len(mistakes) == 1 else 's'} in the files",
        why=Reason(
            rule="", title="The last good configuration goes on", found=(), note="`monitor check` shows all mistakes"
        ),
        lines=(
            *(shorten(one_line(mistake), _LINE_LIMIT) for mistake in mistakes[:_MOST_MISTAKES]),
            *([f"and {more} more"] if more > 0 else []),
        ),
        priority=Priority.HIGH,
    )
    return tuple(notice.to(channel, now) for channel in channels)


def notices_of_parked(leases: Collection[FeedLease], channels: Collection[str], now: datetime) -> tuple[Delivery, ...]:
    """Say which feeds are not polled for a day, because each poll of them ended the program."""
    notices = [
        Notice(
            topic=f"parked {lease.state.url} {now:%Y-%m-%d}",
            title=f"Feed {lease.state.name} is parked for a day",
            why=Reason(
                rule="",
                title="Not polled any more",
                found=(),
                note=f"{lease.strikes} times the program ended while it was polled",
            ),
            lines=(f"`monitor feeds resume {lease.state.name}` tries it again; please report what it shows",),
            priority=Priority.HIGH,
        )
        for lease in leases
    ]
    return tuple(notice.to(channel, now) for notice in notices for channel in channels)


def notices_of_silence(
    rules: Collection[Rule], quiet_since: Mapping[str, datetime], policies: Policies, now: datetime
) -> tuple[Delivery, ...]:
    """Say which rules have found nothing for as long as their `absent` allows, since when in each channel's zone.

    Each silence is told once. It is known by its beginning, so the next one, after a hit, is told again.
    """
    return tuple(
        delivery
        for rule in rules
        if isinstance(rule.threshold, Absent)
        and rule.id in quiet_since
        and is_silent(rule.threshold, quiet_since[rule.id], now)
        for delivery in _silence(rule, rule.threshold, quiet_since[rule.id], policies, now)
    )


def _silence(
    rule: Rule, absent: Absent, quiet_since: datetime, policies: Policies, now: datetime
) -> Iterator[Delivery]:
    for channel in rule.notify:
        since = local_time(quiet_since, policies.of(channel).zone)
        notice = Notice(
            topic=f"silence {rule.id} {quiet_since.isoformat()}",
            title=f"Nothing about {rule.title or rule.id} since {since}",
            why=Reason(rule=rule.id, title=rule.title, found=(), note=f"absent for {span(absent.within)}"),
            priority=rule.priority,
        )
        yield notice.to(channel, now)
