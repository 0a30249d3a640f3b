from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from monitor.model import (
    Accepted,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    Message,
    Priority,
    Reason,
    Rejected,
    SendResult,
    Unknown,
)
from monitor.notify.channel import ChannelContext
from monitor.notify.email import EmailNotifier, EmailSettings, html, write_mail
from monitor.notify.leaving import NO_WAY, Leaving, token_for
from monitor.notify.smtp import SmtpSettings
from monitor.notify.wording import found
from monitor.testing import FakeSmtp
from monitor.testing.clock import START
from monitor.testing.smtp import DROP, HANG

MakeDelivery = Callable[..., Delivery]
Mail = Callable[..., EmailNotifier]
KEY = "0123456789abcdef0123456789abcdef"
POLICY = SMTP_POLICY.clone(cte_type="7bit")  # as mails are sent


LEAVING = Leaving(public_url="https://monitor.example.org", key=b"k" * 32, operator="ops@example.org")


def smtp_settings(**given: Any) -> SmtpSettings:
    merged = {"host": "127.0.0.1", "from": "Media Monitor <alerts@Example.org>", **given}
    return SmtpSettings.model_validate(merged, context={"env": {"P": "mail-secret"}})


@pytest.fixture
async def server() -> AsyncIterator[FakeSmtp]:
    async with FakeSmtp() as fake:
        yield fake


@pytest.fixture
def mail(context: Callable[..., ChannelContext]) -> Mail:
    def make(port: int, *to: str, seconds: float = 5, leaving: Leaving = NO_WAY, **smtp: Any) -> EmailNotifier:
        settings = EmailSettings.model_validate({"email": list(to) or "chief@example.org"})
        return EmailNotifier(settings, context(seconds, smtp=smtp_settings(port=port, **smtp), leaving=leaving))

    return make


async def test_a_mail_arrives_with_its_key_as_message_id(server: FakeSmtp, mail: Mail, deliver: MakeDelivery) -> None:
    result = await mail(server.port, "chief@example.org", "deputy@example.org").send(deliver())
    assert result == Accepted(ref=f"<{KEY}@example.org>")
    (received,) = server.mails
    assert received.sender == "alerts@Example.org"
    assert received.recipients == ("chief@example.org", "deputy@example.org")
    headers = {name: str(value) for name, value in received.message.items()}
    assert headers | {"Content-Type": ""} == {
        "From": "Media Monitor <alerts@Example.org>",
        "To": "chief@example.org, deputy@example.org",
        "Subject": "[high] Kerry says US ready for military-to-military talks with Russia",
        "Date": "Fri, 18 Sep 2015 14:05:00 +0000",
        "Message-ID": f"<{KEY}@example.org>",
        "Auto-Submitted": "auto-generated",
        "List-ID": "<desk.media-monitor.example.org>",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }
    assert received.content.isascii()
    body = received.message.get_body(("plain",))
    assert body is not None
    assert "Ash Carter spoke with Sergei *Shoygu*." in body.get_content()


@pytest.mark.parametrize(
    ("step", "answer", "result"),
    [
        (
            "MAIL",
            "451 4.3.0 later",
            Rejected(
                reason="the mail server refused the sender: 451 4.3.0 later: check `smtp.from` and `smtp.user`",
                retry=True,
            ),
        ),
        (
            "MAIL",
            "550 5.7.1 no relay",
            Rejected(
                reason="the mail server refused the sender: 550 5.7.1 no relay: check `smtp.from` and `smtp.user`",
                retry=True,
            ),
        ),
        (
            "RCPT",
            "450 4.2.0 greylisted",
            Rejected(reason="the mail server refused chief@example.org: 450 4.2.0 greylisted", retry=True),
        ),
        (
            "RCPT",
            "550 5.1.1 nobody",
            Rejected(reason="the mail server refused chief@example.org: 550 5.1.1 nobody", retry=False),
        ),
        (
            "DATA",
            "452 4.3.1 disk full",
            Rejected(reason="the mail server refused the mail: 452 4.3.1 disk full", retry=True),
        ),
        ("DATA", "554 5.6.0 spam", Rejected(reason="the mail server refused the mail: 554 5.6.0 spam", retry=False)),
        ("DATA", "299 perhaps", Unknown(reason="the mail server's answer to the mail makes no sense")),
        ("DATA", DROP, Unknown(reason="the connection to the mail server broke before it answered")),
    ],
)
async def test_what_an_answer_means(
    *, server: FakeSmtp, mail: Mail, deliver: MakeDelivery, step: str, answer: str, result: SendResult
) -> None:
    server.fail(step, answer)
    assert await mail(server.port).send(deliver()) == result
    assert server.mails == []


