"""What this program says of itself and its channels: that one works, that messages were set aside, that it lives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from monitor.decide.notices import SOURCE, Notice
from monitor.decide.spread import digest
from monitor.model import Delivery, Digest, Message, Priority, Reason
from monitor.ports import Activity, DeadLetter
from monitor.text.hours import local_time
from monitor.text.plain import one_line, shorten
from monitor.text.timetable import Timetable

TEST_TITLE = "Test message of Media Monitor"
SET_ASIDE = "Messages that were set aside"  # by this reason a notice of them is known
FOLD = timedelta(seconds=30)  # from the first that dies until it is told: more may follow
_MOST_TITLES = 3
_MOST_NAMED = 10
_BACK = (timedelta(hours=2), timedelta(days=2), timedelta(days=8))  # the latest time due lies within one of them
_LINE_LIMIT = 300


def test_message(channel: str, now: datetime) -> Delivery:
    """Write a message that shows that a channel works; no two are the same."""
    notice = Notice(
        topic=f"test {now.isoformat()}",
        title=TEST_TITLE,
        why=Reason(rule="", title="Somebody asked for it", found=(), note=f"monitor notify test {channel}"),
        lines=("If you can read this, alerts arrive here.",),
        priority=Priority.NORMAL,
    )
    return notice.to(channel, now)


def notices_of_dead(
    letters: Collection[DeadLetter],
    *,
    ops: Sequence[str],
    channels: Collection[str],
    now: datetime,
    fold: timedelta = FOLD,
) -> tuple[Delivery, ...]:
    """Say through other channels which messages were set aside: once for each channel, cause and hour.

    It is told to the channels of `ops`, or where that is the channel in question to any other of `channels`. What says
    so is no news itself when it is set aside: else two broken channels would talk about each other for ever.
    """
    news = sorted((each for each in letters if not _tells_of_dead(each.message)), key=_group)
    return tuple(
        delivery
        for (channel, reason, hour), grouped in groupby(news, key=_group)
        if min((group := tuple(grouped)), key=lambda each: each.at).at <= now - fold
        for delivery in _dead(channel, reason, hour, group, ops=ops, channels=channels, now=now)
    )


def _group(letter: DeadLetter) -> tuple[str, str, str]:
    return letter.channel, letter.reason, f"{letter.at:%Y-%m-%d %H}"


def _tells_of_dead(message: Message | Digest | None) -> bool:
    """Say whether a message is such a notice; a feed may have our name, and has no rules without one."""
    if not isinstance(message, Message) or message.feed != SOURCE:
        return False
    return any(not reason.rule and reason.title == SET_ASIDE for reason in message.reasons)


def _dead(
    channel: str,
    reason: str,
    hour: str,
    letters: Sequence[DeadLetter],
    *,
    ops: Sequence[str],
    channels: Collection[str],
    now: datetime,
) -> tuple[Delivery, ...]:
    more = len(letters) - _MOST_TITLES
    titles = [letter.message.title.text if letter.message else "(it cannot be read)" for letter in letters]
    notice = Notice(
        topic=f"dead {digest(channel, reason)} {hour}",
        title=f"{len(letters)} message{'' if len(letters) == 1 else 's'} to {channel} could not be delivered",
        why=Reason(
            rule="",
            title=SET_ASIDE,
            found=(),
            note=f"`monitor alerts replay --channel {channel}` sends them again, once that is mended",
        ),
        lines=(
            shorten(one_line(reason), _LINE_LIMIT),
            *(shorten(one_line(title), _LINE_LIMIT) for title in titles[:_MOST_TITLES]),
            *([f"and {more} more"] if more > 0 else []),
        ),
        priority=Priority.HIGH,
    )
    return _elsewhere(notice, channel, ops=ops, channels=channels, now=now)


def notices_of_refused(
    but: str, channel: str, *, ops: Sequence[str], channels: Collection[str], now: datetime
) -> tuple[Delivery, ...]:
    """Say elsewhere that a mail did not reach everyone; `but` says whom and why, and is told once a day."""
    notice = Notice(
        topic=f"refused {channel} {digest(but)} {now:%Y-%m-%d}",
        title=f"A mail to {channel} did not reach everyone",
        why=Reason(rule="", title="Recipients that the mail server refuses", found=(), note="the others have got it"),
        lines=(shorten(one_line(but), _LINE_LIMIT),),
        priority=Priority.HIGH,
    )
    return _elsewhere(notice, channel, ops=ops, channels=channels, now=now)


def _elsewhere(
    notice: Notice, channel: str, *, ops: Sequence[str], channels: Collection[str], now: datetime
) -> tuple[Delivery, ...]:
    """Owe a notice about a channel to those of `ops`, or to the first other one."""
    told = [name for name in ops if name != channel]
    if told:
        return tuple(notice.to(name, now) for name in told)
    other = next((name for name in channels if name != channel), None)
    if other is None:
        return ()
    # one key whichever channel it is: another one may come first after a reload
    return (replace(notice.to(other, now), key=digest("notice", notice.topic)),)


# -- the heartbeat -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the message says that tells how this program is."""

    since: datetime
    activity: Activity
    blind: Mapping[str, str]  # feeds that cannot be read, with the cause
    quiet: Sequence[str]  # titles of rules that have found nothing in 7 days


def notices_of_life(
    health: Health, timetable: Timetable, due: datetime, zones: Mapping[str, str], now: datetime
) -> tuple[Delivery, ...]:
    """Say how this program is, by channel with its zone; `due` is when that was to be told, and is told once."""
    done = health.activity
    told = f"{done.sent:,} messages sent" + (f", {done.dead:,} set aside" if done.dead else "")
    blind = _some([f"{name} ({cause})" for name, cause in health.blind.items()])
    quiet = _some(health.quiet)

    def notice(zone: str) -> Notice:
        note = f"since {local_time(health.since, zone)}; {timetable}"
        return Notice(
            topic=f"alive {due.isoformat()}",
            title=f"Alive: {done.entries:,} entries read, {done.alerts:,} alerts, {told}",
            why=Reason(rule="", title="Heartbeat", found=(), note=note),
            lines=(
                f"Feeds that cannot be read: {blind}" if blind else "Every feed can be read.",
                f"Rules that have found nothing in 7 days: {quiet}"
                if quiet
                else "Every rule has found something in 7 days.",
            ),
            priority=Priority.LOW,
        )

    return tuple(notice(zone).to(channel, now) for channel, zone in zones.items())


def last_due(timetable: Timetable, now: datetime) -> datetime:
    """Return when a timetable was due last, now at the latest."""
    due = next(due for back in _BACK if (due := timetable.after(now - back)) <= now)
    while (later := timetable.after(due)) <= now:
        due = later
    return due


def notices_of_canary(failure: str, channels: Collection[str], now: datetime) -> tuple[Delivery, ...]:
    """Say that an entry of our own did not come through; the same failure is told once a day."""
    notice = Notice(
        topic=f"canary {now:%Y-%m-%d} {digest(failure)}",
        title="Alerts may not arrive: an entry of our own did not come through",
        why=Reason(rule="", title="Canary", found=(), note="the heartbeat's ping has stopped until one does"),
        lines=(shorten(one_line(failure), _LINE_LIMIT),),
        priority=Priority.URGENT,
    )
    return tuple(notice.to(channel, now) for channel in channels)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(one_line(name) for name in names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
