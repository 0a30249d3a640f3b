"""The page about the configuration is whole, and does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from monitor import setup
from monitor.app import utc_now
from monitor.config.heartbeat import HeartbeatSettings
from monitor.config.load import MAIN_KEYS
from monitor.config.models import BreakerShape, DefaultSettings, FeedSettings, RetentionSettings, WebSettings
from monitor.config.policies import MaintenanceSettings, RouteSettings, WhenSettings
from monitor.document import known_keys
from monitor.model import Accepted, Delivery, DeliveryKind, Excerpt, Message, Priority, Reason, Rejected
from monitor.notify.channel import ChannelContext
from monitor.notify.channels import GROUP
from monitor.notify.policy import ChannelSettings
from monitor.notify.smtp import SmtpSettings
from monitor.notify.webhook import WebhookNotifier, WebhookSettings, payload
from monitor.testing import FakeClock

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
YAML = [body for language, body in BLOCKS if language == "yaml"]


def own_keys(settings: type[BaseModel]) -> list[str]:
    """List what a kind of channel may say beside what all may."""
    return [key for key in known_keys(settings) if key not in known_keys(ChannelSettings)]


SECTIONS = {
    "The main file": list(MAIN_KEYS),
    "defaults": known_keys(DefaultSettings),
    "smtp": known_keys(SmtpSettings),
    "web": known_keys(WebSettings),
    "retention": known_keys(RetentionSettings),
    "heartbeat": known_keys(HeartbeatSettings),
    "feeds": known_keys(FeedSettings),
    "when a channel is told": known_keys(ChannelSettings),
    "routes": known_keys(RouteSettings),
    "when": known_keys(WhenSettings),
    "maintenance": known_keys(MaintenanceSettings),
    "breaker": known_keys(BreakerShape),
    **{point.name: own_keys(point.load().settings) for point in entry_points(group=GROUP)},
}


def rows(section: str) -> Iterator[list[str]]:
    """Yield the cells of the first table under a heading, without its head."""
    (text,) = re.findall(rf"^#+ {section}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    for line in re.findall(r"^\| (.*) \|$", text, re.MULTILINE)[1:]:
        yield line.split(" | ")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_has_its_line_with_an_example(section: str) -> None:
    table = list(rows(section))
    assert sorted(row[0].strip("`") for row in table) == sorted(SECTIONS[section])
    for row in table:
        assert len(row) == 4, row
        assert all(cell.strip() for cell in (row[0], row[1], row[3])), row


def test_every_variable_of_ours_is_named() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "monitor").rglob("*.py"))
    variables = set(re.findall(r"\"(MONITOR_[A-Z_]+)\"", source))
    assert variables
    assert variables <= set(re.findall(r"`(MONITOR_[A-Z_]+)`", PAGE))


@pytest.mark.parametrize("block", YAML, ids=[str(number) for number in range(len(YAML))])
def test_every_example_loads(tmp_path: Path, block: str) -> None:
    name = block.splitlines()[0].removeprefix("# ")
    for file in ("rules/a.yaml", "seeds/feeds.yaml", "secrets/hook", "secrets/slack_token"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("" if file.endswith(".yaml") else "xoxb-12345")
    (tmp_path / "monitor.yaml").write_text("channels: {screen: {console: true}}\ninclude: [feeds.yaml]\n")
    (tmp_path / name).write_text(block)
    urls = {"SLACK_WEBHOOK_URL": "https://x.example/", "HEARTBEAT_URL": "https://x.example/"}
    urls |= {"APPRISE_URL": "json://x.example/", "SLACK_APP_TOKEN": "xapp-12345"}
    env = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), "xoxb-12345") | urls
    assert setup.load_setup(tmp_path / "monitor.yaml", env=env).channels


def test_every_link_within_the_page_and_to_files_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9_ -]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    targets = re.findall(r"\]\((?!https?:)([^)]+)\)", PAGE)
    assert {target[1:] for target in targets if target.startswith("#")} <= headings
    files = {target.partition("#")[0] for target in targets if not target.startswith("#")}
    assert "rules.md" in files
    assert [file for file in files if not (ROOT / "docs" / file).is_file()] == []


def delivery() -> Delivery:
    message = Message(
        title=Excerpt(text="Шойгу и Картер", marks=((0, 5),)), url="https://tass.example/1", feed="tass",
        published=utc_now(), seen_at=utc_now(), language="ru", priority=Priority.HIGH,
        reasons=(Reason(rule="shoygu", title="Shoygu", found=(("shoygu", ("Шойгу",)),)),),
        excerpts=(Excerpt(text="Шойгу", marks=((0, 5),)),),
    )  # fmt: skip
    return Delivery(
        key="k" * 32, alert_id="", channel="archive", kind=DeliveryKind.POST, message=message, created_at=utc_now()
    )


def shape(value: Any) -> Any:
    """Return what a JSON value is made of."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def test_the_body_is_what_the_page_shows() -> None:
    (shown,) = (json.loads(body) for language, body in BLOCKS if language == "json")
    assert shape(shown) == shape(payload(delivery()))
    for part in (shown["title"], *shown["excerpts"]):
        assert [part["text"][start:end] for start, end in part["marks"]] == ["Шойгу"]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the page's receiver."""
    (program,) = (body for language, body in BLOCKS if language == "python")
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