async def test_a_lost_answer_after_the_mail_was_taken_leaves_it_open(
    server: FakeSmtp, mail: Mail, deliver: MakeDelivery
) -> None:
    server.fail("DATA", DROP, accept=True)
    notifier = mail(server.port)
    assert isinstance(await notifier.send(deliver()), Unknown)
    again = await notifier.look_up(deliver(), deliver().created_at)
    assert isinstance(again, Rejected)
    assert again.retry
    assert isinstance(await notifier.send(deliver(attempts=2)), Accepted)
    first, second = (received.message["Message-ID"] for received in server.mails)
    assert first == second


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT"])
@pytest.mark.parametrize("answer", [DROP, HANG])
async def test_before_the_mail_is_handed_over_nothing_is_in_doubt(
    server: FakeSmtp, mail: Mail, deliver: MakeDelivery, step: str, answer: str
) -> None:
    server.fail(step, answer)
    result = await mail(server.port, seconds=0.3 if answer == HANG else 5, timeout=60).send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry


async def test_a_server_that_never_answers_the_mail_leaves_it_open(
    server: FakeSmtp, mail: Mail, deliver: MakeDelivery
) -> None:
    server.fail("DATA", HANG, accept=True)
    result = await mail(server.port, seconds=0.3, timeout=60).send(deliver())
    assert result == Unknown(reason="the mail server gave no answer to the mail in time")


async def test_nobody_listening_means_surely_not_sent(mail: Mail, deliver: MakeDelivery, closed_port: int) -> None:
    assert await mail(closed_port).send(deliver()) == Rejected(
        reason=f"cannot connect to mail server 127.0.0.1:{closed_port}: Connection refused", retry=True
    )


async def test_one_recipient_who_is_refused_does_not_keep_the_mail_from_the_others(
    server: FakeSmtp, mail: Mail, deliver: MakeDelivery
) -> None:
    server.fail("RCPT", "550 5.1.1 nobody")
    with capture_logs() as logs:
        result = await mail(server.port, "gone@example.org", "chief@example.org").send(deliver())
    assert isinstance(result, Accepted)
    assert server.mails[0].recipients == ("chief@example.org",)
    assert [(record["refused"], record["sent_to"]) for record in logs] == [
        (("gone@example.org: 550 5.1.1 nobody",), ("chief@example.org",))
    ]


async def test_a_refusal_names_everyone_who_did_not_get_it(server: FakeSmtp, mail: Mail, deliver: MakeDelivery) -> None:
    server.fail("RCPT", "550 5.1.1 nobody")
    server.fail("RCPT", "450 4.2.0 greylisted")
    result = await mail(server.port, "gone@example.org", "chief@example.org").send(deliver())
    reason = (
        "the mail server refused gone@example.org: 550 5.1.1 nobody; "
        "the mail server refused chief@example.org: 450 4.2.0 greylisted"
    )
    assert result == Rejected(reason=reason, retry=True)
    assert server.mails == []


async def test_a_greylist_is_waited_for_and_not_for_ever(server: FakeSmtp, mail: Mail, deliver: MakeDelivery) -> None:
    notifier = mail(server.port, "full@example.org", "chief@example.org")
    server.fail("RCPT", "452 4.2.2 mailbox full")
    first = await notifier.send(deliver(attempts=1))
    assert isinstance(first, Rejected)
    assert first.retry
    server.fail("RCPT", "452 4.2.2 mailbox full")
    assert isinstance(await notifier.send(deliver(attempts=6)), Accepted)
    assert [received.recipients for received in server.mails] == [("chief@example.org",)]


async def test_a_login_is_used_and_a_wrong_one_says_what_to_check(mail: Mail, deliver: MakeDelivery) -> None:
    async with FakeSmtp(credentials=("me", "mail-secret")) as server:
        login = {"user": "me", "password": "${P}"}
        assert isinstance(await mail(server.port, **login).send(deliver()), Accepted)
        wrong = await mail(server.port, **{**login, "user": "you"}).send(deliver())
    assert isinstance(wrong, Rejected)
    assert wrong.retry, "the set-up can be mended, the message is good"
    assert "refused user and password (535): check `smtp.user` and its password" in wrong.reason


async def test_a_server_without_starttls_is_not_trusted_with_the_mail(
    server: FakeSmtp, mail: Mail, deliver: MakeDelivery
) -> None:
    result = await mail(server.port, tls="starttls").send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry
    assert "STARTTLS" in result.reason
    assert server.mails == []


