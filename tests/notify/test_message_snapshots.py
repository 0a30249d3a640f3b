"""What each channel shows, word for word; look at the differences before accepting them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from monitor.model import Delivery, Message
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
