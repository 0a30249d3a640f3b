"""The fakes are a public feature: what they promise is tested as any other."""

from __future__ import annotations

import smtplib
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from monitor.errors import Cause, FetchError, ParseError
from monitor.model import (
    Accepted,
    Delivery,
    DeliveryKind,
    Excerpt,
    Feed,
    FeedState,
    Message,
    NotModified,
    Page,
    ParsedFeed,
    Priority,
    Rejected,
    Unknown,
    Validators,
)
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.ports import Clock, Fetcher, Notifier, Parser
from monitor.testing import (
    FakeClock,
    FakeFetcher,
    FakeNotifier,
    FakeParser,
    FakeSlack,
    FakeSmtp,
    FakeWebhook,
    Fault,
    check_blocks,
)
from monitor.testing.clock import START

# -- clock, fetcher, notifier ------------------------------------------------------------------------------------------


def test_a_clock_stands_until_it_is_advanced() -> None:
    clock = FakeClock()
    told: Clock = clock
    assert told() == told() == START
    assert clock.advance(90) == clock.advance(timedelta(0)) == START + timedelta(seconds=90)
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake that is refused


FEED = Feed(name="f", url="https://example.org/rss")


async def test_a_fetcher_plays_its_script_and_repeats_the_end() -> None:
    fake = FakeFetcher()
    fetcher: Fetcher = fake
    state = FeedState(feed_id=1, name="f", url=FEED.url)
    fake.page("f", "<rss/>", etag='"1"')
    fake.answer("f", FetchError(Cause.TIMEOUT, "slow"))
    page = await fetcher.fetch(FEED, state)
    assert page == Page(body=b"<rss/>", content_type="application/rss+xml", validators=Validators(etag='"1"'))
    for _ in range(2):
        with pytest.raises(FetchError, match="slow"):
            await fetcher.fetch(FEED, state)
    assert len(fake.fetched) == 3
    await fetcher.close()
    assert fake.closed


async def test_a_fetcher_knows_its_own_validators() -> None:
    fake = FakeFetcher()
    fake.page("f", "<rss/>", etag='"1"')
    state = FeedState(feed_id=1, name="f", url=FEED.url, validators=Validators(etag='"1"'))
    assert await fake.fetch(FEED, state) == NotModified()


async def test_a_fetcher_without_a_script_fails_the_test() -> None:
    with pytest.raises(LookupError, match="no answer scripted for feed 'f'"):
        await FakeFetcher().fetch(FEED, FeedState(feed_id=1, name="f", url=FEED.url))


async def test_a_parser_parses_here_and_fails_as_told() -> None:
    parsed = ParsedFeed(title="Wire", entries=())
    fake = FakeParser(lambda _page, _feed, _now: parsed)
    parser: Parser = fake
    page = Page(body=b"<rss/>")
    assert await parser.parse(page, FEED, START) == parsed
    assert await parser.shortcut_holds(page, parsed, FEED, START)
    fake.errors["f"] = fake.holds = ParseError(Cause.PARSER, "too long")
    with pytest.raises(ParseError, match="too long"):
        await parser.parse(page, FEED, START)
    with pytest.raises(ParseError, match="too long"):
        await parser.shortcut_holds(page, parsed, FEED, START)
    fake.texts[FEED.url] = "An article"
    assert [await parser.extract(page, url) for url in (FEED.url, "")] == ["An article", ""]
    assert (fake.parsed, fake.checks) == ([page, page], 2)
    await parser.close()
    assert fake.closed


def delivery(key: str) -> Delivery:
    message = Message(
        title=Excerpt(text="t"),
        url="",
        feed="f",
        published=None,
        seen_at=START,
        language="",
        priority=Priority.LOW,
        reasons=(),
        excerpts=(),
    )
    return Delivery(key=key, alert_id="a", channel="c", kind=DeliveryKind.POST, message=message, created_at=START)


