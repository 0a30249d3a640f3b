"""How much of a page is parsed, and what is remembered for the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.decide.parsing import WHOLE_EVERY, after_parse, known_blocks, wants_whole
from monitor.model import FeedNotes, FeedState, ParsedFeed

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
STATE = FeedState(feed_id=1, name="wire", url="https://wire.example/rss", blocks=b"12345678")
CHECKED = replace(STATE, notes=FeedNotes(whole_at=NOW))
PARSED = ParsedFeed(title="Wire", entries=(), blocks=b"abcdefgh")


def test_a_page_is_parsed_whole_at_first_and_once_a_day() -> None:
    assert wants_whole(STATE, NOW)
    assert not wants_whole(CHECKED, NOW + WHOLE_EVERY - timedelta(seconds=1))
    assert wants_whole(CHECKED, NOW + WHOLE_EVERY)


def test_no_block_is_known_where_the_shortcut_does_not_hold() -> None:
    assert known_blocks(STATE) == b"12345678"
    assert known_blocks(replace(STATE, notes=FeedNotes(shortcut=False))) == b""


def test_a_check_is_remembered_and_the_next_one_put_off() -> None:
    for holds in (True, False):
        state = after_parse(CHECKED, replace(PARSED, shortcut=holds), NOW + WHOLE_EVERY)
        assert state.notes == FeedNotes(whole_at=NOW + WHOLE_EVERY, shortcut=holds)
        assert state.blocks == b"abcdefgh"


def test_a_page_that_was_not_checked_puts_no_check_off() -> None:
    assert after_parse(CHECKED, PARSED, NOW + WHOLE_EVERY) == replace(CHECKED, blocks=b"abcdefgh")


def test_where_nothing_can_be_cut_there_is_nothing_to_check() -> None:
    notes = FeedNotes(whole_at=NOW, shortcut=False)
    state = after_parse(replace(STATE, notes=notes), replace(PARSED, blocks=b""), NOW + WHOLE_EVERY)
    assert state.notes == FeedNotes(whole_at=NOW + WHOLE_EVERY, shortcut=False)
    assert state.blocks == b""
