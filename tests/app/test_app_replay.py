"""What publishers do to the identity of their entries: nothing is told twice, and nothing that comes late is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from monitor.model import Backlog, Identity
from monitor.rules.match import Ruleset
from monitor.store import SqlStore
from tests.app.house import START
from tests.app.replay import DAY, Item, Replay, article, page, rules
from tests.empty_store import open_in_memory

Version = Callable[[int, Item], Item]  # of an item in the page of a poll

POLLS = 4


@pytest.fixture
def replay() -> Iterator[Replay]:
    store = open_in_memory()
    yield Replay(store=store)
    store.close()


def titles(*numbers: int) -> list[str]:
    return [article(number).title for number in numbers]


def sliding(size: int, version: Version) -> list[str]:
    """Write the pages of a feed that gains one article a poll; `version` is what its publisher does to each."""
    pages = []
    for poll in range(POLLS):
        numbers = range(100 - poll, 100 - poll + size)
        pages.append(page(*(version(poll, article(number)) for number in numbers)))
    return pages


def post(item: Item) -> str:
    """Return the address of an article that is one of many on a page: no two of a hundred have the same number."""
    return f"https://wire.example/live#{item.guid[-2:].strip('=')}"


FAILURES: dict[str, Version] = {
    "nothing": lambda _, item: item,
    "guid of each poll": lambda poll, item: replace(item, guid=f"{item.guid}&poll={poll}"),
    "guid of each poll, no link": lambda poll, item: replace(item, guid=f"{item.guid}&poll={poll}", link=""),
    "guid with a session": lambda poll, item: replace(item, guid=f"{item.link};jsessionid={poll:032x}"),
    "guid and link with a session": lambda poll, item: replace(
        item, guid=f"{item.guid}&sid={poll}", link=f"{item.link}?sid={poll}"
    ),
    "only a link with a session": lambda poll, item: replace(item, guid="", link=f"{item.link}?sid={poll}"),
    "http, then https": lambda poll, item: replace(
        item,
        guid=item.guid.replace("https", "http" if poll < 2 else "https"),
        link=item.link.replace("https", "http" if poll < 2 else "https"),
    ),
    "tracking parameters": lambda poll, item: replace(
        item, guid=f"{item.link}?utm_campaign={poll}", link=f"{item.link}?utm_campaign={poll}&fbclid={poll}"
    ),
    "headline of each poll": lambda poll, item: replace(item, title=f"{item.title}: {('calm', 'storm')[poll % 2]}"),
    "dates of each poll": lambda poll, item: replace(item, date=START + timedelta(minutes=10 * poll)),
    "no guid": lambda _, item: replace(item, guid=""),
    "no guid, link or date": lambda _, item: replace(item, guid="", link="", date=None),
    "no guid, link, date or text": lambda _, item: replace(item, guid="", link="", date=None, text=""),
    "copies numbered as the BBC does": lambda poll, item: replace(item, guid=f"{item.link}#{poll}"),
    "copies numbered in the link, too": lambda poll, item: replace(
        item, guid=f"{item.link}#{poll}", link=f"{item.link}#{poll}"
    ),
    "no guid, link or date, and one title for all": lambda _, item: replace(
        item, guid="", link="", date=None, title="Harbour report of the hour"
    ),
    "posts of one page, without guid": lambda _, item: replace(item, guid="", link=post(item)),
    "posts of one page": lambda _, item: replace(item, guid=post(item), link=post(item)),
    "guid in capitals, with blanks": lambda poll, item: replace(
        item, guid=f" {item.guid.upper()}\n" if poll % 2 else item.guid
    ),
    "one guid for all": lambda _, item: replace(item, guid="https://wire.example/live"),
    "one link for all": lambda _, item: replace(item, link="https://wire.example/live"),
    "readers counted": lambda poll, item: replace(item, text=f"{item.text} {poll * 17} views, 3 hours ago"),
}


@pytest.mark.parametrize("size", [3, 12, 40])
@pytest.mark.parametrize("failure", FAILURES)
async def test_each_article_is_told_once_whatever_its_publisher_does(replay: Replay, failure: str, size: int) -> None:
    version = FAILURES[failure]
    told = await replay.play(*sliding(size, version))
    new = [version(poll, article(100 - poll)).title for poll in range(1, POLLS)]
    assert told == new
    assert replay.replies == []


@pytest.mark.parametrize("size", [3, 12, 40])
async def test_a_feed_that_is_published_anew_tells_only_what_is_new(replay: Replay, size: int) -> None:
    first = [article(number) for number in range(1, size + 1)]
    await replay.play(page(*first), page(*first))
    moved = [
        replace(item, guid=f"tag:{item.guid}", link=item.link.replace("wire.example", "www.new.example/articles"))
        for item in first
    ]
    assert await replay.play(page(article(0), *moved)) == titles(0)
    assert await replay.play(page(article(0), *moved)) == titles(0)


@pytest.mark.parametrize("size", [3, 12, 40])
async def test_a_feed_without_texts_that_is_published_anew_tells_only_what_is_new(replay: Replay, size: int) -> None:
    first = [article(number, text="") for number in range(1, size + 1)]
    await replay.play(page(*first))
    moved = [replace(item, guid=f"tag:{item.guid}", link=f"{item.link}/moved") for item in first]
    assert await replay.play(page(article(0, text=""), *moved)) == titles(0)


@pytest.mark.parametrize(("days", "told"), [(6, 0), (8, 1)])
async def test_a_title_stands_for_an_entry_without_address_for_a_week(replay: Replay, days: int, told: int) -> None:
    plain = {"guid": "", "link": "", "date": None}
    await replay.play(page(article(1, **plain), article(2, **plain)))
    await replay.poll(
        page(article(1, **plain, text="Other words of the harbour master."), article(3)), after=days * DAY
    )
    assert len(replay.told) == 1 + told


@pytest.mark.parametrize("days", [1, 6, 40])
async def test_an_entry_that_leaves_and_returns_is_not_told_again(replay: Replay, days: int) -> None:
    await replay.play(page(article(2), article(3)), page(article(1), article(2), article(3)))
    await replay.poll(page(article(0), article(2)))
    await replay.poll(page(article(1), article(3), article(2)), after=days * DAY)
    assert replay.told == titles(1, 0)


async def test_a_guid_that_is_used_again_stands_for_a_new_article(replay: Replay) -> None:
    def slots(poll: int) -> str:
        return page(*(article(100 - poll + slot, guid=str(slot)) for slot in range(5)))

    assert await replay.play(*map(slots, range(POLLS))) == titles(99, 98, 97)
    ids = {entry.id for outcome in replay.outcomes for entry in outcome.entries}
    assert len(ids) == 8


LIVE = "https://wire.example/live"


async def test_a_link_that_is_used_again_leads_to_a_new_article(replay: Replay) -> None:
    """A page of one's own for what is news now: its address says nothing, and the rule has matched there before."""
    live = [
        Item(
            guid="1", link=LIVE, title="Ministers meet in Odesa", text="They spoke until midnight, behind closed doors."
        ),
        Item(guid="2", link=LIVE, title="Ferry aground near the port", text="Lifeboats took all passengers to Varna."),
        Item(guid="3", link=LIVE, title="Captain says nobody warned him", text="A court will hear his crew on Monday."),
    ]
    others = [article(number) for number in range(50, 58)]
    headlines = [item.title for item in live]
    assert await replay.play(page(*others), *(page(item, *others) for item in live)) == headlines
    edited = replace(live[-1], text="A court will hear his whole crew on Monday.")
    assert await replay.play(page(edited, *others)) == headlines
    assert replay.replies == []
    assert len({entry.id for outcome in replay.outcomes for entry in outcome.entries}) == len(live) + len(others)


