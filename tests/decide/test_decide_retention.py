"""What is forgotten is what the configuration says, and never what a rule still looks back on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.decide.retention import SLACK, cutoffs
from monitor.model import Retention, Rule, Spike

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
DEDUP = timedelta(days=4)


def test_what_is_written_holds_where_no_rule_looks_further_back() -> None:
    kept = Retention(entries=10 * DAY, ledger=20 * DAY, alerts=30 * DAY, seen=40 * DAY)
    found = cutoffs(kept, (), DEDUP, NOW)
    assert (found.now, found.entries, found.ledger, found.alerts) == (
        NOW,
        NOW - 10 * DAY,
        NOW - 20 * DAY,
        NOW - 30 * DAY,
    )
    assert (found.stories, found.hits, found.seen) == (NOW - 20 * DAY, NOW - 30 * DAY, 40 * DAY)


def test_a_story_that_goes_on_keeps_what_belongs_to_it() -> None:
    kept = Retention(entries=DAY, ledger=DAY, alerts=DAY, seen=DAY)
    found = cutoffs(kept, [Rule(id="r", title="r", dedup=60 * DAY)], DEDUP, NOW)
    window = NOW - 60 * DAY - SLACK
    assert {found.entries, found.ledger, found.stories, found.alerts} == {window}


def test_hits_stay_as_long_as_a_threshold_counts_them() -> None:
    kept = Retention(entries=DAY, ledger=DAY, alerts=DAY, seen=DAY)
    spike = Rule(id="r", title="r", threshold=Spike(factor=3, over=DAY, baseline=300 * DAY))
    assert cutoffs(kept, [spike], DEDUP, NOW).hits == NOW - 302 * DAY - SLACK


def test_an_entry_is_known_at_least_as_long_as_it_is_stored() -> None:
    found = cutoffs(Retention(entries=200 * DAY, seen=DAY), (), DEDUP, NOW)
    assert found.seen == 200 * DAY
