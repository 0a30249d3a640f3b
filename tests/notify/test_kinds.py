"""Replies, edits and digests where there are no threads, or only those of a mail program; Slack's are beside this."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given

from monitor.decide.delivery import in_zone
from monitor.model import (
    Accepted,
    Acknowledged,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    Message,
    Parent,
    Priority,
    Rejected,
)
from monitor.notify import email_page, slack_layout
from monitor.notify.channel import ChannelContext
from monitor.notify.console import ConsoleNotifier, ConsoleSettings, layout
from monitor.notify.digests import digest_text
from monitor.notify.email import EmailNotifier, EmailSettings, html, write_mail
from monitor.notify.slack_webhook import SlackWebhookNotifier, SlackWebhookSettings
from monitor.notify.smtp import SmtpSettings
from monitor.notify.webhook import WebhookNotifier, WebhookSettings, payload
from monitor.notify.wording import lead
from monitor.testing import FakeSlack, FakeSmtp, FakeWebhook, Fault
from tests.notify.hostile import any_delivery, any_digest

MakeDelivery = Callable[..., Delivery]
MakeContext = Callable[..., ChannelContext]
CONSOLE = ConsoleSettings.model_validate({"console": "true"})
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SMTP = SmtpSettings.model_validate({"host": "127.0.0.1", "from": "alerts@example.org"})


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as server:
        yield server


@pytest.fixture
async def hook(slack: FakeSlack, context: MakeContext) -> AsyncIterator[SlackWebhookNotifier]:
    given_url = {"slack_webhook": "${U}"}
    settings = SlackWebhookSettings.model_validate(given_url, context={"env": {"U": slack.webhook_url}})
    notifier = SlackWebhookNotifier(settings, context())
    yield notifier
    await notifier.close()


# -- times ---------------------------------------------------------------------------------------------------------


def test_all_times_of_a_message_are_told_in_one_zone(counted: Message, crowd: Digest, deliver: MakeDelivery) -> None:
    taken = replace(counted, acknowledged=Acknowledged(by="@anna", at=counted.seen_at))
    for message in (taken, crowd):
        told = in_zone(deliver(message), "Europe/Paris").message
        about = Parent(key="b" * 32, ref="", message=told)
        shown = [slack_layout.plain(told), layout(told, about=about, paint=False), email_page.text(told), html(told)]
        shown.append(json.dumps(slack_layout.blocks(told)))
        if isinstance(told, Digest):
            shown.append(digest_text(told))
        for each in shown:
            assert "UTC" not in each
            assert "2015-09-18 16:02 Europe/Paris" in each


# -- what cannot be changed is left alone --------------------------------------------------------------------------


async def test_where_nothing_can_be_changed_an_edit_is_refused_for_good_and_nothing_sent(
    *,
    slack: FakeSlack,
    hook: SlackWebhookNotifier,
    deliver: MakeDelivery,
    counted: Message,
    parent: Parent,
    context: MakeContext,
) -> None:
    edit = deliver(counted, kind=DeliveryKind.EDIT, parent=parent)
    stream = io.StringIO()
    async with FakeSmtp() as smtp:
        settings = SmtpSettings.model_validate({"host": "127.0.0.1", "port": smtp.port, "from": "a@example.org"})
        email = EmailNotifier(EmailSettings.model_validate({"email": "chief@example.org"}), context(smtp=settings))
        notifiers = hook, email, ConsoleNotifier(CONSOLE, context(stream=stream))
        results = [await notifier.send(edit) for notifier in notifiers]
        assert smtp.mails == []
    assert [isinstance(result, Rejected) and not result.retry for result in results] == [True] * 3
    assert [result.reason for result in results if isinstance(result, Rejected)] == [
        "an incoming webhook cannot change what it has posted (a bot token can)",
        "a mail that was sent cannot be changed",
        "what is printed cannot be changed",
    ]
    assert slack.calls == []
    assert stream.getvalue() == ""


# -- a reply names what it is about, unless a thread shows it --------------------------------------------------------


@pytest.mark.parametrize("refused", [False, True], ids=["blocks", "plain"])
async def test_through_an_incoming_webhook_a_reply_names_the_story(
    *,
    slack: FakeSlack,
    hook: SlackWebhookNotifier,
    deliver: MakeDelivery,
    later: Message,
    parent: Parent,
    refused: bool,
) -> None:
    if refused:
        slack.fail(Fault.refuse("invalid_blocks", status=400), method="incoming_webhook")
    assert await hook.send(deliver(later, kind=DeliveryKind.REPLY, parent=parent)) == Accepted()
    (message,) = slack.messages
    assert "About “Kerry says US ready" in (message.text if refused else json.dumps(message.blocks, ensure_ascii=False))


async def test_a_printed_reply_names_the_story(
    deliver: MakeDelivery, later: Message, parent: Parent, context: MakeContext
) -> None:
    stream = io.StringIO()
    await ConsoleNotifier(CONSOLE, context(stream=stream)).send(deliver(later, parent=parent))
    assert "also  About “Kerry says US ready for military-to-military talks with Russia”: also rep" in stream.getvalue()


def test_a_reply_without_a_note_says_at_least_what_it_is_about(latin: Message, parent: Parent) -> None:
    assert lead(latin, parent) == "About “Kerry says US ready for military-to-military talks with Russia”: more"
    assert lead(latin) == ""


@pytest.mark.parametrize(
    ("ref", "answered"),
    [
        ("<old@elsewhere.example>", "<old@elsewhere.example>"),
        ("", f"<{'b' * 32}@example.org>"),
        ("C00000002:1.000001", f"<{'b' * 32}@example.org>"),  # the channel was Slack's then
        ("<a@b>\r\nBcc: <evil@example.com>", f"<{'b' * 32}@example.org>"),
    ],
)
def test_a_mail_answers_the_first_one(
    deliver: MakeDelivery, later: Message, parent: Parent, ref: str, answered: str
) -> None:
    reply = deliver(later, kind=DeliveryKind.REPLY, parent=replace(parent, ref=ref))
    mail = write_mail(reply, smtp=SMTP, recipients=("chief@example.org",))
    assert (mail["In-Reply-To"], mail["References"], mail["Bcc"]) == (answered, answered, None)
    assert mail["Subject"] == "Re: [high] Kerry says US ready for military-to-military talks with Russia"
    assert mail["Message-ID"] == f"<{reply.key}@example.org>"


def test_a_reply_that_stands_alone_answers_no_mail(deliver: MakeDelivery, later: Message) -> None:
    mail = write_mail(deliver(later, kind=DeliveryKind.REPLY), smtp=SMTP, recipients=("chief@example.org",))
    assert (mail["In-Reply-To"], mail["Subject"]) == (None, "[high] Шойгу и Картер обсудили Сирию")


# -- a webhook gets all of it ----------------------------------------------------------------------------------------


async def test_a_receiver_hears_of_edits_too(
    deliver: MakeDelivery, counted: Message, parent: Parent, context: MakeContext
) -> None:
    edit = deliver(counted, kind=DeliveryKind.EDIT, parent=parent)
    async with FakeWebhook() as receiver:
        notifier = WebhookNotifier(WebhookSettings.model_validate({"webhook": receiver.url}), context())
        assert await notifier.send(edit) == Accepted()
        await notifier.close()
    (call,) = receiver.calls
    assert isinstance(call.json, dict)
    assert (call.json["kind"], call.json["parent"]) == ("edit", parent.key)
    assert call.json["coverage"]["sources"] == 4


# -- any text at all -------------------------------------------------------------------------------------------------


class Visible(HTMLParser):
    """Read a mail as a mail program does: which elements it has, and which links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert all(name in ("class", "content", "charset", "dir", "href", "lang", "name", "style") for name, _ in attrs)