@pytest.mark.parametrize(
    "again",
    [
        article(2, guid="2", link=LIVE, text=article(1).text),
        article(2, guid="2", link=LIVE, title=article(1).title),
        article(2, guid=f"{LIVE}#2", link=LIVE),
        article(2, guid="", link=LIVE),
    ],
    ids=["another headline", "another text", "numbered by its link", "without guid"],
)
async def test_an_article_that_is_written_anew_at_its_link_is_told_once(replay: Replay, again: Item) -> None:
    others = [article(number) for number in range(50, 58)]
    before = article(1, guid=f"{LIVE}#1" if LIVE in again.guid else "1", link=LIVE)
    pages = page(*others), page(before, *others), page(again, *others)
    assert await replay.play(*pages) == [before.title]


async def test_a_headline_and_its_address_may_change_under_one_guid(replay: Replay) -> None:
    before = article(1, title="Ministers say grain ships may leave Odesa", link="https://wire.example/may-leave")
    after = replace(
        before, title="Ministers: grain ships will leave Odesa soon", link="https://wire.example/will-leave"
    )
    assert await replay.play(page(article(2)), page(before, article(2)), page(after, article(2))) == [before.title]


async def test_a_column_with_one_title_every_day_is_told_every_day(replay: Replay) -> None:
    pages = [
        page(
            *(article(90 - day + older, title="Morning report from the harbours of the sea") for older in range(3)),
            article(50),
        )
        for day in range(POLLS)
    ]
    for body in pages:
        await replay.poll(body, after=DAY)
    assert len(replay.told) == POLLS - 1


