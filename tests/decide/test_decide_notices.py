"""What this program says itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.decide.notices import notice_of_mistakes, notices_of_parked, notices_of_silence
from monitor.model import Absent, FeedLease, FeedState, Message, Policies, Policy, Priority, Rule
from monitor.notify.wording import plain_text

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULE = Rule(id="talks", title="Talks", notify=("desk", "chief"), threshold=Absent(within=DAY), priority=Priority.HIGH)


def test_mistakes_are_named_the_first_ones_and_counted() -> None:
    (notice,) = notice_of_mistakes([f"rules.yaml:{line}:1: bad\x1b" for line in range(1, 6)], ["ops"], NOW)
    assert (notice.channel, notice.alert_id) == ("ops", "")
    assert isinstance(notice.message, Message)
    assert plain_text(notice.message) == (
        "[high] Not reloaded: 5 mistakes in the files\n\nrules.yaml:1:1: bad\n\nrules.yaml:2:1: bad\n\n"
        "rules.yaml:3:1: bad\n\nand 2 more\n\n"
        "Why: The last good configuration goes on: `monitor check` shows all mistakes\n"
        "From: media-monitor · seen 2026-03-01 12:00 UTC"
    )


def test_the_same_mistakes_are_the_same_notice_for_a_day() -> None:
    def keys(mistakes: list[str], now: datetime) -> set[str]:
        return {notice.key for notice in notice_of_mistakes(mistakes, ["ops", "chief"], now)}

    first = keys(["a"], NOW)
    assert len(first) == 2
    assert keys(["a"], NOW + timedelta(hours=2)) == first
    assert not keys(["a"], NOW + DAY) & first
    assert not keys(["b"], NOW) & first
    assert "1 mistake in" in notice_of_mistakes(["a"], ["ops"], NOW)[0].message.title.text
    assert notice_of_mistakes(["a"], [], NOW) == ()


def test_a_parked_feed_is_told_once_a_day_with_what_to_do() -> None:
    lease = FeedLease(state=FeedState(feed_id=1, name="wire", url="https://wire.example/rss"), token=4, strikes=3)
    (notice,) = notices_of_parked([lease], ["ops"], NOW)
    assert isinstance(notice.message, Message)
    assert plain_text(notice.message).splitlines()[:3] == [
        "[high] Feed wire is parked for a day",
        "",
        "`monitor feeds resume wire` tries it again; please report what it shows",
    ]
    assert notice.message.reasons[0].note == "3 times the program ended while it was polled"
    assert notices_of_parked([lease], ["ops"], NOW + timedelta(hours=2))[0].key == notice.key
    assert notices_of_parked([lease], ["ops"], NOW + DAY)[0].key != notice.key


def test_a_silence_is_told_in_each_channel_with_its_beginning() -> None:
    quiet = {"talks": NOW - DAY}
    policies = Policies(channels={"chief": Policy(zone="Asia/Tokyo")})
    desk, chief = notices_of_silence([RULE], quiet, policies, NOW)
    assert (desk.channel, chief.channel) == ("desk", "chief")
    assert desk.message.title.text == "Nothing about Talks since 2026-02-28 12:00 UTC"
    assert chief.message.title.text == "Nothing about Talks since 2026-02-28 21:00 Asia/Tokyo"
    assert desk.message.priority is Priority.HIGH
    assert isinstance(desk.message, Message)
    assert desk.message.reasons[0].note == "absent for 1d"


def test_a_silence_has_one_notice_and_the_next_one_another() -> None:
    def keys(since: datetime, now: datetime) -> list[str]:
        return [notice.key for notice in notices_of_silence([RULE], {"talks": since}, Policies(), now)]

    assert keys(NOW - DAY, NOW) == keys(NOW - DAY, NOW + DAY) != keys(NOW, NOW + DAY)


def test_what_is_not_silent_for_long_enough_is_not_told() -> None:
    others = [replace(RULE, threshold=None), replace(RULE, id="unwatched")]
    since = {"talks": NOW - DAY + timedelta(seconds=1)}
    assert notices_of_silence([RULE, *others], since, Policies(), NOW) == ()
