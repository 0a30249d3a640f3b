from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Accepted, Delivery, Excerpt, Message, Priority, Rejected, Unknown
from monitor.notify.channel import ChannelContext
from monitor.notify.webhook import WebhookNotifier, WebhookSettings, payload
from monitor.testing import FakeWebhook, Fault

MakeDelivery = Callable[..., Delivery]
Open = Callable[..., WebhookNotifier]
ANSWERED = "127.0.0.1 answered HTTP"
AGAIN = "nothing to be done here, it is tried again"


@pytest.fixture
async def receiver() -> AsyncIterator[FakeWebhook]:
    async with FakeWebhook() as server:
        yield server


@pytest.fixture
async def hook(receiver: FakeWebhook, context: Callable[..., ChannelContext]) -> AsyncIterator[Open]:
    opened: list[WebhookNotifier] = []

    def make(url: str = receiver.url, *, secret: str = "", seconds: float = 5) -> WebhookNotifier:
        given = {"webhook": url} | ({"secret": "${S}"} if secret else {})
        settings = WebhookSettings.model_validate(given, context={"env": {"S": secret}})
        opened.append(WebhookNotifier(settings, context(seconds)))
        return opened[-1]

    yield make
    for notifier in opened:
        await notifier.close()


async def test_a_receiver_can_check_who_sent_it_and_when(
    receiver: FakeWebhook, hook: Open, deliver: MakeDelivery
) -> None:
    assert await hook(secret="sign-secret").send(deliver()) == Accepted()
    (call,) = receiver.calls
    stamp = call.headers["X-Monitor-Timestamp"]
    expected = hmac.new(b"sign-secret", stamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-Monitor-Signature"] == f"v1={expected}"
    assert stamp == "1442585100"
    assert call.headers["Idempotency-Key"] == deliver().key
    assert call.headers["Content-Type"] == "application/json"
    assert call.json == payload(deliver())


async def test_without_a_secret_there_is_no_signature(receiver: FakeWebhook, hook: Open, deliver: MakeDelivery) -> None:
    await hook().send(deliver())
    assert "X-Monitor-Signature" not in receiver.calls[0].headers


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (Fault(status=201, accept=True), Accepted()),
        (Fault.rate_limited(9), Rejected(reason=f"{ANSWERED} 429: {AGAIN}", retry=True, after=timedelta(seconds=9))),
        (
            Fault(status=503, retry_after="60"),
            Rejected(reason=f"{ANSWERED} 503: {AGAIN}", retry=True, after=timedelta(minutes=1)),
        ),
        (Fault(status=500), Rejected(reason=f"{ANSWERED} 500: {AGAIN}", retry=True)),
        (Fault(status=408), Rejected(reason=f"{ANSWERED} 408: {AGAIN}", retry=True)),
        (Fault(status=425), Rejected(reason=f"{ANSWERED} 425: {AGAIN}", retry=True)),
        (Fault(status=404), Rejected(reason=f"{ANSWERED} 404: nothing takes alerts there: check the URL", retry=True)),
        (Fault(status=410), Rejected(reason=f"{ANSWERED} 410: it is gone for good: set another URL", retry=True)),
        (
            Fault(status=403, body="<h1>Forbidden by policy</h1>"),
            Rejected(
                reason=f"{ANSWERED} 403: it, or a proxy on the way, forbids this: check `secret`, the URL and the proxy",
                retry=True,
            ),
        ),
        (
            Fault(status=407),
            Rejected(reason=f"{ANSWERED} 407: the proxy wants a login: check HTTPS_PROXY and HTTP_PROXY", retry=True),
        ),
        (
            Fault(status=418),
            Rejected(reason=f"{ANSWERED} 418: check the URL, and what takes alerts there", retry=True),
        ),
        (
            Fault(status=307),
            Rejected(reason=f"{ANSWERED} 307: redirects are not followed, set the final URL", retry=True),
        ),
        (
            Fault(status=400, retry_after="60"),
            Rejected(reason="127.0.0.1 refuses this message: HTTP 400", retry=False),
        ),
        (Fault(status=413), Rejected(reason="127.0.0.1 refuses this message: HTTP 413", retry=False)),
        (Fault(status=422), Rejected(reason="127.0.0.1 refuses this message: HTTP 422", retry=False)),
        (Fault.drop(accept=False), Unknown(reason="the connection to 127.0.0.1 broke before its answer came")),
    ],
)
async def test_what_an_answer_means(
    receiver: FakeWebhook, hook: Open, deliver: MakeDelivery, fault: Fault, result: object
) -> None:
    receiver.fail(fault)
    assert await hook().send(deliver()) == result