async def test_a_notifier_remembers_what_arrived_whatever_it_said() -> None:
    fake = FakeNotifier(pace=timedelta(seconds=1))
    notifier: Notifier = fake
    fake.answer(Rejected(reason="later", retry=True), RuntimeError("broken"))
    fake.lose_answer()
    assert await notifier.send(delivery("1")) == Rejected(reason="later", retry=True)
    with pytest.raises(RuntimeError, match="broken"):
        await notifier.send(delivery("1"))
    assert isinstance(await notifier.look_up(delivery("1"), START), Rejected)
    assert isinstance(await notifier.send(delivery("1")), Unknown)
    assert await notifier.look_up(delivery("1"), START) == Accepted(ref="1")
    assert await notifier.send(delivery("2")) == Accepted(ref="2")
    assert [one.key for one in fake.received] == ["1", "2"]
    assert [one.key for one in fake.sends] == ["1", "1", "1", "2"]
    fake.answer_look_up(Unknown(reason="?"), RuntimeError("down"))
    assert await notifier.look_up(delivery("2"), START) == Unknown(reason="?")
    with pytest.raises(RuntimeError, match="down"):
        await notifier.look_up(delivery("2"), START)
    await notifier.close()
    assert fake.closed


# -- Slack ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock=FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), page_size=2) as server:
        yield server


Call = Callable[..., Any]


