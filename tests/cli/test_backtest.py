"""What rules would have told of the past, and what a change of them changes."""

from datetime import UTC, date, datetime, timedelta

from monitor.backtest import Comparison, Day, compare_rules, only, run_backtest
from monitor.decide.replay import Replay
from monitor.model import Entry
from tests.rules.building import ruleset

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