OWN_TAGS = {"html", "head", "meta", "title", "style", "body", "div", "p", "h1", "h2", "a", "blockquote", "mark", "b"}
OWN_TAGS |= {"bdi"}


@given(any_delivery)
def test_no_text_breaks_a_mail(delivery: Delivery) -> None:
    mail = write_mail(delivery, smtp=SMTP, recipients=("chief@example.org",))
    read = message_from_bytes(mail.as_bytes(policy=policy.SMTP.clone(cte_type="7bit")), policy=policy.default)
    assert set(read.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "List-ID"),
        *("MIME-Version", "Content-Type"),
    }
    shown = Visible(html(delivery.message))
    assert shown.tags <= OWN_TAGS
    assert all(link.startswith(("http://", "https://")) for link in shown.links)


@given(any_delivery)
def test_no_text_steers_a_terminal(delivery: Delivery) -> None:
    for width in (None, 60):
        text = layout(delivery.message, about=delivery.parent, paint=False, width=width)
        assert not STEERING.search(text)


@given(any_delivery)
def test_any_text_is_json(delivery: Delivery) -> None:
    assert json.loads(json.dumps(payload(delivery), ensure_ascii=False).encode())["kind"] == delivery.kind


@given(any_digest)
def test_a_mailed_digest_shows_fifty_at_most_and_counts_the_rest(digest: Digest) -> None:
    page = html(digest)
    shown = page.count('<div class="card')
    assert shown == min(len(digest.items), 50) or 30_000 < len(page.encode()) < 102_000
    assert (f"and {digest.count - shown} more</p>" in page) is (digest.count > shown)


def test_a_digest_says_of_each_item_what_sets_it_apart(crowd: Digest, latin: Message) -> None:
    alike = replace(crowd, items=(replace(latin, title=Excerpt(text="a")), replace(latin, title=Excerpt(text="b"))))
    assert "Sergei Shoygu" in digest_text(crowd)
    assert "Sergei Shoygu" not in digest_text(alike).partition("\n\n")[2], "the same rules everywhere are no news"
    assert html(alike).count("Sergei Shoygu</bdi>: <bdi>shoygu</bdi>") == 2, "a card says what was found"
    many = replace(latin, priority=Priority.LOW, reasons=latin.reasons * 3)
    low = html(replace(crowd, items=(many, latin)))
    assert "low priority</p>" in low
    assert "and 2 more rules" in low
