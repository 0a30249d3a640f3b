"""What is said of channels: that they work, that they lost something."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.decide.announcements import notices_of_dead
from monitor.decide.announcements import test_message as message_for_test
from monitor.model import Delivery, Digest, Excerpt, Message, Priority
from monitor.notify.wording import plain_text
from monitor.ports import DeadLetter

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALERT = message_for_test("desk", NOW).message
assert isinstance(ALERT, Message)
MESSAGE = replace(ALERT, title=Excerpt(text="Shoygu\x1b speaks"), feed="wire")
LETTER = DeadLetter(key="k", channel="desk", reason="is_archived: unarchive it", at=NOW - MINUTE, message=MESSAGE)


def tell(*letters: DeadLetter, ops: tuple[str, ...] = ("ops",), now: datetime = NOW) -> tuple[Delivery, ...]:
    return notices_of_dead(letters, ops=ops, channels=["desk", "chief", "screen"], now=now)


def test_what_died_for_one_cause_is_told_in_one_message() -> None:
    letters = [replace(LETTER, key=str(number), at=NOW - number * MINUTE) for number in range(1, 6)]
    (notice,) = tell(*letters, replace(LETTER, key="x", message=None))
    assert (notice.channel, notice.alert_id) == ("ops", "")
    assert isinstance(notice.message, Message)
    assert plain_text(notice.message) == (
        "[high] 6 messages to desk could not be delivered\n\nis_archived: unarchive it\n\n"
        "Shoygu speaks\n\nShoygu speaks\n\nShoygu speaks\n\nand 3 more\n\n"
        "Why: Messages that were set aside: "
        "`monitor alerts replay --channel desk` sends them again, once that is mended\n"
        "From: media-monitor · seen 2026-03-01 12:30 UTC"
    )
    (one,) = tell(replace(LETTER, message=None))
    assert isinstance(one.message, Message)
    assert "1 message to desk" in plain_text(one.message)
    assert "(it cannot be read)" in plain_text(one.message)


def test_each_channel_and_cause_is_told_once_an_hour() -> None:
    def keys(*letters: DeadLetter, now: datetime = NOW) -> set[str]:
        return {notice.key for notice in tell(*letters, now=now)}

    first = keys(LETTER)
    assert len(first) == 1
    assert keys(LETTER, replace(LETTER, key="l", at=NOW), now=NOW + MINUTE) == first
    for other in (
        replace(LETTER, channel="chief"),
        replace(LETTER, reason="something else"),
        replace(LETTER, at=LETTER.at - 60 * MINUTE),
    ):
        assert len(keys(LETTER, other)) == 2
        assert not keys(other) & first


def test_more_is_waited_for() -> None:
    assert tell(replace(LETTER, at=NOW - timedelta(seconds=29))) == ()
    assert len(tell(replace(LETTER, at=NOW - timedelta(seconds=30)))) == 1


def test_a_channel_is_not_told_of_itself() -> None:
    assert [notice.channel for notice in tell(LETTER, ops=("desk", "ops"))] == ["ops"]
    (notice,) = tell(LETTER, ops=("desk",))
    assert notice.channel == "chief"
    (again,) = notices_of_dead([LETTER], ops=(), channels=["screen", "desk"], now=NOW)
    assert (again.channel, again.key) == ("screen", notice.key), "told once, wherever"
    assert notices_of_dead([LETTER], ops=["desk"], channels=["desk"], now=NOW) == ()


def test_what_tells_of_the_dead_is_no_news_when_it_dies() -> None:
    (notice,) = tell(LETTER)
    own = replace(LETTER, channel="ops", message=notice.message)
    assert tell(own) == ()
    digest = Digest(title=Excerpt(text="d"), reason="r", priority=Priority.LOW, items=(MESSAGE,), count=1)
    assert len(tell(replace(LETTER, message=digest))) == 1
    assert len(tell(replace(LETTER, message=ALERT))) == 1, "other notices are news"


def test_no_two_test_messages_are_one() -> None:
    keys = {message_for_test(name, NOW + timedelta(microseconds=n)).key for name in ("a", "b") for n in (0, 1)}
    assert len(keys) == 4
