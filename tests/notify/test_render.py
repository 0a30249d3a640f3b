from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Entry, Excerpt, Field, Match, Mention, Message, Priority, Rule
from monitor.notify.render import MOST_EXCERPTS, TITLE_LIMIT, render_message

MakeEntry = Callable[..., Entry]
MOMENT = datetime(2015, 9, 18, tzinfo=UTC)


def rule(name: str, priority: Priority = Priority.NORMAL) -> Rule:
    return Rule(id=name, title=f"Rule {name}", priority=priority)


def match(entry: Entry, *mentions: Mention, by: Rule | None = None) -> Match:
    return Match(rule=by or rule("r"), entry=entry, mentions=mentions)


def at(entry: Entry, field: Field, surface: str, name: str = "", *, nth: int = 0) -> Mention:
    text: str = getattr(entry, field.value)
    start = -1
    for _ in range(nth + 1):
        start = text.index(surface, start + 1)
    return Mention(name=name or surface, surface=surface, field=field, start=start, end=start + len(surface))


def hits(excerpt: Excerpt) -> list[str]:
    return [excerpt.text[start:end] for start, end in excerpt.marks]


def test_the_title_keeps_its_marks_and_the_sentences_their_own(entry: MakeEntry) -> None:
    one = entry(title="Carter calls Shoygu", body="They spoke. Shoygu agreed with Carter. Nothing else.")
    message = render_message(
        [match(one, at(one, Field.TITLE, "Shoygu"), at(one, Field.BODY, "Shoygu"), at(one, Field.BODY, "Carter"))]
    )
    assert hits(message.title) == ["Shoygu"]
    assert [excerpt.text for excerpt in message.excerpts] == ["Shoygu agreed with Carter."]
    assert hits(message.excerpts[0]) == ["Shoygu", "Carter"]


def test_a_sentence_that_stands_in_summary_and_body_is_shown_once(entry: MakeEntry) -> None:
    one = entry(title="t", summary="Shoygu agreed.", body="Shoygu agreed. He left.")
    message = render_message([match(one, at(one, Field.SUMMARY, "Shoygu"), at(one, Field.BODY, "Shoygu"))])
    assert [excerpt.text for excerpt in message.excerpts] == ["Shoygu agreed."]


def test_sentences_with_names_not_shown_yet_come_before_repetitions(entry: MakeEntry) -> None:
    one = entry(title="t", body="Syria one. Syria two. Syria three. Syria four. Shoygu came.")
    mentions = [at(one, Field.BODY, "Syria", nth=number) for number in range(4)]
    message = render_message([match(one, *mentions, at(one, Field.BODY, "Shoygu"))])
    assert [excerpt.text for excerpt in message.excerpts] == ["Syria one.", "Syria two.", "Shoygu came."]


def test_reasons_say_each_spelling_once_and_the_highest_priority_leads(entry: MakeEntry) -> None:
    one = entry(title="SHOYGU, Shoygu, Шойгу")
    mentions = [at(one, Field.TITLE, surface, "shoygu") for surface in ("SHOYGU", "Shoygu", "Шойгу")]
    message = render_message(
        [match(one, *mentions, by=rule("low", Priority.LOW)), match(one, mentions[0], by=rule("top", Priority.URGENT))]
    )
    assert message.priority is Priority.URGENT
    assert [reason.rule for reason in message.reasons] == ["top", "low"]
    assert message.reasons[1].found == (("shoygu", ("SHOYGU", "Шойгу")),)


def test_marks_of_two_rules_on_one_place_are_joined(entry: MakeEntry) -> None:
    one = entry(title="military talks today")
    message = render_message(
        [match(one, at(one, Field.TITLE, "military talks")), match(one, at(one, Field.TITLE, "talks"))]
    )
    assert hits(message.title) == ["military talks"]


def test_a_long_title_is_cut_with_its_marks(entry: MakeEntry) -> None:
    one = entry(title="a " * 200 + "Shoygu")
    message = render_message([match(one, at(one, Field.TITLE, "Shoygu"))])
    assert len(message.title.text) <= TITLE_LIMIT
    assert message.title.marks == ()


@pytest.mark.parametrize(
    ("summary", "body", "shown"),
    [("First.\nSecond.", "", "First. Second."), ("", "The body.", "The body."), ("", "", "(no title)")],
)
def test_an_entry_without_a_title_gets_one(entry: MakeEntry, summary: str, body: str, shown: str) -> None:
    one = entry(title=" ", summary=summary, body=body)
    assert render_message([match(one)]).title == Excerpt(text=shown)


@pytest.mark.parametrize("title", ["", "Talks in Geneva", "Talks in Geneva."])
def test_what_the_title_says_is_not_said_again(entry: MakeEntry, title: str) -> None:
    one = entry(title=title, summary="Talks in Geneva.", body="Talks in Geneva. Long talks.")
    found = [at(one, Field.SUMMARY, "Talks"), at(one, Field.BODY, "Long")]
    message = render_message([match(one, *found)])
    assert hits(message.title) == ["Talks"]
    assert [excerpt.text for excerpt in message.excerpts] == ["Long talks."]


def test_matches_of_no_entry_or_of_two_are_refused(entry: MakeEntry) -> None:
    with pytest.raises(ValueError, match="exactly one entry"):
        render_message([])
    with pytest.raises(ValueError, match="exactly one entry"):
        render_message([match(entry(id="1")), match(entry(id="2"))])


@given(data=st.data(), summary=st.text(max_size=900), body=st.text(max_size=900))
def test_any_text_with_any_mentions_gives_marks_on_exactly_the_text_found(
    data: st.DataObject, summary: str, body: str
) -> None:
    one = Entry(id="1", keys=(), feed="f", title=body, summary=summary, body=body, seen_at=MOMENT)
    mentions: list[Mention] = []
    for field in Field:
        text: str = getattr(one, field.value)
        for _ in range(data.draw(st.integers(0, 8)) if text else 0):
            start = data.draw(st.integers(0, len(text) - 1))
            end = data.draw(st.integers(start + 1, min(len(text), start + 60)))
            mentions.append(Mention(name=str(start % 3), surface=text[start:end], field=field, start=start, end=end))
    check(render_message([match(one, *mentions)]), mentions)


def check(message: Message, mentions: list[Mention]) -> None:
    assert len(message.excerpts) <= MOST_EXCERPTS
    in_text = [mention for mention in mentions if mention.field is not Field.TITLE]
    assert bool(message.excerpts or (in_text and message.title.marks)) == bool(in_text)
    for excerpt in (message.title, *message.excerpts):
        ends = [0, *(place for mark in excerpt.marks for place in mark), len(excerpt.text)]
        assert ends == sorted(ends)
    for excerpt in message.excerpts:
        assert hits(excerpt)
        for hit in hits(excerpt):
            assert any(mention.surface.replace("\n", " ") in hit for mention in in_text)
