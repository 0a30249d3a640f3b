"""How often a feed is asked, when it is odd, what its page had lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide.identity import recognise, suspects
from monitor.decide.rhythm import after_page, after_unchanged, describe_gap, interval_of
from monitor.decide.schedule import first_polls, next_poll
from monitor.errors import Cause
from monitor.model import Entry, Feed, FeedNotes, FeedState, Gap, Identity, Memory, ParsedFeed

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = Feed(name="wire", url="https://wire.example/rss", poll=20 * MINUTE)
STATE = FeedState(
    feed_id=1,
    name="wire",
    url=FEED.url,
    baseline_at=NOW - 9 * DAY,
    polled_at=NOW - HOUR,
    notes=FeedNotes(newest_at=NOW - HOUR, usual=10 * MINUTE),
)


def entries(*ages: timedelta | None) -> list[Entry]:
    return [
        Entry(
            id=f"{number:032x}",
            keys=(bytes(16),),
            feed="wire",
            title="",
            seen_at=NOW,
            published=None if age is None else NOW - age,
        )
        for number, age in enumerate(ages)
    ]


def paged(
    fresh: int, size: int, *ages: timedelta | None, feed: Feed = FEED, state: FeedState = STATE, now: datetime = NOW
) -> FeedState:
    return after_page(
        feed, state, replace(state, polled_at=now), entries=entries(*ages), fresh=fresh, size=size, now=now
    )


# -- the interval ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "shortest", "longest"),
    [
        ({"poll": 20 * MINUTE}, 5 * MINUTE, 20 * MINUTE),
        ({"poll": 2 * MINUTE}, MINUTE, 2 * MINUTE),
        ({"poll": 30 * timedelta(seconds=1)}, timedelta(seconds=30), timedelta(seconds=30)),
        ({"poll": 20 * MINUTE, "poll_min": 2 * MINUTE, "poll_max": 2 * HOUR}, 2 * MINUTE, 2 * HOUR),
    ],
)
def test_the_interval_stays_within_its_bounds(
    options: dict[str, timedelta], shortest: timedelta, longest: timedelta
) -> None:
    feed = replace(FEED, **options)  # type: ignore[arg-type]
    busy = quiet = STATE
    assert interval_of(feed, STATE.notes) == options["poll"]
    for _ in range(20):
        busy = paged(30, 50, feed=feed, state=busy)
        quiet = after_unchanged(feed, quiet, NOW, same_page=True)
    assert (interval_of(feed, busy.notes), interval_of(feed, quiet.notes)) == (shortest, longest)
    for _ in range(20):
        busy = paged(2, 50, feed=feed, state=busy)
    assert interval_of(feed, busy.notes) == longest


def test_a_page_of_which_some_is_new_leaves_the_interval_as_it_is() -> None:
    state = paged(30, 50)
    assert interval_of(FEED, state.notes) == 10 * MINUTE
    assert paged(10, 50, state=state).notes.interval == state.notes.interval


def test_a_poll_that_teaches_nothing_changes_nothing_but_its_time() -> None:
    assert after_unchanged(FEED, STATE, NOW, same_page=True) == STATE


def test_the_interval_is_spread_by_a_tenth() -> None:
    waits = {next_poll(replace(FEED, url=f"https://{n}.example/"), NOW, HOUR) - NOW for n in range(50)}
    assert timedelta(minutes=54) <= min(waits) < max(waits) <= timedelta(minutes=66)


def test_a_few_new_feeds_are_polled_at_once_and_many_one_after_the_other() -> None:
    few = [replace(FEED, url=f"https://{n}.example/") for n in range(50)]
    assert set(first_polls(few, NOW).values()) == {NOW}
    many = [replace(FEED, url=f"https://host.example/{n}") for n in range(5_000)]
    dues = sorted(first_polls(many, NOW).values())
    assert dues[49] == NOW
    assert dues[-1] - NOW == timedelta(seconds=4_949 / 20)
    hurried = [replace(feed, poll=MINUTE) for feed in many]
    assert max(first_polls(hurried, NOW).values()) == NOW + MINUTE


# -- what is usual, what is odd ----------------------------------------------------------------------------------------


def test_the_first_page_shows_what_is_usual_by_its_dates() -> None:
    first = replace(STATE, baseline_at=None, notes=FeedNotes())
    notes = paged(3, 3, HOUR, 2 * HOUR, 5 * HOUR, state=first).notes
    assert (notes.usual, notes.newest_at, notes.interval) == (2 * HOUR, NOW, None)
    assert paged(3, 3, None, HOUR, -HOUR, state=first).notes.usual is None
    assert paged(0, 0, state=first).notes.newest_at is None


def test_what_is_new_later_bears_on_what_is_usual() -> None:
    one, many = paged(1, 50).notes.usual, paged(30, 50).notes.usual
    assert one is not None
    assert many is not None
    assert one == 20 * MINUTE  # four parts of ten minutes, one of an hour
    assert many < 3 * MINUTE
    unknown = replace(STATE, notes=FeedNotes(newest_at=NOW - HOUR))
    assert paged(2, 50, state=unknown).notes.usual == 30 * MINUTE
    assert paged(3, 50, HOUR, 2 * HOUR, 3 * HOUR, state=replace(STATE, notes=FeedNotes())).notes.usual == HOUR


@pytest.mark.parametrize(("silent", "stale"), [(23 * HOUR, False), (25 * HOUR, True)])
def test_a_feed_that_is_silent_for_too_long_is_stale_and_no_failure(silent: timedelta, *, stale: bool) -> None:
    now = NOW - HOUR + silent
    state = after_unchanged(FEED, STATE, now, same_page=True)
    assert (state.cause is Cause.STALE) is stale
    assert state.failures == 0
    if stale:
        assert state.detail == "nothing new since 2026-03-01 11:00 UTC; usually something comes every 10m"
        assert state.failing_since == now
        later = after_unchanged(FEED, state, now + HOUR, same_page=True)
        assert later.failing_since == now
        assert paged(1, 50, state=later, now=now + HOUR).cause is None


def test_a_slow_feed_is_stale_after_ten_times_its_usual_interval() -> None:
    slow = replace(STATE, notes=FeedNotes(newest_at=NOW - 9 * DAY, usual=DAY))
    assert after_unchanged(FEED, slow, NOW, same_page=True).cause is None
    assert after_unchanged(FEED, slow, NOW + 2 * DAY, same_page=True).cause is Cause.STALE
    unknown = replace(STATE, notes=FeedNotes(newest_at=NOW - 900 * DAY))
    assert after_unchanged(FEED, unknown, NOW, same_page=True).cause is None


def test_a_page_without_the_entries_it_had_is_empty_until_it_changes() -> None:
    empty = paged(0, 0)
    assert empty.cause is Cause.EMPTY
    assert empty.detail == "its page holds no entries any more; the last new one came 2026-03-01 11:00 UTC"
    assert after_unchanged(FEED, empty, NOW + HOUR, same_page=True).cause is Cause.EMPTY
    assert after_unchanged(FEED, empty, NOW + HOUR, same_page=False).cause is None
    assert paged(0, 0, state=replace(STATE, notes=FeedNotes())).cause is None


# -- gaps --------------------------------------------------------------------------------------------------------------


def test_a_page_of_news_alone_that_begins_after_the_last_poll_has_lost_some() -> None:
    state = paged(3, 3, MINUTE, 2 * MINUTE, 30 * MINUTE)
    assert state.notes.gap == Gap(since=NOW - HOUR, until=NOW - 30 * MINUTE, entries=3)
    assert (state.notes.gaps, interval_of(FEED, state.notes)) == (1, 5 * MINUTE)


@pytest.mark.parametrize(
    ("fresh", "size", "ages"),
    [
        (3, 4, (MINUTE, 2 * MINUTE, 30 * MINUTE)),  # something is known
        (3, 3, (MINUTE, 2 * MINUTE, 61 * MINUTE)),  # it reaches back
        (3, 3, (30 * MINUTE, MINUTE, 40 * MINUTE)),  # in no order
        (2, 2, (MINUTE, 30 * MINUTE)),  # too few to show one
        (3, 3, (None, MINUTE, 30 * MINUTE)),
        (3, 3, (58 * MINUTE, 58 * MINUTE, 58 * MINUTE)),  # nothing fits in between
    ],
)
def test_what_is_no_gap(fresh: int, size: int, ages: tuple[timedelta | None, ...]) -> None:
    assert paged(fresh, size, *ages).notes.gap is None


def test_a_gap_in_a_feed_that_is_faster_than_usual_is_told_by_its_page() -> None:
    slow = replace(STATE, notes=FeedNotes(newest_at=NOW - HOUR, usual=DAY))
    gap = paged(3, 3, MINUTE, 2 * MINUTE, 3 * MINUTE, state=slow).notes.gap
    assert gap is not None
    assert gap.entries == 57


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (
            Gap(since=NOW, until=NOW + HOUR, entries=12),
            "at least 12 entries may have been missed between 2026-03-01 12:00 and 13:00 UTC",
        ),
        (
            Gap(since=NOW, until=NOW + DAY, entries=1),
            "at least 1 entry may have been missed between 2026-03-01 12:00 and 2026-03-02 12:00 UTC",
        ),
    ],
)
def test_a_gap_in_words(gap: Gap, words: str) -> None:
    assert describe_gap(gap) == words


# -- identity, where pages do not reach --------------------------------------------------------------------------------


def named(title: str, *keys: tuple[Identity, str], **changes: object) -> Entry:
    given = {
        "id": "",
        "feed": "wire",
        "title": title,
        "seen_at": NOW,
        "keys": tuple(key.encode().ljust(16) for _, key in keys),
        "key_kinds": tuple(kind for kind, _ in keys),
        **changes,
    }
    return Entry(**given)  # type: ignore[arg-type]


def test_a_known_guid_whose_entry_is_forgotten_is_used_again_if_all_its_keys_would_be_known() -> None:
    entry = named("Other", (Identity.GUID, "1"), (Identity.LINK, "new"))
    memory = Memory(known={entry.keys[0]: NOW.date()})
    parsed = ParsedFeed(title="", entries=(entry,))
    learnt = recognise(FEED, FeedNotes(identity=("guid", "link", "content")), parsed, memory, NOW)
    assert [item.known for item in learnt.entries] == [False]
    upgraded = recognise(FEED, FeedNotes(), parsed, memory, NOW)
    assert [item.known for item in upgraded.entries] == [True]


def test_of_a_page_in_part_the_last_whole_one_says_what_counts() -> None:
    entry = named("Other", (Identity.GUID, "1"), (Identity.LINK, "1"))
    parsed = ParsedFeed(title="", entries=(entry,), whole=False)
    assert recognise(FEED, FeedNotes(identity=("link", "unheard of")), parsed, Memory(), NOW).detected == ("link",)
    empty = ParsedFeed(title="", entries=())
    assert recognise(FEED, FeedNotes(), empty, Memory(), NOW).detected == ()


def test_an_entry_of_which_everything_is_known_is_no_suspect() -> None:
    entry = named("Title", (Identity.GUID, "1"), (Identity.TITLE, "t"))
    page = ParsedFeed(title="", entries=(entry,))
    assert suspects(page, Memory(known=dict.fromkeys(entry.keys, NOW.date()))) == ()
    assert suspects(page, Memory(known={entry.keys[0]: NOW.date()})) == (entry,)
    assert suspects(page, Memory()) == ()
