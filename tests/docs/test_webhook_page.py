"""The page about webhooks shows the body that is sent, and a receiver that works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.app import utc_now
from monitor.model import Accepted, Delivery, DeliveryKind, Excerpt, Message, Priority, Reason, Rejected
from monitor.notify.channel import ChannelContext
from monitor.notify.webhook import WebhookNotifier, WebhookSettings, payload
from monitor.testing import FakeClock
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "webhook.md")


def delivery(kind: DeliveryKind = DeliveryKind.POST) -> Delivery:
    message = Message(
        title=Excerpt(text="Шойгу и Картер", marks=((0, 5),)), url="https://tass.example/1", feed="tass",
        published=utc_now(), seen_at=utc_now(), language="ru", priority=Priority.HIGH,
        reasons=(Reason(rule="shoygu", title="Shoygu", found=(("shoygu", ("Шойгу",)),)),),
        excerpts=(Excerpt(text="Шойгу", marks=((0, 5),)),),
    )  # fmt: skip
    return Delivery(key="k" * 32, alert_id="", channel="archive", kind=kind, message=message, created_at=utc_now())


def shape(value: Any) -> Any:
    """Return what a JSON value is made of."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def test_the_body_is_what_the_page_shows() -> None:
    (shown,) = map(json.loads, PAGE.blocks("json"))
    assert shape(shown) == shape(payload(delivery()))
    for part in (shown["title"], *shown["excerpts"]):
        assert [part["text"][start:end] for start, end in part["marks"]] == ["Шойгу"]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the page's receiver."""
    (program,) = PAGE.blocks("python")
    (tmp_path / "receiver.py").write_text(program, encoding="utf-8")
    env = {**os.environ, "HOOK_SECRET": "sign-secret", "PORT": "0", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(tmp_path / "receiver.py")]
    with subprocess.Popen(
        command, env=env, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield process
        process.kill()


async def test_the_receiver_takes_what_is_ours_once(receiver: subprocess.Popen[str]) -> None:
    assert receiver.stdout is not None
    port = receiver.stdout.readline().split()[-1]
    given = {"webhook": f"http://127.0.0.1:{port}/", "secret": "${S}"}

    async def send(secret: str, *, old: bool = False) -> object:
        settings = WebhookSettings.model_validate(given, context={"env": {"S": secret}})
        clock = FakeClock() if old else utc_now
        notifier = WebhookNotifier(settings, ChannelContext(name="archive", clock=clock))
        result = await notifier.send(delivery())
        await notifier.close()
        return result

    assert [await send("sign-secret"), await send("sign-secret")] == [Accepted(), Accepted()]
    for refused in (await send("other"), await send("sign-secret", old=True)):
        assert isinstance(refused, Rejected)
        assert refused.retry
        assert "401: check `secret`" in refused.reason
    receiver.kill()
    assert receiver.stdout.read() == "Шойгу и Картер\n"
