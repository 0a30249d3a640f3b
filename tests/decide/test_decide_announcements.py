"""What is said of channels: that they work, that they lost something."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide.announcements import (
    Health,
    last_due,
    notices_of_canary,
    notices_of_dead,
    notices_of_life,
    notices_of_refused,
)
from monitor.decide.announcements import test_message as message_for_test
from monitor.model import Delivery, Digest, Excerpt, Message, Priority
from monitor.notify.wording import plain_text
from monitor.ports import Activity, DeadLetter
from monitor.text.timetable import parse_timetable

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


# -- the heartbeat -----------------------------------------------------------------------------------------------------

WELL = Health(since=NOW, activity=Activity(entries=12_345, alerts=3, sent=4, dead=0), blind={}, quiet=())
WEEKLY = parse_timetable("weekly mon,thu 09:00 Europe/Paris")


def life(health: Health, now: datetime = NOW) -> Delivery:
    (notice,) = notices_of_life(health, WEEKLY, NOW, {"ops": "Europe/Paris"}, now)
    return notice


def test_a_message_says_that_all_is_well() -> None:
    message = life(WELL).message
    assert isinstance(message, Message)
    assert plain_text(message) == (
        "[low] Alive: 12,345 entries read, 3 alerts, 4 messages sent\n\nEvery feed can be read.\n\n"
        "Every rule has found something in 7 days.\n\n"
        "Why: Heartbeat: since 2026-03-01 13:30 Europe/Paris; weekly mon,thu 09:00 Europe/Paris\n"
        "From: media-monitor · seen 2026-03-01 12:30 UTC"
    )


def test_what_is_not_well_is_named_the_first_ones_and_counted() -> None:
    names = [f"feed{number}" for number in range(12)]
    ill = replace(WELL, activity=replace(WELL.activity, dead=2), blind=dict.fromkeys(names, "gone"), quiet=["a\x1b"])
    message = life(ill).message
    assert isinstance(message, Message)
    assert "4 messages sent, 2 set aside" in message.title.text
    assert message.excerpts[0].text.endswith("feed9 (gone) and 2 more")
    assert message.excerpts[1].text == "Rules that have found nothing in 7 days: a"


def test_it_is_told_once_each_time_it_is_due() -> None:
    assert life(WELL).key == life(replace(WELL, since=NOW - MINUTE), NOW + MINUTE).key
    (later,) = notices_of_life(WELL, WEEKLY, NOW + MINUTE, {"ops": "UTC"}, NOW)
    assert later.key != life(WELL).key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hourly", "2026-03-01T12:00"),
        ("daily 12:30", "2026-03-01T12:30"),
        ("daily 12:31", "2026-02-28T12:31"),
        ("weekly sun 12:31", "2026-02-22T12:31"),
        ("weekly mon 00:00", "2026-02-23T00:00"),
        ("weekly mon,sat 00:00", "2026-02-28T00:00"),
    ],
)
def test_when_something_was_due_last(text: str, expected: str) -> None:
    assert last_due(parse_timetable(text), NOW) == datetime.fromisoformat(f"{expected}+00:00")


def test_the_same_failure_of_a_canary_is_told_once_a_day() -> None:
    def key(failure: str, now: datetime) -> str:
        (notice,) = notices_of_canary(failure, ["ops"], now)
        assert notice.message.priority is Priority.URGENT
        return notice.key

    assert key("a", NOW) == key("a", NOW + MINUTE)
    assert len({key("a", NOW), key("b", NOW), key("a", NOW + 1440 * MINUTE)}) == 3


def test_refused_recipients_are_told_once_a_day_elsewhere() -> None:
    def keys(but: str, now: datetime = NOW) -> list[tuple[str, str]]:
        found = notices_of_refused(but, "desk", ops=["desk"], channels=["desk", "chief"], now=now)
        return [(each.channel, each.key) for each in found]

    ((channel, key),) = keys("a@example.org: 550 nobody")
    assert channel == "chief"
    assert keys("a@example.org: 550 nobody", NOW + MINUTE) == [(channel, key)]
    assert keys("b@example.org: 550 nobody") != [(channel, key)]
    assert keys("a@example.org: 550 nobody", NOW + 1440 * MINUTE) != [(channel, key)]