async def test_an_article_dated_back_by_days_is_news_and_one_by_weeks_a_backlog(replay: Replay) -> None:
    old = [article(number) for number in (2, 3)]
    late, ancient = article(1, date=START - 3 * DAY), article(4, date=START - 30 * DAY)
    await replay.play(page(*old), page(old[0], late, ancient, old[1]))
    assert sorted(replay.told) == sorted([late.title, ancient.title])
    (digest,) = replay.digests
    assert [item.title.text for item in digest.items] == [ancient.title]
    assert digest.reason == "dated 14 days back or more"


@pytest.mark.parametrize("identity", list(Identity))
async def test_any_identity_may_be_chosen_at_any_time(replay: Replay, identity: Identity) -> None:
    await replay.play(page(article(2), article(3)), page(article(1), article(2), article(3)))
    replay.use(identity=identity)
    assert await replay.play(page(article(0), article(1), article(2))) == titles(1, 0)


@pytest.mark.parametrize(
    ("identity", "same"),
    [
        (Identity.GUID, {"link": "https://wire.example/x", "title": "Another report of a port", "text": "Other words"}),
        (Identity.LINK, {"guid": "x", "title": "Another report of a port", "text": "Other words"}),
        (Identity.TITLE, {"guid": "x", "link": "https://wire.example/x", "text": "Other words"}),
        (Identity.CONTENT, {"guid": "x", "link": "https://wire.example/x"}),
    ],
)
async def test_a_chosen_identity_alone_decides(replay: Replay, identity: Identity, same: dict[str, Any]) -> None:
    replay.use(identity=identity)
    first, second = article(1), article(1, **same)
    assert await replay.play(page(article(2)), page(first, article(2)), page(second, article(2))) == titles(1)
    unlike: dict[str, Any] = {
        "guid": f"{second.guid}!",
        "link": f"{second.link}/other",
        "title": f"{second.title} at last",
        "text": f"{second.text} And more.",
    }
    told = replay.told
    part = {Identity.CONTENT: "text"}.get(identity, identity.value)
    await replay.poll(page(replace(first, **{part: unlike[part]}), article(2)), after=5 * DAY)
    assert len(replay.told) == len(told) + 1


async def test_what_identity_was_detected_is_noted(replay: Replay) -> None:
    await replay.play(*sliding(12, FAILURES["guid of each poll"])[:1])
    assert list(replay.state.notes.identity) == ["guid", "link", "title", "content"]
    pages = sliding(12, FAILURES["guid of each poll"])[1:]
    await replay.play(*pages)
    assert list(replay.state.notes.identity) == ["link", "title", "content"]


