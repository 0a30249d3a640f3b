"""What rules have found, and the tallies of thresholds, on every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.errors import ConflictError
from monitor.model import MOST_RECALLED, History, Hit, Question, Tally
from monitor.ports import RuleStats
from monitor.store import SqlStore
from tests.store.builders import NOW, claim_one, key, make_entry, make_outcome

DAY = timedelta(days=1)


def make_hit(number: int, **changes: Any) -> Hit:
    given = {
        "rule": "talks",
        "at": NOW - number * DAY,
        "entry_id": key(f"entry {number}").hex(),
        "source": "guardian",
        "text_key": key(f"text {number}"),
        "names": ("shoygu",),
        **changes,
    }
    return Hit(**given)


def record(store: SqlStore, *hits: Hit, **changes: Any) -> None:
    store.record(make_outcome(claim_one(store), hits=hits, due=NOW, **changes), NOW)


def ask(store: SqlStore, days: float, baseline: float | None = None, rule: str = "talks") -> History:
    question = Question(
        rule=rule, since=NOW - days * DAY, baseline_since=None if baseline is None else NOW - baseline * DAY
    )
    return store.recall_histories([question])[rule]


def test_a_rule_without_a_past_has_an_empty_history(store: SqlStore) -> None:
    assert ask(store, 7) == History(tally=Tally(rule="talks"))
    assert store.recall_histories([]) == {}


def test_hits_are_recalled_with_the_titles_of_their_entries(store: SqlStore) -> None:
    entry = make_entry("entry 1")
    record(store, *(make_hit(number) for number in (0, 1, 2, 9)), make_hit(3, rule="other"), entries=(entry,))
    history = ask(store, 2)
    assert history.hits == (make_hit(2), make_hit(1, title="entry 1"), make_hit(0))
    assert (history.count, history.before, history.names) == (3, 0, frozenset({"shoygu"}))
    assert ask(store, 1, 9).before == 2
    assert ask(store, 1, 8.5).before == 1


def test_names_are_those_of_the_whole_time(store: SqlStore) -> None:
    record(store, make_hit(1, names=("a", "b")), make_hit(2, names=("b", "绍伊古")), make_hit(5, names=("old",)))
    assert ask(store, 3).names == {"a", "b", "绍伊古"}


def test_of_very_many_hits_the_newest_are_recalled_and_all_counted(store: SqlStore) -> None:
    minute = timedelta(minutes=1)
    many = [make_hit(number, at=NOW - number * minute) for number in range(MOST_RECALLED + 5)]
    record(store, *many)
    history = ask(store, 1)
    assert (len(history.hits), history.count) == (MOST_RECALLED, MOST_RECALLED + 5)
    assert history.hits[-1] == many[0]


def test_a_hit_is_counted_once(store: SqlStore) -> None:
    record(store, make_hit(1))
    record(store, make_hit(1))
    assert ask(store, 7).count == 1


# -- tallies -----------------------------------------------------------------------------------------------------------


def test_a_tally_is_kept_and_changed(store: SqlStore) -> None:
    store.watch_rules(["talks"], NOW - DAY)
    tally = ask(store, 7).tally
    assert tally == Tally(rule="talks", since=NOW - DAY, version=1)
    record(store, make_hit(0), tallies=(replace(tally, told_at=NOW),))
    assert ask(store, 7).tally == replace(tally, told_at=NOW, version=2)


def test_a_rule_that_nobody_watches_has_its_tally_made(store: SqlStore) -> None:
    record(store, tallies=(Tally(rule="talks", told_at=NOW), Tally(rule="storm")))
    assert ask(store, 7).tally == Tally(rule="talks", told_at=NOW, version=1)


@pytest.mark.parametrize("known", [False, True])
def test_of_two_polls_that_count_at_once_one_counts_anew(store: SqlStore, *, known: bool) -> None:
    if known:
        store.watch_rules(["talks"], NOW)
    one, two = claim_one(store, "one"), claim_one(store, "two")
    tally = ask(store, 7).tally
    store.record(make_outcome(one, hits=(make_hit(0),), tallies=(tally,)), NOW)
    late = make_outcome(two, hits=(make_hit(1),), tallies=(Tally(rule="another"), tally))
    with pytest.raises(ConflictError):
        store.record(late, NOW)
    assert ask(store, 7).count == 1
    store.record(replace(late, tallies=(ask(store, 7).tally,)), NOW)
    assert ask(store, 7).count == 2


def test_exactly_the_watched_rules_have_tallies(store: SqlStore) -> None:
    store.watch_rules(["talks", "storm"], NOW - 2 * DAY)
    store.watch_rules(["talks", "quake"], NOW)
    store.watch_rules(["talks", "quake"], NOW + DAY)
    quiet = store.quiet_since(["talks", "storm", "quake", "unheard"])
    assert quiet == {"talks": NOW - 2 * DAY, "quake": NOW}
    store.watch_rules([], NOW)
    assert store.quiet_since(["talks"]) == {}


def test_a_rule_is_quiet_since_its_last_hit_or_since_it_is_watched(store: SqlStore) -> None:
    record(store, make_hit(1), make_hit(3), make_hit(5, rule="storm"))
    store.watch_rules(["talks", "storm"], NOW - 2 * DAY)
    assert store.quiet_since(["talks", "storm"]) == {"talks": NOW - DAY, "storm": NOW - 2 * DAY}


# -- statistics --------------------------------------------------------------------------------------------------------


def test_stats_count_by_week_and_month_and_name_the_noisiest(store: SqlStore) -> None:
    assert store.rule_stats(NOW) == {}
    record(
        store,
        make_hit(1, names=("a", "b")),
        make_hit(8, names=("b",)),
        make_hit(40, names=("a",)),
        make_hit(41, names=("a",)),
        make_hit(50, rule="asleep"),
    )
    assert store.rule_stats(NOW) == {
        "asleep": RuleStats(rule="asleep", week=0, month=0, last_at=NOW - 50 * DAY, noisiest=("", 0)),
        "talks": RuleStats(rule="talks", week=1, month=2, last_at=NOW - DAY, noisiest=("b", 2)),
    }


def test_stats_of_some_rules_are_read_without_what_nobody_wants_to_know(store: SqlStore) -> None:
    record(store, make_hit(1), make_hit(2, rule="storm"), make_hit(3, rule="flood"))
    found = store.rule_stats(NOW, rules=["talks", "storm", "idle"], noisiest=False)
    assert {rule: (each.week, each.noisiest) for rule, each in found.items()} == {
        "talks": (1, ("", 0)),
        "storm": (1, ("", 0)),
    }


def test_hits_are_counted_by_day_and_by_name(store: SqlStore) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    record(
        store,
        make_hit(0, at=midnight, names=("a", "绍伊古")),
        make_hit(1, at=midnight + timedelta(hours=23, minutes=59), names=("a",)),
        make_hit(2, at=midnight - timedelta(microseconds=1), names=("b",)),
        make_hit(3, at=midnight, rule="other"),
        make_hit(4, at=midnight, rule="third"),
        make_hit(9, names=("old",)),
    )
    since = midnight - DAY
    today, yesterday = midnight.date(), (midnight - DAY).date()
    counts = {"talks": {yesterday: 1, today: 2}, "other": {today: 1}}
    assert store.hits_by_day(["talks", "other", "nobody"], since=since) == counts
    assert store.hits_by_day([], since=since) == {}
    assert list(store.hits_by_name("talks", since=since).items()) == [("a", 2), ("b", 1), ("绍伊古", 1)]
    assert store.hits_by_name("nobody", since=since) == {}