@pytest.fixture
async def call(slack: FakeSlack) -> AsyncIterator[Call]:
    async with aiohttp.ClientSession() as session:

        async def post(method: str, *, token: str = slack.token, **params: Any) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with session.post(slack.api_url + method, json=params, headers=headers) as answer:
                said: dict[str, Any] = await answer.json()
                return said

        yield post


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"token": ""}, "not_authed"),
        ({"token": "xoxb-other"}, "invalid_auth"),
        ({"channel": "#nowhere"}, "channel_not_found"),
        ({"channel": "C00000002"}, "is_archived"),
        ({"channel": "off-limits"}, "not_in_channel"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"blocks": []}, "invalid_blocks"),
        ({"blocks": [{**SECTION, "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5}, "msg_blocks_too_long"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
async def test_slack_refuses_what_slack_refuses(
    slack: FakeSlack, call: Call, params: dict[str, Any], error: str
) -> None:
    slack.channels["C00000003"] = "off-limits"
    slack.archived.add("C00000002")
    slack.not_invited.add("C00000003")
    assert await call("chat.postMessage", **{"channel": "#general", "text": "hello", **params}) == {
        "ok": False,
        "error": error,
    }
    assert slack.messages == []


async def test_slack_keeps_a_history_with_metadata_in_pages(slack: FakeSlack, call: Call) -> None:
    for number in range(3):
        metadata = {"event_type": "e", "event_payload": {"n": number}}
        posted = await call("chat.postMessage", channel="general", text=str(number), metadata=metadata)
        assert posted["channel"] == "C00000001"
    first = await call("conversations.history", channel="C00000001", include_all_metadata=True)
    assert [message["text"] for message in first["messages"]] == ["2", "1"]
    assert first["messages"][0]["metadata"]["event_payload"] == {"n": 2}
    cursor = first["response_metadata"]["next_cursor"]
    last = await call("conversations.history", channel="C00000001", cursor=cursor)
    assert [message["text"] for message in last["messages"]] == ["0"]
    assert "metadata" not in last["messages"][0], "Slack shows it only when asked"
    assert not last["response_metadata"]["next_cursor"]
    later = await call("conversations.history", channel="C00000001", oldest=slack.messages[1].ts)
    assert [message["text"] for message in later["messages"]] == ["2"]


async def test_slack_lists_channels_and_knows_the_bot(slack: FakeSlack, call: Call) -> None:
    listed = await call("conversations.list")
    assert [channel["name"] for channel in listed["channels"]] == ["general", "desk-russia"]
    assert (await call("auth.test"))["ok"] is True
    slack.scopes.discard("channels:read")
    assert (await call("conversations.list"))["error"] == "missing_scope"


async def test_an_incoming_webhook_answers_in_words(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        for payload, status, word in (({"text": "hi"}, 200, "ok"), ({}, 400, "no_text")):
            async with session.post(slack.webhook_url, json=payload) as answer:
                assert (answer.status, await answer.text()) == (status, word)
    assert [message.channel for message in slack.messages] == ["C00000001"]


async def test_faults_are_used_up_in_order(slack: FakeSlack, call: Call) -> None:
    slack.fail(Fault.refuse("first"))
    slack.fail(Fault.refuse("second"), times=2)
    answers = [await call("chat.postMessage", channel="general", text="x") for _ in range(4)]
    assert [answer.get("error") for answer in answers] == ["first", "second", "second", None]


@pytest.mark.parametrize(("accept", "kept"), [(False, 0), (True, 1)])
async def test_a_dropped_connection_may_have_delivered(slack: FakeSlack, call: Call, accept: bool, kept: int) -> None:
    slack.fail(Fault.drop(accept=accept))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call("chat.postMessage", channel="general", text="x")
    assert len(slack.messages) == kept


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


@pytest.mark.parametrize(
    ("block", "mistake"),
    [
        (SECTION, ""),
        ({"type": "divider"}, ""),
        ({"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}, ""),
        ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}, "between 1 and 150"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "not a text object"),
        ({"type": "section"}, "a section without text"),
        ({"type": "section", "fields": [SECTION["text"]] * 11}, "11 fields"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "between 1 and 3000"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "emoji is for plain_text"),
        ({"type": "context", "elements": []}, "between 1 and 10 elements"),
        ({"type": "context", "elements": [{"type": "plain_text", "text": ""}]}, "between 1 and 2000"),
        ({"type": "divider", "text": "x"}, "a divider holds nothing"),
        ({"type": "rich_text"}, "rich_text without elements"),
        (rich(), "an empty rich_text element"),
        (rich({"type": "text", "text": ""}), "a text without text"),
        (rich({"type": "text", "text": "x", "style": {"blink": True}}), "unknown style"),
        (rich({"type": "text", "text": "x", "colour": "red"}), "unknown key"),
        (rich({"type": "link", "text": "x", "url": "javascript:x"}), "a link without a usable URL"),
        (rich({"type": "broadcast", "range": "channel"}), "unknown part"),
        ({"type": "video"}, "unknown type"),
        ("text", "unknown type"),
    ],
)
def test_blocks_are_checked_as_slack_documents_them(block: Any, mistake: str) -> None:
    found = check_blocks([block])
    assert bool(found) == bool(mistake)
    assert mistake in " ".join(found)


# -- webhook, mail -------------------------------------------------------------------------------------------------


async def test_a_webhook_keeps_what_it_takes() -> None:
    async with FakeWebhook() as hook, aiohttp.ClientSession() as session:
        hook.fail(Fault.rate_limited(7))
        async with session.post(hook.url, json={"n": 1}) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, "7")
        async with session.post(hook.url, json={"n": 2}, headers={"X-Test": "yes"}) as taken:
            assert taken.status == 204
    assert [(call.json, call.headers["x-test"]) for call in hook.calls] == [({"n": 2}, "yes")]


async def test_a_server_comes_back_on_its_port() -> None:
    hook = FakeWebhook()
    async with hook:
        url = hook.url
    async with hook, aiohttp.ClientSession() as session, session.post(url, json={}) as answer:
        assert answer.status == 204


async def test_a_mail_server_keeps_mails_and_fails_by_step() -> None:
    def post(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, "test.example", timeout=5) as client:
            client.sendmail("a@example.org", ["b@example.org"], b"Subject: hello\r\n\r\ntext\r\n")

    async with FakeSmtp() as server:
        server.fail("DATA", "451 later")
        with pytest.raises(smtplib.SMTPDataError, match="later"):
            await in_daemon_thread(lambda: post(server.port))
        await in_daemon_thread(lambda: post(server.port))
    (mail,) = server.mails
    assert (mail.sender, mail.recipients, mail.message["Subject"]) == ("a@example.org", ("b@example.org",), "hello")


def test_without_aiosmtpd_the_mail_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install media-monitor\[test\]"):
        FakeSmtp()
