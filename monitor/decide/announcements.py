"""What this program says of itself and its channels: that a channel works, that messages could not be delivered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from monitor.decide.notices import SOURCE, Notice
from monitor.decide.spread import digest
from monitor.model import Delivery, Digest, Message, Priority, Reason
from monitor.ports import DeadLetter
from monitor.text.plain import one_line, shorten

TEST_TITLE = "Test message of Media Monitor"
SET_ASIDE = "Messages that were set aside"  # by this reason a notice of them is known
FOLD = timedelta(seconds=30)  # from the first that dies until it is told: more may follow
_MOST_TITLES = 3
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
    told = [name for name in ops if name != channel]
    if told:
        return tuple(notice.to(name, now) for name in told)
    other = next((name for name in channels if name != channel), None)
    if other is None:
        return ()
    # one key whichever channel it is: another one may come first after a reload
    return (replace(notice.to(other, now), key=digest("notice", notice.topic)),)
