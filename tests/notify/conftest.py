from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.model import (
    Coverage,
    Delivery,
    DeliveryKind,
    Digest,
    Entry,
    Excerpt,
    Field,
    Match,
    Mention,
    Message,
    Parent,
    Priority,
    Rule,
)
from monitor.notify.channel import ChannelContext
from monitor.notify.render import render_message
from monitor.testing import FakeClock

NOW = datetime(2015, 9, 18, 14, 5, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"

MakeDelivery = Callable[..., Delivery]


def make_entry(**parts: object) -> Entry:
    given: dict[str, object] = {
        "id": "e" * 32,
        "keys": (),
        "feed": "guardian",
        "title": "",
        "seen_at": NOW,
        "published": datetime(2015, 9, 18, 14, 2, tzinfo=UTC),
    }
    return Entry(**{**given, **parts})  # type: ignore[arg-type]


def make_match(entry: Entry, words: dict[str, str], *, rule: Rule) -> Match:
    """Match by regular expressions: name -> pattern."""
    mentions = [
        Mention(name=name, surface=found[0], field=field, start=found.start(), end=found.end())
        for field in Field
        for name, pattern in words.items()
        for found in re.finditer(pattern, getattr(entry, field.value), re.IGNORECASE)
    ]
    order = list(Field)
    mentions.sort(key=lambda mention: (order.index(mention.field), mention.start))
    return Match(rule=rule, entry=entry, mentions=tuple(mentions))


SYRIA = Rule(id="us-russia-syria", title="US–Russia military contacts over Syria", priority=Priority.HIGH)
SHOYGU = Rule(id="shoygu", title="Sergei Shoygu", priority=Priority.NORMAL)


@pytest.fixture
def latin() -> Message:
    entry = make_entry(
        title="Kerry says US ready for military-to-military talks with Russia",
        summary="The U.S. secretary of state said talks over Syria were important. Markets were calm.",
        body="Ash Carter spoke with Sergei Shoygu. The Pentagon said Mr. Shoygu wanted “deconfliction” & more <soon>.",
        url="https://www.example.org/world/2015/sep/18/kerry?utm_source=rss&x=1",
        language="en",
    )
    words = {"talks": "talks", "Syria": "Syria", "shoygu": "Shoygu"}
    return render_message([make_match(entry, {"shoygu": "Shoygu"}, rule=SHOYGU), make_match(entry, words, rule=SYRIA)])


@pytest.fixture
def russian() -> Message:
    entry = make_entry(
        title="Шойгу и Картер обсудили Сирию",
        summary="Министр обороны Сергей Шойгу провёл телефонный разговор с главой Пентагона. Они договорились.",
        url="https://ria.example/20150918/1263024555.html",
        feed="ria",
        language="ru",
    )
    return render_message([make_match(entry, {"shoygu": "Шойгу", "carter": "Картер"}, rule=SYRIA)])


@pytest.fixture
def arabic() -> Message:
    entry = make_entry(
        title="كيري: واشنطن مستعدة لمحادثات عسكرية مع روسيا",
        summary="تحدث وزير الدفاع شويغو مع نظيره الأميركي بشأن سوريا.",
        url="https://ar.example/news/1",
        feed="arabic-wire",
        language="ar",
        published=None,
    )
    return render_message([make_match(entry, {"shoygu": "شويغو", "Syria": "سوريا"}, rule=SHOYGU)])


@pytest.fixture
def entry() -> Callable[..., Entry]:
    return make_entry


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def deliver(latin: Message) -> MakeDelivery:
    """Make a delivery; the post of the Latin example unless told otherwise."""

    def make(
        message: Message | Digest | None = None,
        *,
        key: str = KEY,
        attempts: int = 1,
        kind: DeliveryKind = DeliveryKind.POST,
        parent: Parent | None = None,
    ) -> Delivery:
        return Delivery(
            key=key,
            alert_id="a" * 32,
            channel="desk",
            kind=kind,
            message=message or latin,
            created_at=NOW,
            attempts=attempts,
            parent=parent,
        )

    return make


@pytest.fixture
def parent(latin: Message) -> Parent:
    """The post of the Latin example, as a channel that names its messages has it."""
    return Parent(key="b" * 32, ref="", message=latin)


@pytest.fixture
def later(russian: Message) -> Message:
    """A later report of the same story, by a rule that had not hit."""
    return replace(russian, note="also reported by ria; new rule: Sergei Shoygu", broadcast=True)


@pytest.fixture
def counted(latin: Message) -> Message:
    """The Latin example when others have reported it, too."""
    first = datetime(2015, 9, 18, 18, 0, tzinfo=UTC)
    coverage = Coverage(sources=4, entries=7, first_at=first, last_at=first + timedelta(hours=1, minutes=42))
    return replace(latin, coverage=coverage)


@pytest.fixture
def crowd(latin: Message, russian: Message, arabic: Message) -> Digest:
    """A digest of three alerts, and of twenty more."""
    return Digest(
        title=Excerpt(text="23 alerts: Sergei Shoygu"),
        reason="23 alerts of rule shoygu in one poll, told together",
        priority=Priority.HIGH,
        items=tuple(replace(message, excerpts=message.excerpts[:1]) for message in (latin, russian, arabic)),
        count=23,
    )


@pytest.fixture
def context(clock: FakeClock) -> Callable[..., ChannelContext]:
    """Make a context; a second is long on loopback, and short for a test of something that hangs."""

    def make(seconds: float = 5, **parts: Any) -> ChannelContext:
        given = {"name": "desk", "clock": clock, "deadline": timedelta(seconds=seconds), "env": {}}
        return ChannelContext(**{**given, **parts})

    return make


@pytest.fixture
def closed_port() -> int:
    """Give a port of loopback on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for this machine; its key stands in the same file."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs openssl")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = path.with_suffix(".key")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", key, "-out", path], check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path
