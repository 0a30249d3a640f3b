"""Apprise itself, through its own `json://` service to a server on loopback."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from pydantic import ValidationError

from monitor.model import (
    Accepted,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    Message,
    Parent,
    Priority,
    Rejected,
    Unknown,
)
from monitor.notify.apprise import MISSING, AppriseNotifier, AppriseSettings, written
from monitor.notify.channel import ChannelContext
from monitor.testing import FakeWebhook, Fault
from tests.notify.hostile import any_delivery

MakeDelivery = Callable[..., Delivery]
MakeContext = Callable[..., ChannelContext]


def settings(url: str) -> AppriseSettings:
    return AppriseSettings.model_validate({"apprise": "${URL}"}, context={"env": {"URL": url}})


@pytest.fixture
async def server() -> AsyncIterator[FakeWebhook]:
    async with FakeWebhook() as fake:
        yield fake


def notifier(server: FakeWebhook, context: ChannelContext) -> AppriseNotifier:
    return AppriseNotifier(settings(server.url.replace("http://", "json://")), context)


async def test_a_message_arrives_with_its_title_and_urgency(
    server: FakeWebhook, context: MakeContext, deliver: MakeDelivery, latin: Message
) -> None:
    assert await notifier(server, context()).send(deliver(replace(latin, priority=Priority.URGENT))) == Accepted()
    (call,) = server.calls
    assert call.json["title"] == "[urgent] Kerry says US ready for military-to-military talks with Russia"
    assert call.json["type"] == "failure"
    body = call.json["message"]
    assert body.startswith("The U.S. secretary of state said *talks*")
    assert "Why: Sergei Shoygu: shoygu" in body
    assert body.endswith("https://www.example.org/world/2015/sep/18/kerry?utm_source=rss&x=1")


async def test_every_kind_is_sent_but_edits(
    *,
    server: FakeWebhook,
    context: MakeContext,
    deliver: MakeDelivery,
    later: Message,
    parent: Parent,
    crowd: Digest,
) -> None:
    channel = notifier(server, context())
    assert await channel.send(deliver(later, kind=DeliveryKind.REPLY, parent=parent)) == Accepted()
    assert await channel.send(deliver(crowd, kind=DeliveryKind.DIGEST)) == Accepted()
    edit = await channel.send(deliver(kind=DeliveryKind.EDIT, parent=parent))
    assert edit == Rejected(reason="what was sent through Apprise cannot be changed", retry=False)
    reply, digest = (call.json["message"] for call in server.calls)
    assert reply.startswith("About “Kerry says US ready for military-to-military talks with Russia”: also reported")
    assert digest.startswith("23 alerts of rule shoygu in one poll")
    assert digest.endswith("and 20 more")
    await channel.close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.server_error(503), "it answered HTTP 503"),
        (Fault.refuse("x", status=403), "it answered HTTP 403"),
        (Fault.drop(accept=False), "no answer, or none that it takes for a yes"),
    ],
)
async def test_what_is_not_taken_is_tried_again(
    *, server: FakeWebhook, context: MakeContext, deliver: MakeDelivery, fault: Fault, said: str
) -> None:
    server.fail(fault)
    result = await notifier(server, context()).send(deliver())
    reason = f"Apprise could not send it: {said}; check the URL and the service"
    assert result == Rejected(reason=reason, retry=True)


async def test_a_service_that_hangs_has_a_deadline(
    server: FakeWebhook, context: MakeContext, deliver: MakeDelivery
) -> None:
    server.fail(Fault.hang(accept=True))
    channel = notifier(server, context(0.3))
    assert await channel.send(deliver()) == Unknown(reason="Apprise has not ended within 0.3 s")
    again = await channel.look_up(deliver(), deliver().created_at)
    assert isinstance(again, Rejected)
    assert again.retry
    assert channel.pace == timedelta(seconds=1)


async def test_a_plugin_that_fails_is_named_without_its_words(
    server: FakeWebhook, context: MakeContext, deliver: MakeDelivery
) -> None:
    channel = notifier(server, context())

    class Broken:
        def notify(self, **_: object) -> bool:
            raise RuntimeError("https://hidden")

    channel._apprise = Broken()  # type: ignore[assignment]
    assert await channel.send(deliver()) == Unknown(reason="Apprise failed: RuntimeError")


@pytest.mark.parametrize("url", ["nosuch://host", "nonsense", "slack://", "json://a, json://b\n"])
def test_a_url_that_apprise_does_not_know_is_a_mistake(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(url)
    assert url not in str(caught.value)


def test_without_the_extra_the_mistake_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ValidationError, match="pip install 'media-monitor\\[apprise\\]'"):
        settings("json://localhost")
    assert "apprise" in MISSING


def test_a_url_is_a_secret() -> None:
    with pytest.raises(ValidationError, match="a secret must not stand in this file"):
        AppriseSettings.model_validate({"apprise": "json://localhost/hidden"})
    assert "hidden" not in repr(settings("json://localhost/hidden"))


def test_no_text_calls_a_whole_channel(deliver: MakeDelivery, latin: Message) -> None:
    shout = replace(latin, title=Excerpt(text="@everyone <!channel> <@U1> a@here.example"), excerpts=())
    title, body = written(deliver(shout))
    for text in (title, body):
        assert "@everyone" not in text
        assert "<!" not in text
        assert "<@" not in text
    assert title.replace("\u200b", "") == "[high] @everyone <!channel> <@U1> a@here.example"


@given(any_delivery)
def test_any_text_is_written(delivery: Delivery) -> None:
    title, body = written(delivery)
    assert title
    assert "\n" not in title
    (title + body).encode()
