"""Hours of the week, times of day and timetables, in zones whose clocks jump."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.hours import (
    DAYS,
    Hours,
    at_clock,
    end_of,
    ending,
    local_time,
    parse_days,
    parse_hours,
    parse_moment,
    parse_zone,
)
from monitor.text.timetable import parse_timetable

PARIS = "Europe/Paris"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # 02:00 becomes 03:00, 03:00 becomes 02:00


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("22:00-07:00", Hours(start=1320, end=1860, zone="UTC")),
        ("7:30 – 8:00 Europe/Paris", Hours(start=450, end=480, zone=PARIS)),
        ("00:00-24:00", Hours(start=0, end=1440, zone="UTC")),
        ("22:00-00:00", Hours(start=1320, end=1440, zone="UTC")),
        ("mon-fri 22:00-07:00 Etc/GMT-3", Hours(days=frozenset(range(5)), start=1320, end=1860, zone="Etc/GMT-3")),
        ("Sat, sun 00:00-24:00", Hours(days=frozenset({5, 6}), start=0, end=1440, zone="UTC")),
        ("fri-mon 10:00-11:00", Hours(days=frozenset({4, 5, 6, 0}), start=600, end=660, zone="UTC")),
    ],
)
def test_hours_are_read(written: str, read: Hours) -> None:
    assert parse_hours(written) == read


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("25:00-07:00", "`25:00` is no time of day: write it like `07:30`"),
        ("24:00-07:00", "`24:00` is no time of day: write it like `07:30`"),
        ("22:00-24:01", "`24:01` is no time of day: write it like `07:30`"),
        ("22.00-07.00", "`22.00` is no time of day: write it like `07:30`"),
        ("22-7", "`22` is no time of day: write it like `07:30`"),
        ("22:00-22:00", "`22:00-22:00` begins and ends at once: a whole day is `00:00-24:00`"),
        ("22:00", "`22:00` is no hours: write hours like `22:00-07:00 Europe/Paris` or `sat-sun 00:00-24:00`"),
        ("1320", "`1320` is no hours: write hours like `22:00-07:00 Europe/Paris` or `sat-sun 00:00-24:00`"),
        ("night", "`night` is no hours: write hours like `22:00-07:00 Europe/Paris` or `sat-sun 00:00-24:00`"),
        ("mun 22:00-07:00", "`mun` is no day of the week: write `mon`, `mon-fri` or `sat,sun`"),
        ("mon- 22:00-07:00", "`mon-` is no day of the week: write `mon`, `mon-fri` or `sat,sun`"),
        ("22:00-07:00 Europe/Pari", "unknown time zone `Europe/Pari`: did you mean `Europe/Paris`?"),
        ("22:00-07:00 ../etc/passwd", "unknown time zone `../etc/passwd`: write it like `Europe/Paris` or `UTC`"),
        ("", "nothing is written here: write hours like `22:00-07:00 Europe/Paris` or `sat-sun 00:00-24:00`"),
        (None, "this is no hours: write hours like `22:00-07:00 Europe/Paris` or `sat-sun 00:00-24:00`"),
    ],
)
def test_what_is_no_hours_is_said(written: object, mistake: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_hours(written)
    assert str(raised.value) == mistake


def test_a_day_without_hours_may_be_what_a_comma_left() -> None:
    with pytest.raises(ValueError, match="in brackets a comma ends the text: put it in quotes"):
        parse_hours("sat")


@pytest.mark.parametrize("zone", ["europe/paris", "", "/etc/localtime", None, "x" * 200])
def test_a_zone_is_named_as_it_is(zone: object) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        parse_zone(zone)


@given(st.text(max_size=120))
@settings(max_examples=50)
def test_any_text_is_hours_or_a_mistake(text: str) -> None:
    for parse in (parse_hours, parse_timetable, parse_moment):
        with suppress(ValueError):
            assert parse(text) is not None


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("22:00-07:00", "2026-03-01 21:59", None),
        ("22:00-07:00", "2026-03-01 22:00", "2026-03-02 07:00"),
        ("22:00-07:00", "2026-03-02 06:59", "2026-03-02 07:00"),
        ("22:00-07:00", "2026-03-02 07:00", None),
        ("sun 22:00-07:00", "2026-03-02 06:00", "2026-03-02 07:00"),  # it began on Sunday
        ("mon 22:00-07:00", "2026-03-02 06:00", None),
        ("22:00-07:00 Europe/Paris", "2026-03-01 21:30", "2026-03-02 06:00"),
        ("22:00-07:00 Europe/Paris", "2026-03-28 23:00", "2026-03-29 05:00"),  # the night is an hour short
        ("22:00-07:00 Europe/Paris", "2026-10-24 23:00", "2026-10-25 06:00"),  # and an hour long
        ("02:10-02:50 Europe/Paris", "2026-03-29 01:20", "2026-03-29 01:50"),  # clocks show 03:20
        ("01:00-02:30 Europe/Paris", "2026-10-25 00:40", None),  # 02:40, the first time
        ("01:00-03:00 Europe/Paris", "2026-10-25 01:40", "2026-10-25 02:00"),  # 02:40, the second time
    ],
)
def test_hours_say_when_they_end(hours: str, now: str, end: str | None) -> None:
    assert parse_hours(hours).end_at(utc(now)) == (utc(end) if end else None)


def test_hours_that_follow_each_other_end_together() -> None:
    weekend = [parse_hours("sat-sun 00:00-24:00"), parse_hours("mon-fri 22:00-24:00"), parse_hours("00:00-07:00")]
    assert end_of(weekend, utc("2026-02-27 23:00")) == utc("2026-03-02 07:00")
    assert end_of(weekend, utc("2026-03-02 07:00")) is None
    assert end_of([], utc("2026-03-02 07:00")) is None


def test_hours_have_to_end() -> None:
    hours = (parse_hours("mon-sat 00:00-24:00"), parse_hours("sun 00:00-23:59"))
    assert ending(hours) == hours
    with pytest.raises(ValueError, match="never end"):
        ending((parse_hours("mon-sat 00:00-24:00"), parse_hours("sun 00:00-12:00"), parse_hours("sun 11:00-01:00")))


def test_what_clocks_jump_over_is_as_long_after_the_jump_and_what_they_show_twice_is_once() -> None:
    assert at_clock(SPRING, 150, PARIS) == utc("2026-03-29 01:30")  # 02:30 does not exist: 03:30
    assert at_clock(AUTUMN, 150, PARIS) == utc("2026-10-25 00:30")  # 02:30, the first time
    assert at_clock(AUTUMN, 1470, PARIS) == utc("2026-10-25 23:30")
    assert local_time(utc("2026-10-25 00:30"), PARIS) == "2026-10-25 02:30 Europe/Paris"


def test_a_time_at_either_end_of_the_calendar_is_told_in_utc() -> None:
    assert local_time(datetime.max.replace(tzinfo=UTC), PARIS) == "9999-12-31 23:59 UTC"
    assert local_time(datetime.min.replace(tzinfo=UTC), "America/New_York") == "0001-01-01 00:00 UTC"


@pytest.mark.parametrize(
    ("written", "now", "due"),
    [
        ("daily 07:30", "2026-03-01 07:29", "2026-03-01 07:30"),
        ("daily 07:30", "2026-03-01 07:30", "2026-03-02 07:30"),
        ("daily 07:30 Europe/Paris", "2026-03-01 06:29", "2026-03-01 06:30"),
        ("daily 00:00 Pacific/Kiritimati", "2026-03-01 09:59", "2026-03-01 10:00"),
        ("daily 02:30 Europe/Paris", "2026-03-28 12:00", "2026-03-29 01:30"),
        ("daily 02:30 Europe/Paris", "2026-03-29 01:30", "2026-03-30 00:30"),
        ("daily 02:30 Europe/Paris", "2026-10-25 00:30", "2026-10-26 01:30"),  # once, not twice
        ("weekly mon 08:00", "2026-03-01 12:00", "2026-03-02 08:00"),
        ("weekly mon 08:00", "2026-03-02 08:00", "2026-03-09 08:00"),
        ("weekly mon-fri 08:00", "2026-03-06 08:00", "2026-03-09 08:00"),
        ("hourly", "2026-03-01 07:00", "2026-03-01 08:00"),
        ("hourly Asia/Kolkata", "2026-03-01 07:00", "2026-03-01 07:30"),
    ],
)
def test_a_timetable_says_when_it_is_due_next(written: str, now: str, due: str) -> None:
    timetable = parse_timetable(written)
    assert timetable.after(utc(now)) == utc(due)
    assert parse_timetable(str(timetable)) == timetable
    assert timetable.shown(utc(due)).endswith(timetable.zone)


@given(
    st.integers(0, 3650 * 24 * 60),
    st.integers(0, 1439),
    st.sampled_from([PARIS, "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
@settings(max_examples=60)
def test_a_daily_digest_comes_once_each_day_of_its_zone(minutes: int, at: int, zone: str) -> None:
    timetable, now = parse_timetable(f"daily {at // 60:02}:{at % 60:02} {zone}"), utc("2020-01-01 00:00")
    now += timedelta(minutes=minutes)
    days = []
    for _ in range(3):
        later = timetable.after(now)
        assert now < later <= now + timedelta(hours=26)
        now = later
        days.append(local_time(now, zone)[:10])
    assert len(set(days)) == 3


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("daily 7.30", "`7.30` is no time of day"),
        ("daily 24:00", "`24:00` is no time of day"),
        ("07:30", "`07:30` is no timetable: write `hourly`, `daily 07:30 Europe/Paris` or `weekly mon 08:00`"),
        ("weekly 08:00", "`weekly 08:00` is no timetable"),
        ("weekly mondays 08:00", "`mondays` is no day of the week"),
        ("daily 07:30 Europe/Paris please", "is no timetable"),
        ("daily 07:30 Mars/Base", "unknown time zone `Mars/Base`"),
        ("", "`` is no timetable"),
        (None, "this is no timetable"),
    ],
)
def test_what_is_no_timetable_is_said(written: object, mistake: str) -> None:
    with pytest.raises(ValueError, match=re.escape(mistake)):
        parse_timetable(written)


def test_a_moment_is_read_in_its_zone() -> None:
    assert parse_moment("2026-11-23 02:00", zone=PARIS) == utc("2026-11-23 01:00")
    assert parse_moment("2026-11-23T02:00 UTC", zone=PARIS) == utc("2026-11-23 02:00")
    for wrong, mistake in (
        ("tomorrow", "no day and time"),
        ("2026-02-30 02:00", "no day `2026-02-30`"),
        (None, "this"),
    ):
        with pytest.raises(ValueError, match=mistake):
            parse_moment(wrong)


def test_days_are_named_in_short() -> None:
    assert parse_days(",".join(DAYS)) == parse_days("mon-sun") == frozenset(range(7))