# -- floods ------------------------------------------------------------------------------------------------------------


def flood(count: int, start: int = 200) -> list[Item]:
    return [article(number, date=None) for number in range(start, start + count)]


async def test_a_feed_that_changes_everything_ends_in_one_digest(replay: Replay) -> None:
    await replay.play(page(*flood(15)), page(*flood(15, 300)))
    (digest,) = replay.digests
    assert len(replay.deliveries) == 1
    assert digest.count == 15
    assert "15 of 15 entries of wire are new at once" in digest.reason


async def test_what_was_published_since_the_last_poll_is_news_in_a_flood(replay: Replay) -> None:
    await replay.play(page(*flood(15)))
    news = article(1, date=START + timedelta(minutes=15))
    await replay.play(page(news, *flood(14, 300)))
    assert [delivery.message.title.text for delivery in replay.deliveries] == [news.title, "14 alerts from a backlog"]


async def test_after_an_outage_nothing_is_lost_and_very_many_are_one_digest(replay: Replay) -> None:
    await replay.play(page(*flood(15)))
    back = START + 2 * DAY
    few = [article(number, date=back - timedelta(minutes=number)) for number in range(1, 16)]
    await replay.poll(page(*few), after=2 * DAY)
    assert (len(replay.deliveries), len(replay.told)) == (15, 15)
    many = [article(number, date=back + timedelta(hours=1, minutes=number)) for number in range(400, 430)]
    await replay.poll(page(*many), after=2 * DAY)
    (digest,) = replay.digests
    assert (digest.count, len(replay.told)) == (30, 45)


@pytest.mark.parametrize(("backlog", "told", "messages"), [("silent", 0, 0), ("digest", 12, 1), ("alert", 12, 12)])
async def test_a_first_poll_ends_as_the_feed_asks(replay: Replay, backlog: str, told: int, messages: int) -> None:
    replay.use(backlog=Backlog(backlog))
    await replay.play(page(*flood(12)), page(article(0), *flood(12)))
    assert (len(replay.told), len(replay.deliveries)) == (told + 1, messages + 1)


# -- a store of an earlier version -------------------------------------------------------------------------------------


def as_version_0_1_wrote_it(store: SqlStore, first_keys: list[bytes]) -> None:
    """Forget what that version did not know: it remembered the first key of an entry, and nothing else."""
    with store.engine.begin() as connection:
        known = connection.execute(text("SELECT key16 FROM seen")).scalars().all()
        for key in set(known) - set(first_keys):
            connection.execute(text("DELETE FROM seen WHERE key16 = :key"), {"key": key})
        connection.execute(text("UPDATE feed SET notes = '{}', blocks = ''"))


@pytest.mark.parametrize("failure", ["nothing", "no guid", "no guid, link or date", "headline of each poll"])
async def test_after_an_upgrade_nothing_is_told_again(replay: Replay, failure: str) -> None:
    version = FAILURES[failure]
    pages = sliding(12, version)
    await replay.play(*pages[:2])
    keys = [entry.keys[0] for outcome in replay.outcomes for entry in outcome.entries]
    as_version_0_1_wrote_it(replay.store, keys)
    assert await replay.play(*pages[2:]) == [version(poll, article(100 - poll)).title for poll in range(1, POLLS)]


# -- entries that change -----------------------------------------------------------------------------------------------


def told_item() -> Item:
    return article(1, title="Ministers meet in Odesa", text="Ten people were hurt, the port says.")


async def test_a_word_that_appears_later_is_told_in_reply(replay: Replay) -> None:
    replay.ruleset = rules_of("{ministers: ministers, mines: mines}")
    item = told_item()
    later = replace(item, text=f"{item.text} Mines were found.")
    await replay.play(page(article(2)), page(item, article(2)), page(later, article(2)), page(later, item))
    assert replay.told == [item.title]
    assert replay.replies == ["appeared later: “Mines”"]
    record = replay.store.entry_record(replay.outcomes[1].entries[0].id)
    assert record is not None
    assert record.entry.summary == later.text
    assert [decision.verdict for decision in record.decisions][-4:] == ["updated", "match", "same-story", "reply"]
    assert "new: mines, found" in record.decisions[-4].reason


