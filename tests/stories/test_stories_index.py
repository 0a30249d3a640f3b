"""Which story an entry tells, what keeps apart what looks alike, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from monitor.model import Entry
from monitor.stories.index import StoryIndex
from monitor.stories.shelf import MOST_POSTINGS
from monitor.stories.verdict import Guard, Kind
from tests.stories.reports import NOW, last, report, tell

TITLE = "Bus plunge kills 10 in southern Peru"
TEXT = "A bus carrying miners left the road near Tarabamba on Monday and fell into a ravine, killing 10, police said."
BUS = report(TITLE, TEXT)


# -- the same text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        (TITLE, TEXT),
        (f"UPDATE 2-{TITLE} - Reuters", f"LIMA, March 3 (Reuters) - {TEXT}"),
        (TITLE.upper(), TEXT),
        (TITLE, TEXT[:70] + "…"),
        (TITLE[:30] + "…", TEXT),
        ("Ten dead as coach falls off Andean road", TEXT),
        (TITLE, TEXT.replace("police said", "officials said")),
        ("Bus plunge kills ten in southern Peru", TEXT.replace("10", "ten")),
    ],
)
def test_a_copy_in_another_source_is_the_same_text(title: str, summary: str) -> None:
    verdict = last(BUS, report(title, summary, feed="mirror", hours=2))
    assert (verdict.kind, verdict.story_id) == (Kind.SAME_TEXT, BUS.id)


def test_a_copy_of_the_body_under_another_summary_is_the_same_text() -> None:
    body = f"{TEXT} Rescuers roped down a cliff to reach the wreck. The driver told police that his brakes had failed."
    one = report(TITLE, "What we know of the accident.", body=body)
    other = report("Peru bus plunge kills 10", "Our correspondent reports from the scene.", body=body, feed="mirror")
    assert last(one, other).kind is Kind.SAME_TEXT


def test_the_same_link_is_the_same_text_whatever_the_headline() -> None:
    link = "https://wire.example/bus"
    verdict = last(
        replace(BUS, canonical_url=link), report("Andean tragedy", "Read all.", feed="front page", link=link)
    )
    assert verdict.kind is Kind.SAME_TEXT
    assert verdict.neighbours[0].likeness == "link"


def test_an_equal_title_over_another_text_is_no_copy() -> None:
    other = report(TITLE, "Parliament in Norland voted for a hydropower dam after a debate of eleven hours.", feed="x")
    assert last(BUS, other).kind is not Kind.SAME_TEXT


# -- guards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["50", "fifty", "пятьдесят", "٥٠", "五十", "1,010", "eleven"])
@pytest.mark.parametrize("feed", ["wire", "mirror"])
def test_other_numbers_are_an_update(number: str, feed: str) -> None:
    verdict = last(BUS, report(TITLE.replace("10", number), TEXT.replace("10", number), feed=feed, hours=3))
    assert (verdict.kind, verdict.guard, verdict.story_id) == (Kind.UPDATE, Guard.NUMBERS, BUS.id)


@pytest.mark.parametrize(("old", "new"), [("12th", "13th"), ("twelfth", "thirteenth"), ("двенадцатый", "тринадцатый")])
def test_the_next_package_is_an_update(old: str, new: str) -> None:
    text = "Union agrees on {} sanctions package against Drovia"
    lead = "Ambassadors agreed on the {} package of sanctions against Drovia, aimed at its fleet of tankers."
    verdict = last(
        report(text.format(old), lead.format(old)), report(text.format(new), lead.format(new), feed="mirror", hours=9)
    )
    assert (verdict.kind, verdict.guard) == (Kind.UPDATE, Guard.NUMBERS)


def test_a_number_that_came_into_the_text_is_an_update_and_a_longer_text_is_not() -> None:
    short = report("Bus plunge in southern Peru", "A bus left the road near Tarabamba on Monday and fell, police said.")
    more = "A bus left the road near Tarabamba on Monday and fell, killing 10, police said."
    assert last(short, report(short.title, more, feed="mirror")).guard is Guard.NUMBERS
    longer = f"{short.summary} Rescue took 7 hours."
    assert last(short, report(short.title, longer, feed="mirror")).kind is Kind.SAME_TEXT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ministry confirms sale of Penfield airport", "Ministry denies sale of Penfield airport"),
        ("Council approves harbour plan for Redmouth", "Council rejects harbour plan for Redmouth"),
        ("Суд признал бизнесмена Лапина виновным", "Суд не признал бизнесмена Лапина виновным"),
    ],
)
def test_a_denial_is_an_update(old: str, new: str) -> None:
    text = "The decision was made on Tuesday after a long debate, a spokesman told reporters in the town hall."
    verdict = last(report(old, text), report(new, text, feed="mirror", hours=2))
    assert (verdict.kind, verdict.guard) == (Kind.UPDATE, Guard.NEGATION)


@pytest.mark.parametrize("title", [f"CORRECTED-{TITLE}", f"Correction: {TITLE}"])
def test_a_correction_is_an_update_and_its_copy_is_a_copy(title: str) -> None:
    correction = report(title, f"(Corrects place) {TEXT}", feed="wire", hours=1)
    assert last(BUS, correction).guard is Guard.CORRECTION
    assert last(BUS, correction, replace(correction, id="f" * 32, feed="mirror")).kind is Kind.SAME_TEXT


def test_two_accidents_of_one_template_are_two_stories() -> None:
    text = "Two people died when a car hit a truck near {} on Monday evening, police in the region said."
    towns = ("Kassel", "Ulm")
    for feeds in (("wire", "wire"), ("wire", "mirror")):
        entries = [
            report(f"Crash near {town} kills two", text.format(town), feed=feed)
            for town, feed in zip(towns, feeds, strict=True)
        ]
        assert last(*entries).kind is Kind.NEW


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Weather in Telby: {} degrees", "Highs of {} degrees with light winds from the west and a few sunny spells."),
        ("M 4.{} - {} km SSW of Farrow", "Depth: {} km."),
        ("This week in science", "Our weekly column, number {}."),
        ("Norland index ends at {} points", "The index ended the day at {} points, led by banks and energy."),
        ("Photos of the week", "The best pictures of the past seven days, chosen by our editors for you."),
    ],
)
def test_a_series_is_told_anew_each_time(title: str, text: str) -> None:
    issues = [
        report(title.format(n, n), text.format(n), hours=24.0 * n, link=f"https://w.example/{n}") for n in (4, 5, 6, 7)
    ]
    index = StoryIndex()
    assert [tell(index, issue).kind for issue in issues] == [Kind.NEW] * 4


def test_a_series_is_known_by_its_own_repetition() -> None:
    subjects = ("Ada Lovelace", "Karl Ebers", "Frida Kahn", "Gus Harlan", "Ivo Marek")
    index = StoryIndex()
    kinds = [
        tell(index, report(f"Ask the gardener: {name}", f"{name} wants to know about roses.")).kind for name in subjects
    ]
    assert kinds == [Kind.NEW] * 5


def test_one_source_is_never_suppressed_for_likeness_alone() -> None:
    again = report("Bus plunge in southern Peru kills 10", TEXT.replace("police", "the police"), hours=1)
    verdict = last(BUS, again)
    assert (verdict.kind, verdict.guard) == (Kind.SAME_STORY, Guard.SOURCE)
    moved = replace(BUS, id="e" * 32, canonical_url="https://wire.example/moved")
    assert last(BUS, moved).kind is Kind.SAME_TEXT


# -- stories -----------------------------------------------------------------------------------------------------------


def test_another_report_joins_and_another_event_does_not() -> None:
    other = report(
        "Ten miners dead as coach leaves Andean road",
        "Rescuers roped down a cliff near Tarabamba in southern Peru to reach the wreck of the bus in the ravine.",
        feed="lima post",
        hours=2,
    )
    assert (last(BUS, other).kind, last(BUS, other).story_id) == (Kind.SAME_STORY, BUS.id)
    signs = report("Elena Varga signs deal for a memoir", "The politician will publish the story of her childhood.")
    rides = report("Horse owned by Elena Varga wins Derby", "Silver Thread took the Brannov Derby by a neck.", feed="b")
    assert last(BUS, signs, rides).kind is Kind.NEW


@pytest.mark.parametrize(
    "two",
    [
        (
            report("Elena Varga signs deal for a memoir", "The politician will publish the story of her childhood."),
            report("Horse owned by Elena Varga wins Derby", "Silver Thread took the Derby by a neck.", feed="b"),
        ),
        (
            report("Norland's central bank raises interest rates to tame inflation", "The board met on Tuesday."),
            report("Sudova's central bank keeps interest rates on hold", "Governor Ilic sees weak growth.", feed="b"),
        ),
        (
            report("Pavel Drozd visits flood victims in Telby", "The mayor promised help within a week."),
            report("Court hears appeal of Pavel Drozd in harbour case", "Lawyers spoke for six hours.", feed="b"),
        ),
    ],
)
def test_two_events_are_two_stories_in_a_window_that_has_nothing_else(two: tuple[Entry, Entry]) -> None:
    assert last(*two).kind is Kind.NEW


def test_copies_of_one_text_are_one_independent_source() -> None:
    index = StoryIndex()
    for entry in (BUS, report(TITLE, TEXT, feed="mirror"), report(TITLE, TEXT, feed="echo")):
        index.add(entry, "story")
    assert (len(index), index.independent("story")) == (1, 1)
    index.add(report("Ten miners dead in Peru", "Rescuers reached the wreck on Monday.", feed="lima post"), "story")
    assert (len(index), index.independent("story"), index.independent("other")) == (2, 2, 0)


def test_what_is_forgotten_is_new_again_and_a_copy_keeps_its_text() -> None:
    index = StoryIndex()
    index.add(BUS, BUS.id)
    index.forget(NOW)
    assert index.judge(report(TITLE, TEXT, feed="mirror")).kind is Kind.SAME_TEXT
    index.add(report(TITLE, TEXT, feed="mirror", hours=5), BUS.id)
    index.forget(NOW + timedelta(hours=1))
    assert index.judge(report(TITLE, TEXT, feed="echo")).kind is Kind.SAME_TEXT
    index.forget(NOW + timedelta(hours=6))
    assert (len(index), index.judge(report(TITLE, TEXT, feed="echo")).kind) == (0, Kind.NEW)


def test_a_branch_knows_the_index_and_leaves_it_as_it_is() -> None:
    index = StoryIndex()
    index.add(BUS, BUS.id)
    branch = index.branch()
    update = report(TITLE.replace("10", "12"), TEXT.replace("10", "12"), feed="echo")
    assert tell(branch, update).story_id == BUS.id
    index.add(report("Comet Harada visible this week", "Look west after sunset.", feed="sky"), "comet")
    assert tell(branch, replace(update, id="d" * 32, feed="mirror")).kind is Kind.SAME_TEXT
    assert tell(branch, report(TITLE, TEXT, feed="mirror")).kind is Kind.SAME_TEXT
    assert (len(branch), len(index)) == (3, 2)
    assert index.judge(replace(update, id="d" * 32, feed="mirror")).kind is Kind.UPDATE


# -- anything at all ---------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(), st.lists(st.sampled_from(f"{TITLE} {TEXT} … ، 5.6 ١٢ 北京 не UPDATE 2- | -".split())).map(" ".join)
)
ENTRIES = st.builds(
    report,
    TEXTS,
    TEXTS,
    feed=st.sampled_from(["wire", "mirror", "echo"]),
    hours=st.floats(0, 99),
    link=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
    body=TEXTS,
)


@given(st.lists(ENTRIES, max_size=8), ENTRIES)
def test_any_entries_are_judged_alike_by_an_index_that_was_built_anew(entries: list[Entry], entry: Entry) -> None:
    index, again = StoryIndex(), StoryIndex()
    for old in entries:
        verdict = tell(index, old)
        again.add(old, verdict.story_id or old.id)
    assert index.judge(entry) == again.judge(entry) == index.branch().judge(entry)
    known = {old.id for old in entries}
    assert {neighbour.entry_id for neighbour in index.nearest(entry)} <= known
    assert all(0 <= neighbour.score <= 1 for neighbour in index.nearest(entry))


@given(st.lists(ENTRIES, max_size=8))
def test_an_index_that_forgets_everything_is_empty(entries: list[Entry]) -> None:
    index = StoryIndex()
    for entry in entries:
        tell(index, entry)
    index.forget(NOW + timedelta(days=30))
    assert len(index) == 0
    assert not any(index.nearest(entry) for entry in entries)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["wire", "mirror"]))
def test_differing_numbers_never_suppress(one: int, other: int, feed: str) -> None:
    first = report(TITLE.replace("10", str(one)), TEXT.replace("10", str(one)))
    second = report(TITLE.replace("10", str(other)), TEXT.replace("10", str(other)), feed=feed, hours=1)
    assert (last(first, second).kind is Kind.SAME_TEXT) == (one == other)


@pytest.mark.parametrize(
    "title",
    [
        "",
        "a" * 1_000_000,
        "word " * 200_000,
        "1" * 1_000_000,
        "1.1," * 250_000,
        "…" * 100_000,
        "?!" * 500_000,
        "- " * 500_000,
        "(Reuters) " * 100_000,
        "\ud800\x00\x1b[31m",
        "北京" * 500_000,
        "by A" * 250_000,
    ],
    ids=lambda title: f"{title[:6]!a} x {len(title)}",
)
def test_hostile_text_is_judged_like_any_other(title: str) -> None:
    index = StoryIndex()
    for entry in (BUS, report(title, title, body=title, feed="echo"), report(title, title, body=title, feed="mirror")):
        tell(index, entry)
    assert tell(index, report(TITLE, TEXT, feed="post")).kind is Kind.SAME_TEXT


def test_a_flood_of_one_text_is_one_text_and_hides_nothing() -> None:
    index = StoryIndex()
    tell(index, BUS)
    for number in range(400):
        tell(index, report("Buy miners bus Peru Tarabamba cheap now", "Best offers", feed=f"spam {number}"))
    assert len(index) == 2
    assert index.judge(report(TITLE, TEXT, feed="mirror")).kind is Kind.SAME_TEXT


def test_a_flood_of_updates_is_bounded_and_so_is_an_index() -> None:
    index = StoryIndex(capacity=500)
    for number in range(300):
        index.add(report(f"Toll of Tarabamba bus plunge at {number}"), "story")
    assert len(index) == 256
    for number in range(300):
        index.add(report(f"Word{number} other{number} third{number}"), f"story {number}")
    assert len(index) == 500
    assert len(index.pairs(report("Toll of Tarabamba bus plunge"))) <= 8 < MOST_POSTINGS


# -- explanations ------------------------------------------------------------------------------------------------------


def test_each_answer_says_why(snapshot: SnapshotAssertion) -> None:
    index = StoryIndex()
    entries = (
        BUS,
        report(f"{TITLE} - Reuters", TEXT, feed="mirror", hours=1),
        report(TITLE.replace("10", "50"), TEXT.replace("10", "50"), feed="echo", hours=2),
        report(f"CORRECTED-{TITLE}", TEXT, feed="post", hours=3),
        report("Miners mourned in Tarabamba after bus plunge", "Peru mourns the dead of the ravine.", hours=4),
        report("Weather in Telby: 9 degrees", "Highs of 9 degrees in Telby.", feed="met"),
        report("Weather in Telby: 12 degrees", "Highs of 12 degrees in Telby.", feed="met", hours=24),
    )
    assert [f"{verdict.kind}: {verdict.reason}" for verdict in (tell(index, entry) for entry in entries)] == snapshot
