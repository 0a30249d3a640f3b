"""From a feed to a message, over real sockets."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.app import open_app
from monitor.model import Delivery, SendResult
from monitor.testing import FakeNotifier, Fault
from tests.app.house import RULES, House, rss

HOUR = timedelta(hours=1)


async def test_entries_become_messages_in_order_once(house: House) -> None:
    titles = [f"Shoygu speaks {number}" for number in range(4)]
    house.feeds.pages["/wire"] = rss("Nothing here", *reversed(titles))
    assert await house.once()
    assert len(house.told) == 4
    assert all(title in told for title, told in zip(titles, house.told, strict=True))
    assert await house.once(after=HOUR)
    assert len(house.told) == 4


async def test_the_next_message_of_a_channel_waits_for_its_pace_and_for_no_tick(house: House) -> None:
    """Nothing ticks here, so a message that waited for a tick would never come."""
    third = asyncio.Event()

    class Counting(FakeNotifier):
        async def send(self, delivery: Delivery) -> SendResult:
            result = await super().send(delivery)
            if len(self.received) == 3:
                third.set()
            return result

    house.configure(channels="desk: {console: true}")
    house.feeds.pages["/wire"] = rss("Shoygu one", "Shoygu two", "Shoygu three")
    async with open_app(house.setup(), host_spacing=timedelta()) as app:  # by the machine's clock
        app.in_use.live = replace(app.live, notifiers={"desk": Counting(pace=timedelta(seconds=0.05))})
        app.ticks.start({})
        await app.polls.poll_due()
        await third.wait()


async def test_a_message_says_rule_word_feed_and_link(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Шойгу speaks")
    await house.once()
    shown = str(house.slack.messages[0].blocks)
    for part in ("shoygu", "Шойгу", "wire", "https://wire.example/Шойгу-speaks"):
        assert part in shown, part


async def test_later_entries_are_told_and_earlier_ones_not_again(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    await house.once()
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    await house.once(after=HOUR)
    assert [told.split()[-1] for told in house.told] == ["one", "two"]


async def test_one_article_in_two_feeds_is_one_message(house: House) -> None:
    house.configure(feeds=f"a: '{house.feeds.url('/a')}', b: '{house.feeds.url('/b')}'")
    house.feeds.pages["/a"] = rss("Earthquake shakes the coast")
    house.feeds.pages["/b"] = rss("Earthquake shakes the coast", base="http://www.wire.example").replace(
        "</link>", "?utm_source=b</link>"
    )
    await house.once()
    assert len(house.told) == 1


async def test_mail_and_console_and_slack_each_get_the_story(house: House) -> None:
    house.configure(
        notify="[desk, post, screen]",
        channels=(
            f"desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{house.slack.api_url}'}}, "
            "post: {email: chief@example.org}, screen: {console: true}"
        ),
    )
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    assert await house.once()
    (mail,) = house.smtp.mails
    assert mail.recipients == ("chief@example.org",)
    assert "Shoygu speaks" in str(mail.message["Subject"])
    assert house.console.getvalue().count("**Shoygu** speaks") == 1
    assert len(house.told) == 1


async def test_first_poll_is_silent_unless_asked(house: House) -> None:
    house.configure(feeds=f"wire: {{url: '{house.feeds.url('/wire')}', backlog: silent}}")
    house.feeds.pages["/wire"] = rss("Shoygu old")
    await house.once()
    house.feeds.pages["/wire"] = rss("Shoygu new", "Shoygu old")
    await house.once(after=HOUR)
    assert len(house.told) == 1
    assert "new" in house.told[0]


# -- Slack in trouble --------------------------------------------------------------------------------------------------


async def test_retry_after_is_obeyed_and_order_kept(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    house.slack.fail(Fault.rate_limited(40))
    assert not await house.once()
    assert not await house.once(after=timedelta(seconds=35))
    assert house.told == []
    assert await house.once(after=timedelta(seconds=10))
    assert [told.split()[-1] for told in house.told] == ["one", "two"]


@pytest.mark.parametrize(
    "fault",
    [Fault.server_error(), Fault.server_error(accept=True), Fault.drop(accept=False), Fault.drop(accept=True)],
    ids=["500", "500 but taken", "dropped", "dropped but taken"],
)
async def test_an_answer_that_leaves_doubt_is_looked_up_and_never_doubled(house: House, fault: Fault) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    house.slack.fail(fault)
    assert not await house.once()
    assert await house.once(after=timedelta(minutes=1))
    assert [told.split()[-1] for told in house.told] == ["one", "two"]


async def test_a_server_that_never_answers_leaves_doubt_too(house: House) -> None:
    house.send_deadline = timedelta(milliseconds=300)
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.slack.fail(Fault.hang(accept=True))
    assert not await house.once()
    assert await house.once(after=timedelta(minutes=1))
    assert len(house.told) == 1


async def test_a_wrong_token_loses_nothing(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.slack.fail(Fault.refuse("invalid_auth"))
    assert not await house.once()
    assert await house.once(after=HOUR)
    assert len(house.told) == 1


async def test_mail_that_is_put_off_comes_later_once(house: House) -> None:
    house.configure(notify="post", channels="post: {email: chief@example.org}")
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.smtp.fail("RCPT", "451 4.7.1 greylisted, come back later")
    assert not await house.once()
    assert await house.once(after=HOUR)
    assert len(house.smtp.mails) == 1


async def test_mail_refused_for_good_is_set_aside_and_the_next_goes_through(house: House) -> None:
    house.configure(notify="post", channels="post: {email: chief@example.org}")
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    house.smtp.fail("DATA", "554 5.7.1 no")
    assert await house.once()
    assert ["two" in str(mail.message["Subject"]) for mail in house.smtp.mails] == [True]
    async with house.open() as app:
        (dead,) = (await app.doors.in_store(app.doors.store.status)).dead
        assert "554" in dead.reason
        assert await app.doors.in_store(app.doors.store.replay, now=house.clock()) == 1
        assert await app.run_once()
    assert len(house.smtp.mails) == 2


# -- feeds in trouble --------------------------------------------------------------------------------------------------


async def test_a_broken_feed_delays_nobody_and_is_named(house: House) -> None:
    house.configure(
        feeds=f"wire: '{house.feeds.url('/wire')}', gone: '{house.feeds.url('/gone')}', "
        f"html: '{house.feeds.url('/html')}', sick: '{house.feeds.url('/sick')}'"
    )
    house.feeds.pages |= {"/wire": rss("Shoygu one"), "/html": "<!doctype html><html><body>Hello</body></html>"}
    house.feeds.statuses["/sick"] = 500
    async with house.open() as app:
        assert await app.run_once()
        report = await app.doors.in_store(app.doors.store.status)
    assert len(house.told) == 1
    causes = {feed.name: feed.cause.value for feed in report.feeds if feed.cause}
    assert causes == {"gone": "HTTP error", "html": "not a feed", "sick": "HTTP error"}


async def test_a_feed_that_recovers_is_read_again(house: House) -> None:
    house.feeds.statuses["/wire"] = 503
    await house.once()
    house.feeds.statuses.clear()
    house.feeds.pages["/wire"] = rss("Shoygu one")
    await house.once(after=HOUR)
    assert len(house.told) == 1


async def test_an_unchanged_page_costs_no_second_look(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.feeds.headers["/wire"] = {"ETag": '"1"'}
    await house.once()
    await house.once(after=HOUR)
    assert house.feeds.requests == ["/wire", "/wire"]
    assert len(house.told) == 1


# -- reload ------------------------------------------------------------------------------------------------------------


async def test_a_changed_rule_takes_effect_and_a_broken_one_changes_nothing(house: House) -> None:
    rules = house.folder / "rules.yaml"
    async with house.open() as app:
        rules.write_text(RULES + "  storm: [storm]\n")
        for _ in range(2):
            await app.reload_if_changed()
        assert "storm" in app.live.ruleset.rules
        good = app.live
        for broken in ("rules: {storm: {termz: x}}", "rules: [", "rules: {storm: {terms: x, hits: [calm]}}"):
            rules.write_text(broken)
            for _ in range(2):
                await app.reload_if_changed()
            assert app.live is good, broken
        rules.write_text("rules: {calm: [calm]}\n")
        for _ in range(2):
            await app.reload_if_changed()
        assert list(app.live.ruleset.rules) == ["calm"]


async def test_a_file_that_is_still_being_written_is_not_read(house: House) -> None:
    rules = house.folder / "rules.yaml"
    async with house.open() as app:
        before = app.live
        for length in range(1, 4):
            rules.write_text("rules: {storm: [storm" + "y" * length)
            await app.reload_if_changed()
        assert app.live is before


async def test_a_new_feed_is_polled_after_a_reload_and_a_removed_one_not(house: House) -> None:
    house.feeds.pages |= {"/wire": rss("Shoygu one"), "/new": rss("Shoygu two")}
    async with house.open() as app:
        await app.run_once()
        house.configure(feeds=f"new: '{house.feeds.url('/new')}'")
        await app.reload()
        house.clock.advance(HOUR)
        await app.run_once()
    assert house.feeds.requests == ["/wire", "/new"]
    assert len(house.told) == 2


async def test_a_new_rule_does_not_dig_up_old_entries(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Storm warning")
    await house.once()
    house.configure(rules=RULES + "  storm: [storm]\n")
    house.feeds.pages["/wire"] = rss("Storm grows", "Storm warning")
    await house.once(after=HOUR)
    assert len(house.told) == 1
    assert "grows" in house.told[0]


@pytest.mark.parametrize(
    ("titles", "done"), [((), True), (("Shoygu one",), True), (("Shoygu one", "Shoygu two"), False)]
)
async def test_a_single_run_waits_for_no_channel_that_rests_for_long(
    house: House, titles: tuple[str, ...], *, done: bool
) -> None:
    """It used to wait out the longest pace of all channels, an hour here, whether or not anything was owed."""
    house.feeds.pages["/wire"] = rss(*titles)
    async with house.open() as app:
        app.live.notifiers["desk"].pace = HOUR
        assert await app.run_once() is done
    assert len(house.told) == min(len(titles), 1)
    assert await house.once(after=HOUR)
    assert len(house.told) == len(titles)
