"""How an entry joins a story that was told in other words, and what is said of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.decide.draft import Draft, dedup_by
from monitor.decide.holding import Restraints
from monitor.decide.recalling import page_near
from monitor.decide.thresholds import describe_dedup
from monitor.decide.updates import told_of_difference
from monitor.model import Dedup, DeliveryKind, Entry, Message, Policies, Policy, Rule, Stage, Story
from monitor.stories.index import StoryIndex
from monitor.stories.verdict import Kind
from tests.decide.test_decide_poll import ruleset
from tests.stories.reports import NOW, report

HOUR = timedelta(hours=1)
RULES = "rules: {r: {terms: [bus, coach], notify: desk}}"
BUS = report(
    "Bus plunge kills 10 in southern Peru",
    "A bus carrying miners left the road near Tarabamba on Monday and fell into a ravine, killing 10, police said.",
)
REWRITTEN = report(
    "Ten miners dead as coach leaves Andean road",
    "Rescuers roped down a cliff near Tarabamba in southern Peru to reach the wreck of the bus in the ravine.",
    feed="lima post",
)
UPDATED = replace(
    BUS, id="d" * 32, feed="echo", title=BUS.title.replace("10", "50"), canonical_url="https://e.example/1"
)
STORY = Story(id=BUS.id, first_at=NOW, last_at=NOW, entries=1, sources=("wire",), version=1)


def draft(*, after: timedelta = HOUR, stories: tuple[Story, ...] = (STORY,)) -> Draft:
    """Begin a page when one story has been told."""
    index = StoryIndex()
    index.add(BUS, BUS.id)
    return Draft(
        now=NOW + after,
        dedup=timedelta(hours=4),
        stories={story.id: story for story in stories},
        story_of={},
        histories={},
        told={},
        index=index,
        reports={BUS.id: BUS},
    )


def consider(made: Draft, *entries: Entry, rules: str = RULES) -> Draft:
    for entry in entries:
        made.consider(entry, ruleset(rules).match(entry, ()))
    return made


def verdicts(made: Draft) -> list[str]:
    return [each.verdict for each in made.decisions if each.stage is Stage.STORY]


def test_a_new_report_joins_and_the_ledger_says_by_what() -> None:
    made = consider(draft(), REWRITTEN)
    (joined,) = (each for each in made.decisions if each.stage is Stage.STORY)
    assert (joined.verdict, joined.story_id) == ("same-story", BUS.id)
    assert joined.reason.startswith("tells of the same event as wire, score 0.9")
    assert made.stories[BUS.id].sources == ("wire", "lima post")


@pytest.mark.parametrize("made", [draft(after=5 * HOUR), draft(stories=())], ids=["over", "forgotten"])
def test_a_story_that_is_over_or_forgotten_is_joined_by_nothing(made: Draft) -> None:
    consider(made, REWRITTEN)
    assert verdicts(made) == ["new-story"]


def test_the_same_link_with_other_numbers_is_an_update_of_its_story() -> None:
    made = draft()
    consider(made, replace(BUS, id="e" * 32, feed="mirror", canonical_url=UPDATED.canonical_url))
    consider(made, UPDATED)
    assert [each.reason for each in made.decisions if each.stage is Stage.STORY][-1].startswith("an update of what")
    assert set(made.stories) == {BUS.id}


def test_reports_of_one_page_see_each_other() -> None:
    made = consider(draft(stories=()), REWRITTEN, replace(BUS, id="e" * 32))
    assert verdicts(made) == ["new-story", "same-story"]
    assert [each.kind for each in made.deliveries] == [DeliveryKind.POST, DeliveryKind.REPLY]


def test_the_other_stories_that_came_near_are_written_down() -> None:
    mourned = report(
        "Miners mourned in Tarabamba after bus plunge", "Rescuers reached the wreck in the ravine late.", feed="south"
    )
    made = draft(stories=(STORY, replace(STORY, id=mourned.id)))
    made.index.add(mourned, mourned.id)
    consider(made, REWRITTEN)
    assert verdicts(made) == ["same-story", "near"]
    assert [each.story_id for each in made.decisions if each.verdict == "near"] == [""]


def test_what_is_near_is_asked_for_with_the_entries_own_stories() -> None:
    near = page_near([UPDATED, REWRITTEN], draft().index)
    assert near.stories == {BUS.id, UPDATED.id, REWRITTEN.id}
    assert near.reports == {BUS.id}
    assert draft().index.judge(UPDATED).kind is Kind.UPDATE


@pytest.mark.parametrize(("by", "told"), [("story", 1), ("url", 2), ("entry", 3), ("none", 3)])
def test_a_rule_says_which_entries_tell_one_story(by: str, told: int) -> None:
    rules = f"rules: {{r: {{terms: [bus, coach], notify: desk, dedup: {{window: 24h, by: {by}}}}}}}"
    made = consider(draft(stories=()), BUS, REWRITTEN, replace(BUS, id="e" * 32, feed="mirror"), rules=rules)
    assert len(made.posts) == told


def rule(by: Dedup, window: timedelta | None = None) -> Rule:
    return Rule(id="r", title="r", dedup=window, dedup_by=by)


def test_of_several_rules_the_most_sweeping_one_counts() -> None:
    assert dedup_by([rule(Dedup.ENTRY), rule(Dedup.URL)]) is Dedup.URL
    assert dedup_by([rule(Dedup.URL), rule(Dedup.STORY)]) is Dedup.STORY
    assert dedup_by([]) is Dedup.STORY


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (rule(Dedup.STORY), ""),
        (rule(Dedup.STORY, HOUR), "1h"),
        (rule(Dedup.URL, HOUR), "1h, by url"),
        (rule(Dedup.ENTRY), "by entry"),
    ],
)
def test_what_a_rule_says_of_stories_is_shown(about: Rule, said: str) -> None:
    assert describe_dedup(about) == said


@pytest.mark.parametrize(
    ("before", "after", "corrects", "said"),
    [
        (BUS, UPDATED, False, "update: 10 → 50"),
        (BUS, UPDATED, True, "correction: 10 → 50"),
        (report("Bus plunge", "10 died"), report("Bus plunge", "50 died"), False, "update: 10 → 50"),
        (report("Bank confirms sale"), report("Bank denies sale"), False, "update of “Bank confirms sale”"),
        (report("Bus plunge"), report("Bus plunge kills 50"), True, "correction of “Bus plunge”"),
        (None, UPDATED, False, "update"),
    ],
)
def test_a_difference_is_told_in_a_few_words(before: Entry | None, after: Entry, said: str, *, corrects: bool) -> None:
    assert told_of_difference(before, after, corrects=corrects) == said


@pytest.mark.parametrize(("asked", "wide"), [(2, True), (3, False)])
def test_a_copy_is_no_independent_source(*, asked: int, wide: bool) -> None:
    made = replace(draft(stories=()), index=StoryIndex(), reports={})
    made.restraints = Restraints(policies=Policies(channels={"desk": Policy(broadcast_sources=asked)}))
    copy = replace(BUS, id="c" * 32, feed="echo", canonical_url="https://e.example/1")
    consider(made, BUS, copy, REWRITTEN)
    (story,) = made.stories.values()
    assert len(story.sources) == 3
    (answer,) = made.replies
    (first,) = made.posts.values()
    assert isinstance(answer.message, Message)
    assert isinstance(first.message, Message)
    assert answer.message.broadcast is wide
    assert first.message.reach == (asked if wide else 0)
