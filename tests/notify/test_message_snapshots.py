"""What each channel shows, word for word; look at the differences before accepting them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from monitor.model import Delivery, DeliveryKind, Digest, Message, Parent
from monitor.notify.console import layout
from monitor.notify.email import html, write_mail
from monitor.notify.slack_layout import blocks, fallback, plain
from monitor.notify.smtp import SmtpSettings
from monitor.notify.webhook import payload

MakeDelivery = Callable[..., Delivery]


@pytest.fixture(params=["latin", "russian", "arabic"])
def message(request: pytest.FixtureRequest) -> Message:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Message)
    return found


def test_slack(message: Message, snapshot: SnapshotAssertion) -> None:
    assert fallback(message) == snapshot(name="fallback")
    assert plain(message) == snapshot(name="plain")
    assert json.dumps(blocks(message), ensure_ascii=False, indent=1) == snapshot(name="blocks")


def test_email(message: Message, deliver: MakeDelivery, snapshot: SnapshotAssertion) -> None:
    settings = SmtpSettings.model_validate({"host": "localhost", "from": "alerts@example.org"})
    mail = write_mail(deliver(message), smtp=settings, recipients=("chief@example.org",))
    text = mail.get_body(("plain",))
    assert text is not None
    assert str(mail["Subject"]) == snapshot(name="subject")
    assert text.get_content() == snapshot(name="text")
    assert html(message).partition("<body>")[2] == snapshot(name="html")


def test_console(message: Message, snapshot: SnapshotAssertion) -> None:
    assert layout(message, paint=False) == snapshot(name="plain")
    assert layout(message, paint=True) == snapshot(name="colour")


def test_webhook(message: Message, deliver: MakeDelivery, snapshot: SnapshotAssertion) -> None:
    assert json.dumps(payload(deliver(message)), ensure_ascii=False, indent=1) == snapshot


KINDS = [DeliveryKind.REPLY, DeliveryKind.EDIT, DeliveryKind.DIGEST]


@pytest.fixture(params=KINDS)
def owed(request: pytest.FixtureRequest, deliver: MakeDelivery, parent: Parent) -> Delivery:
    """One delivery of each kind that is no post, as it is claimed."""
    kind: DeliveryKind = request.param
    names = {DeliveryKind.REPLY: "later", DeliveryKind.EDIT: "counted", DeliveryKind.DIGEST: "crowd"}
    message: Message | Digest = request.getfixturevalue(names[kind])
    return deliver(message, kind=kind, parent=None if kind is DeliveryKind.DIGEST else parent)


def test_every_kind_in_slack(owed: Delivery, snapshot: SnapshotAssertion) -> None:
    about = owed.parent if owed.kind is DeliveryKind.REPLY else None  # as a webhook shows it, which has no threads
    assert fallback(owed.message) == snapshot(name="fallback")
    assert plain(owed.message, about) == snapshot(name="plain")
    assert json.dumps(blocks(owed.message, about), ensure_ascii=False, indent=1) == snapshot(name="blocks")


def test_every_kind_in_a_mail(owed: Delivery, snapshot: SnapshotAssertion) -> None:
    settings = SmtpSettings.model_validate({"host": "localhost", "from": "alerts@example.org"})
    if owed.kind is DeliveryKind.EDIT:  # no mail: what it shows is seen where a page tells a story twice at once
        owed = replace(owed, kind=DeliveryKind.POST, parent=None)
    mail = write_mail(owed, smtp=settings, recipients=("chief@example.org",))
    text = mail.get_body(("plain",))
    assert text is not None
    assert [f"{name}: {mail[name]}" for name in ("Subject", "In-Reply-To", "References")] == snapshot(name="headers")
    assert text.get_content() == snapshot(name="text")
    assert html(owed.message).partition("<body>")[2] == snapshot(name="html")


def test_every_kind_on_a_terminal(owed: Delivery, snapshot: SnapshotAssertion) -> None:
    if owed.kind is DeliveryKind.EDIT:
        owed = replace(owed, kind=DeliveryKind.POST, parent=None)
    assert layout(owed.message, about=owed.parent, paint=False) == snapshot(name="plain")
    assert layout(owed.message, about=owed.parent, paint=True, width=60) == snapshot(name="colour")


def test_every_kind_through_a_webhook(owed: Delivery, snapshot: SnapshotAssertion) -> None:
    assert json.dumps(payload(owed), ensure_ascii=False, indent=1) == snapshot