async def test_starttls_is_spoken_and_the_certificate_checked(
    mail: Mail, deliver: MakeDelivery, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with FakeSmtp(tls=tls, credentials=("me", "mail-secret")) as server:
        notifier = mail(server.port, tls="starttls", user="me", password="${P}")
        stranger = await notifier.send(deliver())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        known = await notifier.send(deliver())
    assert isinstance(stranger, Rejected)
    assert "its certificate is not trusted" in stranger.reason
    assert isinstance(known, Accepted)
    assert server.logins == ["me"]


async def test_tls_on_a_port_that_speaks_plainly_is_explained(
    server: FakeSmtp, mail: Mail, deliver: MakeDelivery
) -> None:
    result = await mail(server.port, tls="tls").send(deliver())
    assert isinstance(result, Rejected)
    assert result.reason.endswith("TLS failed: does the port fit `smtp.tls: tls`?")


@pytest.mark.parametrize(
    ("given", "security", "port"),
    [
        ({}, "none", 587),
        ({"host": "mail.example.org"}, "starttls", 587),
        ({"host": "mail.example.org", "tls": "tls"}, "tls", 465),
        ({"host": "mail.example.org", "tls": "none", "port": 25}, "none", 25),
        ({"host": "localhost", "tls": "starttls"}, "starttls", 587),
    ],
)
def test_only_this_machines_own_server_goes_without_tls_unasked(
    given: dict[str, Any], security: str, port: int
) -> None:
    settings = smtp_settings(**given)
    assert (settings.security, settings.used_port) == (security, port)


def unfolded(head: bytes, name: bytes) -> bytes:
    (line,) = re.findall(rb"^" + name + rb": ((?:\r\n[ \t]|[^\r\n])*)", head, re.MULTILINE)
    return bytes(re.sub(rb"\r\n[ \t]+", b" ", line)).strip()


def test_one_recipient_leaves_by_one_click(deliver: MakeDelivery) -> None:
    mail = write_mail(deliver(), smtp=smtp_settings(), recipients=("chief@example.org",), leaving=LEAVING)
    head = mail.as_bytes(policy=POLICY).split(b"\r\n\r\n")[0]
    link = LEAVING.link("desk", ["chief@example.org"])
    assert re.fullmatch(r"https://monitor\.example\.org/unsubscribe/[0-9a-f]{40}", link)
    mailto = "<mailto:ops@example.org?subject=unsubscribe%20desk>"
    assert unfolded(head, b"List-Unsubscribe") == f"<{link}>, {mailto}".encode()
    assert unfolded(head, b"List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert link in body.get_content()


def test_several_recipients_have_a_page_and_no_click_that_could_mean_another(deliver: MakeDelivery) -> None:
    both = ("chief@example.org", "deputy@example.org")
    mail = write_mail(deliver(), smtp=smtp_settings(), recipients=both, leaving=LEAVING)
    assert LEAVING.link("desk", both) in str(mail["List-Unsubscribe"])
    assert LEAVING.link("desk", both) not in {LEAVING.link("desk", [each]) for each in both}
    assert mail["List-Unsubscribe-Post"] is None


def test_without_an_address_of_ours_the_operator_is_asked_or_nobody(deliver: MakeDelivery) -> None:
    def header(leaving: Leaving) -> str | None:
        mail = write_mail(deliver(), smtp=smtp_settings(), recipients=("a@example.org",), leaving=leaving)
        found: str | None = mail["List-Unsubscribe"]
        return found

    assert header(NO_WAY) is None
    assert header(Leaving(operator="o@example.org", key=b"k")) == "<mailto:o@example.org?subject=unsubscribe%20desk>"
    http = Leaving(public_url="http://box.local", key=b"k")
    assert "List-Unsubscribe-Post" not in http.headers("desk", ["a@example.org"]), "RFC 8058 asks for https"


def test_links_are_of_one_channel_one_recipient_and_one_secret() -> None:
    asked = [(b"k", "desk", "a@b.org"), (b"k", "desk", "c@b.org"), (b"k", "lab", "a@b.org"), (b"l", "desk", "a@b.org")]
    tokens = [token_for(*each) for each in asked]
    assert len(set(tokens)) == 4
    assert token_for(b"k", "desk", "A@B.org") == tokens[0]
    assert "k" * 32 not in repr(LEAVING)


async def test_who_has_left_is_left_out(server: FakeSmtp, mail: Mail, deliver: MakeDelivery) -> None:
    gone = frozenset({("desk", "gone@example.org"), ("lab", "chief@example.org")})
    leaving = replace(LEAVING, gone=lambda: gone)
    await mail(server.port, "Gone@example.org", "chief@example.org", leaving=leaving).send(deliver())
    (received,) = server.mails
    assert received.recipients == ("chief@example.org",)
    assert "gone" not in str(received.message["To"]).lower()
    nobody = await mail(server.port, "gone@example.org", leaving=leaving).send(deliver())
    assert isinstance(nobody, Rejected)
    assert not nobody.retry
    assert "everybody has unsubscribed" in nobody.reason


def test_a_digest_is_one_card_a_story_and_small_enough_for_gmail(crowd: Digest) -> None:
    page = html(crowd)
    assert page.count('<div class="card') == 3
    assert "and 20 more" in page
    long = replace(crowd.items[1], title=Excerpt(text="Шойгу " * 33), excerpts=(Excerpt(text="Шойгу " * 200),))
    page = html(replace(crowd, items=(long,) * 50, count=50))
    assert 40_000 < len(page.encode()) < 102_000
    assert f"and {50 - page.count(chr(60) + 'h2')} more" in page


def test_what_a_list_of_mails_shows_beside_the_subject(latin: Message, crowd: Digest) -> None:
    def preheader(message: Message | Digest) -> str:
        (found,) = re.findall(r'<div style="display:none[^>]*>(.*)</div>', html(message))
        return str(found)

    assert preheader(latin).startswith("The U.S. secretary of state said talks over Syria were important.")
    assert preheader(crowd).startswith("Kerry says US ready for military-to-military talks with…; Шойгу и Картер")
    assert preheader(replace(latin, excerpts=())) == "guardian · 2015-09-18 14:02 UTC · en"


hostile = st.text(alphabet=st.characters(), max_size=30) | st.sampled_from(
    [
        "x\r\nBcc: evil@example.org",
        "\ud800",
        "=?utf-8?q?x?=",
        "a" * 2000,
        "\r\n.\r\nMAIL FROM:<x>",
        "<script>alert(1)</script>",
    ]
)


@given(title=hostile, feed=hostile, channel=hostile, url=hostile, rule=hostile, sentence=hostile)
def test_no_text_breaks_a_mail(*, title: str, feed: str, channel: str, url: str, rule: str, sentence: str) -> None:
    message = Message(
        title=Excerpt(text=title, marks=((0, 3),)),
        url=url,
        feed=feed,
        published=None,
        seen_at=START,
        language=feed,
        priority=Priority.HIGH,
        reasons=(Reason(rule=rule, title=rule, found=((rule, (sentence,)),)),),
        excerpts=(Excerpt(text=sentence, marks=((0, 2),)),),
    )
    delivery = Delivery(
        key=KEY, alert_id="", channel=channel, kind=DeliveryKind.POST, message=message, created_at=START
    )
    mail = write_mail(delivery, smtp=smtp_settings(), recipients=("chief@example.org",), leaving=LEAVING)
    head = mail.as_bytes(policy=POLICY).split(b"\r\n\r\n")[0]
    assert sorted(mail.keys()) == sorted(
        [
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-ID", "MIME-Version"),
            *("List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type"),
        ]
    )
    assert unfolded(head, b"List-Unsubscribe").startswith(b"<https://monitor.example.org/unsubscribe/")
    assert b"\nBcc:" not in head
    assert "<script" not in html(message)


def test_the_html_is_a_whole_document_that_fetches_nothing(latin: Message) -> None:
    page = html(latin)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.rstrip().endswith("</html>")
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", page)


def test_each_thing_found_keeps_its_own_direction_and_the_article_has_a_link_of_its_own(arabic: Message) -> None:
    page = html(arabic)
    assert ": <bdi>shoygu → شويغو</bdi>; <bdi>Syria → سوريا</bdi></p>" in page
    assert '<a href="https://ar.example/news/1" style="color:#1a4fa0">Read the article</a>' in page


def test_what_was_found_is_bounded() -> None:
    reason = Reason(rule="r", title="R", found=tuple((f"{number}" * 50, ()) for number in range(8)))
    assert len(found(reason)) <= 240
    assert found(reason).endswith("; …")
    assert found(Reason(rule="r", title="R", found=tuple((str(n), ()) for n in range(10)))).endswith("7; and 2 more")


def test_settings_show_no_password() -> None:
    assert "mail-secret" not in repr(smtp_settings(user="me", password="${P}"))
