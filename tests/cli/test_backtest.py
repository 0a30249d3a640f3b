"""What rules would have told of the past, and what a change of them changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.backtest import (
    Comparison,
    Day,
    Past,
    compare_rules,
    only,
    run_backtest,
    stored_entries,
    wanted_by,
    wanted_by_either,
)
from monitor.decide.replay import Replay
from monitor.model import Entry
from monitor.store import SqlStore
from tests.empty_store import open_in_memory
from tests.rules.building import ruleset
from tests.store.builders import claim_one, make_outcome

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TITLES = {0: "flood one", 1: "storm one", 2: "flood two", 30: "flood three", 31: "flood four", 60: "storm two"}
ENTRIES = [
    Entry(
        id=f"{hours:032x}",
        keys=(),
        feed="wire",
        title=title,
        url=f"https://a.example/{hours}",
        seen_at=NOW + hours * HOUR,
    )
    for hours, title in TITLES.items()
]


def replay(rules: str) -> Replay:
    return Replay(ruleset(f"rules: {rules}"), dedup=24 * HOUR)


def compare(old: str, new: str, *, limit: int = 10) -> Comparison:
    return compare_rules(replay(old), replay(new), ENTRIES, since=NOW + HOUR, limit=limit)


def test_days_count_what_matched_and_what_is_told() -> None:
    rules = "{r: {terms: flood, at_least: {entries: 2, within: 3h}}}"
    found = run_backtest(replay(rules), ENTRIES, since=NOW, limit=2)
    assert found.days == (
        (date(2026, 3, 1), Day(matched=2, told=1)),
        (date(2026, 3, 2), Day(matched=2, told=1)),
        (date(2026, 3, 3), Day()),
        (date(2026, 3, 4), Day()),
    )
    assert (found.entries, found.matched, found.told, found.stories, found.found) == (6, 4, 2, 4, 4)
    assert [(each.match.entry.title, each.told) for each in found.findings] == [
        ("flood three", False),
        ("flood four", True),
    ]


def test_what_came_before_is_remembered_and_not_counted() -> None:
    rules = "{r: {terms: flood, at_least: {entries: 2, within: 3h}}}"
    found = run_backtest(replay(rules), ENTRIES, since=NOW + 2 * HOUR, limit=1)
    assert (found.entries, found.matched, found.told) == (4, 3, 2)
    assert found.first == NOW
    assert [each.match.entry.title for each in found.findings] == ["flood four"]


def test_nothing_stored_is_nothing_found() -> None:
    found = run_backtest(replay("{r: {terms: flood, absent: 2h}}"), [], since=NOW, limit=5)
    assert (found.first, found.entries, found.days, found.silences) == (None, 0, (), ())


def test_silences_that_end_before_the_time_asked_for_are_left_out() -> None:
    rules = "{r: {terms: flood, absent: 20h}}"
    found = run_backtest(replay(rules), ENTRIES, since=NOW + 23 * HOUR, limit=5)
    assert [silence.at for silence in found.silences] == [NOW + 51 * HOUR]
    assert len(run_backtest(replay(rules), ENTRIES, since=NOW, limit=5).silences) == 2


def test_a_threshold_that_is_added_loses_what_does_not_reach_it() -> None:
    found = compare("{r: flood}", "{r: {terms: flood, at_least: {entries: 2, within: 3h}}}")
    assert (found.entries, dict(found.gained), dict(found.lost)) == (5, {}, {"r": 1})
    (change,) = found.changes
    assert change.entry is not None
    assert (change.rule, change.gained, change.entry.title) == ("r", False, "flood three")


def test_silences_are_compared_too() -> None:
    found = compare("{r: {terms: flood, absent: 20h}}", "{r: {terms: flood, absent: 25h}}")
    assert (dict(found.gained), dict(found.lost)) == ({"r": 2}, {"r": 2})
    assert [(change.at - NOW, change.gained, change.entry) for change in found.changes] == [
        (22 * HOUR, False, None),
        (27 * HOUR, True, None),
        (51 * HOUR, False, None),
        (56 * HOUR, True, None),
    ]


def test_only_so_many_changes_are_kept_and_all_are_counted() -> None:
    found = compare("{r: flood, s: storm}", "{r: storm, s: flood}", limit=1)
    assert (dict(found.gained), dict(found.lost), len(found.changes)) == ({"r": 2, "s": 3}, {"r": 3, "s": 2}, 1)


def test_one_rule_of_a_set_may_use_the_others() -> None:
    rules = only(ruleset("rules: {r: {use: [s, t], none: two}, s: flood, t: storm}"), "r")
    found = run_backtest(Replay(rules, dedup=HOUR), ENTRIES, since=NOW, limit=0)
    assert (list(rules.rules), found.matched) == (["r"], 4)


# -- with the index of words -------------------------------------------------------------------------------------------

STORED = [(number, "flood" if number % 7 == 0 else "storm" if number % 11 == 0 else "calm") for number in range(300)]
RULES = "rules: {r: {use: [s], none: two}, s: flood, t: {terms: storm, absent: 8h}, u: {re: 'fl[o]od'}}"


@pytest.fixture(scope="module", params=[0, 100, 1_000])
def store(request: pytest.FixtureRequest) -> Iterator[SqlStore]:
    """A store of entries an hour apart, of which some are indexed; the first and the last say nothing."""
    made = open_in_memory()
    entries = tuple(
        Entry(id=f"{number:032x}", keys=(), feed="wire", title=f"{title} {number + 1}", seen_at=NOW + number * HOUR)
        for number, title in ((-1, "calm"), *STORED)
    )
    made.record(make_outcome(claim_one(made, "wire"), entries=entries), NOW)
    made.index_words(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("rule", ["r", "s", "t", "u"])
def test_a_backtest_finds_the_same_with_the_index_and_without(store: SqlStore, rule: str) -> None:
    everything = ruleset(RULES)
    usable = [each.definition for each in everything.compiled.values()]
    rules, start = only(everything, rule), NOW + 100 * HOUR
    past = Past(store, NOW - HOUR, start=start, wanted=wanted_by(rules, usable))
    found = run_backtest(Replay(rules, dedup=HOUR), past, since=start, limit=99, count=past.count())
    all_of_it = stored_entries(store, NOW - HOUR)
    assert found == run_backtest(Replay(rules, dedup=HOUR), all_of_it, since=start, limit=99)
    assert (found.matched > 0, found.first) == (True, NOW - HOUR)
    assert len(past) == len(list(past)) <= store.count_entries(NOW - HOUR)


def test_a_comparison_finds_the_same_with_the_index_and_without(store: SqlStore) -> None:
    old, new = ruleset("rules: {r: flood, t: {terms: storm, absent: 8h}}"), ruleset("rules: {r: storm}")
    past = Past(store, NOW, start=NOW + HOUR, wanted=wanted_by_either(old, new))

    def replays() -> tuple[Replay, Replay]:
        return Replay(old, dedup=HOUR), Replay(new, dedup=HOUR)

    found = compare_rules(*replays(), past, since=NOW + HOUR, limit=9, count=past.count())
    assert found == compare_rules(*replays(), stored_entries(store, NOW), since=NOW + HOUR, limit=9)
    assert found.gained.total() > 0


@pytest.mark.parametrize("store", [1_000], indirect=True)
def test_only_what_may_match_is_read_where_all_is_indexed(store: SqlStore) -> None:
    past = Past(store, NOW - HOUR, start=NOW + HOUR, wanted=wanted_by(ruleset("rules: {r: flood}")))
    floods = sum(title == "flood" for _, title in STORED)
    assert [entry.title for entry in past][:3] == ["calm 0", "flood 1", "calm 2"]
    assert len(past) == floods + 3  # the first, the first since the start, and the last


def test_what_no_index_knows_is_read_whole(store: SqlStore) -> None:
    pattern = ruleset("rules: {r: {re: 'fl[o]od'}}")
    assert wanted_by_either(pattern, ruleset("rules: {r: flood}")) is None
    assert len(Past(store, NOW, start=NOW, wanted=wanted_by(pattern))) == 300
    many = ruleset("rules: {" + ", ".join(f"r{number}: flood" for number in range(1_001)) + "}")
    assert wanted_by(many) is None


def test_where_very_many_may_match_all_are_read(store: SqlStore) -> None:
    wanted = wanted_by(ruleset("rules: {r: [flood, storm, calm]}"))
    assert len(Past(store, NOW, start=NOW, wanted=wanted, most=299)) == 300
    assert [entry.id for entry in Past(store, NOW, start=NOW, wanted=wanted, most=299)] == [
        entry.id for entry in Past(store, NOW, start=NOW, wanted=wanted)
    ]


def test_an_empty_time_has_no_entries(store: SqlStore) -> None:
    later = NOW + 1_000 * HOUR
    past = Past(store, later, start=later, wanted=wanted_by(ruleset("rules: {r: flood}")))
    assert (list(past), len(past), past.count()) == ([], 0, 0)