@pytest.mark.parametrize(
    ("secret", "advice"),
    [("sign-secret", "check `secret`"), ("", "it wants to know who sends: give the channel a `secret`")],
)
async def test_a_receiver_that_does_not_know_us_says_what_to_check(
    *, receiver: FakeWebhook, hook: Open, deliver: MakeDelivery, secret: str, advice: str
) -> None:
    receiver.fail(Fault(status=401))
    result = await hook(secret=secret).send(deliver())
    assert result == Rejected(reason=f"{ANSWERED} 401: {advice}", retry=True)


async def test_no_answer_in_time_leaves_it_open(receiver: FakeWebhook, hook: Open, deliver: MakeDelivery) -> None:
    receiver.fail(Fault.hang(accept=True))
    assert await hook(seconds=0.2).send(deliver()) == Unknown(reason="no answer from 127.0.0.1 within 0.2 s")
    assert len(receiver.calls) == 1


async def test_a_slow_answer_in_time_counts(receiver: FakeWebhook, hook: Open, deliver: MakeDelivery) -> None:
    receiver.fail(Fault.slow(0.05))
    assert await hook().send(deliver()) == Accepted()


async def test_nobody_listening_means_surely_not_sent(hook: Open, deliver: MakeDelivery, closed_port: int) -> None:
    result = await hook(f"http://127.0.0.1:{closed_port}/").send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry


async def test_tls_where_none_is_spoken_means_surely_not_sent(
    receiver: FakeWebhook, hook: Open, deliver: MakeDelivery
) -> None:
    result = await hook(receiver.url.replace("http:", "https:")).send(deliver())
    assert result == Rejected(reason="cannot connect to 127.0.0.1: TLS failed", retry=True)


async def test_a_certificate_that_nobody_vouches_for_means_surely_not_sent(
    hook: Open, deliver: MakeDelivery, certificate: Path
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls)
    async with server:
        result = await hook(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/").send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry
    assert result.reason.startswith("cannot connect to 127.0.0.1: its certificate is not trusted: self")


async def test_a_proxy_that_refuses_means_surely_not_sent(
    receiver: FakeWebhook, hook: Open, deliver: MakeDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", receiver.origin)
    result = await hook("https://hooks.invalid/in").send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry
    assert result.reason.startswith("the proxy refused the way to hooks.invalid (HTTP 4")


async def test_any_text_is_json(receiver: FakeWebhook, hook: Open, deliver: MakeDelivery, latin: Message) -> None:
    hostile = Message(
        title=Excerpt(text='\ud800"\x00\r\n', marks=((0, 2),)),
        url="javascript:alert(1)",
        feed="f",
        published=None,
        seen_at=latin.seen_at,
        language="",
        priority=Priority.LOW,
        reasons=(),
        excerpts=(),
    )
    assert await hook().send(deliver(hostile)) == Accepted()
    assert receiver.calls[0].json["title"] == {"text": ' "   ', "marks": [[0, 2]]}
    assert receiver.calls[0].json["url"] == ""


async def test_a_copy_does_no_harm(hook: Open, deliver: MakeDelivery) -> None:
    result = await hook().look_up(deliver(), deliver().created_at)
    assert isinstance(result, Rejected)
    assert result.retry