async def test_a_word_that_appears_in_an_entry_that_nobody_heard_of_is_an_alert(replay: Replay) -> None:
    replay.ruleset = rules_of("{mines: mines}")
    item = told_item()
    later = replace(item, text="Mines were found.")
    await replay.play(page(item, article(2)), page(later, article(2)), page(item, article(2)), page(later, article(2)))
    assert replay.told == [item.title]
    assert replay.replies == []


async def test_a_number_that_changes_is_an_update_of_the_story(replay: Replay) -> None:
    before = article(1, title="Storm kills 10 in port of Odesa", text="The port says that 10 people died.")
    after = replace(before, title="Storm kills 50 in port of Odesa", text="The port says that 50 people died.")
    await replay.play(page(article(2)), page(before, article(2)), page(after, article(2)), page(after))
    assert replay.told == [before.title]
    assert replay.replies == ["update: 10 → 50"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "UPDATE 2-MINISTERS meet, in Odesa!"},
        {"text": "Ten people were hurt, the port says. Updated at 14:05 GMT"},
        {"text": "Ten people were hurt, the port says. 1,234 views"},
        {"text": "Ten people were hurt, the port says on Monday."},
    ],
)
async def test_what_is_cosmetic_or_makes_no_rule_match_is_silent(replay: Replay, changes: dict[str, Any]) -> None:
    item = told_item()
    await replay.play(page(article(2)), page(item, article(2)), page(replace(item, **changes), article(2)))
    assert (replay.told, replay.replies) == ([item.title], [])


async def test_a_rule_that_is_new_does_not_tell_of_entries_that_changed_elsewhere(replay: Replay) -> None:
    replay.ruleset = rules_of("{mines: mines}")
    item = told_item()
    await replay.play(page(item, article(2)))
    replay.ruleset = rules_of("{mines: mines, port: port}")
    assert await replay.play(page(replace(item, text=f"{item.text} It rains."), article(2))) == []


async def test_what_matched_in_silence_is_not_told_when_another_word_appears(replay: Replay) -> None:
    replay.ruleset = rules_of("{port: {terms: port, notify: chief}, mines: {terms: mines, notify: desk}}")
    item = told_item()
    later = replace(item, text=f"{item.text} Mines were found.")
    await replay.play(page(item, article(2)), page(later, article(2)))
    assert [delivery.channel for delivery in replay.deliveries] == ["desk"]


def rules_of(mapping: str) -> Ruleset:
    return rules(f"rules: {mapping}")


# -- gaps, silence -----------------------------------------------------------------------------------------------------


def minutely(count: int, end: int) -> list[Item]:
    """Write articles of one a minute, the newest first and `end` minutes after the start."""
    return [article(1000 + end - back, date=START + timedelta(minutes=end - back)) for back in range(count)]


async def test_a_page_that_does_not_reach_back_to_the_last_poll_is_a_gap(replay: Replay) -> None:
    await replay.play(page(*minutely(20, 10)), page(*minutely(20, 20)))
    assert replay.state.notes.gap is None
    outcome = await replay.poll(page(*minutely(20, 80)), after=timedelta(hours=1))
    gap = outcome.state.notes.gap
    assert gap is not None
    assert (gap.since, gap.until) == (START + timedelta(minutes=20), START + timedelta(minutes=61))
    assert 35 <= gap.entries <= 41
    assert outcome.due - replay.clock() < timedelta(minutes=3)
    again = await replay.poll(page(*minutely(20, 85)), after=timedelta(minutes=5))
    assert (again.state.notes.gap, again.state.notes.gaps) == (gap, 1)
