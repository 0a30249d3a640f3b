"""One test for all kinds of channels: whatever fails, no secret stands in a log record, an error or a reason."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.document import parse_document
from monitor.model import Accepted, Delivery, DeliveryKind, Digest, Parent, Rejected, Unknown
from monitor.notify.channels import load_channels, open_channels
from monitor.testing import FakeClock, FakeSlack, FakeSmtp, FakeWebhook, Fault
from monitor.testing.fault import After
from monitor.testing.slack import HOOK

MakeDelivery = Callable[..., Delivery]

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1234-hidden",
    "HOOK_SECRET": "signing-hidden",
    "SMTP_PASSWORD": "password-hidden",
    "SMTP_BASE64": "AG1lAHBhc3N3b3JkLWhpZGRlbg==",  # as AUTH PLAIN sends the password
}
PATHS = ("fake-hook-secret", "capability-hidden", "query-hidden")

FAULTS = [
    Fault.refuse("invalid_auth", status=403),
    Fault.refuse("invalid_blocks"),
    Fault.rate_limited(),
    Fault.server_error(500),
    Fault.drop(accept=False),
    Fault.hang(accept=True),
    Fault.nonsense("<html>"),
    Fault(status=302, body="elsewhere"),
]
MAIL_FAULTS = [
    ("EHLO", "554 go away"),
    ("MAIL", "550 no"),
    ("RCPT", "450 later"),
    ("DATA", "drop"),
    ("DATA", "hang"),
    ("EHLO", "hang"),
    ("EHLO", "drop"),
    ("DATA", "554 spam"),
]


class World:
    """All servers, and a channel of each kind that talks to them."""

    def __init__(self) -> None:
        self.slack = FakeSlack(token=SECRETS["SLACK_BOT_TOKEN"])
        self.hook = FakeWebhook(path="/capability-hidden")
        self.any = FakeWebhook(path="/capability-hidden")
        self.smtp = FakeSmtp(credentials=("me", SECRETS["SMTP_PASSWORD"]))

    def fail(self, number: int) -> None:
        self.slack.fail(FAULTS[number], times=2)
        self.slack.fail(FAULTS[number], method=HOOK, times=2)
        for method in ("chat.update", "conversations.list", "conversations.replies"):
            self.slack.fail(FAULTS[number], method=method, times=2)
        taken = FAULTS[number].after is After.ANSWER and FAULTS[number].status == 200  # as a webhook sees it
        for hook in (self.hook, self.any):
            hook.fail(Fault.server_error() if taken else FAULTS[number])
        self.smtp.fail(*MAIL_FAULTS[number])

    @property
    def yaml(self) -> str:
        return f"""
smtp: {{host: 127.0.0.1, port: {self.smtp.port}, user: me, password: "${{SMTP_PASSWORD}}", from: a@example.org}}
channels:
  bot: {{slack: "#desk-russia", token: "${{SLACK_BOT_TOKEN}}", api_url: "{self.slack.api_url}"}}
  hook: {{slack_webhook: "${{SLACK_WEBHOOK_URL}}"}}
  web: {{webhook: "{self.hook.url}?token=query-hidden", secret: "${{HOOK_SECRET}}"}}
  mail: {{email: chief@example.org}}
  any: {{apprise: "${{APPRISE_URL}}"}}
  log: {{console: true}}
"""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with AsyncExitStack() as stack:
        for server in (made.slack, made.hook, made.any, made.smtp):
            await stack.enter_async_context(server)
        yield made


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        *((number, DeliveryKind.POST) for number in range(len(FAULTS))),
        *((number, kind) for kind in (DeliveryKind.REPLY, DeliveryKind.EDIT) for number in (0, 1, 4)),
        (1, DeliveryKind.DIGEST),
    ],
)
@pytest.mark.parametrize("gone", [False, True], ids=["failing", "gone"])
async def test_no_secret_leaves(
    *,
    world: World,
    deliver: MakeDelivery,
    parent: Parent,
    crowd: Digest,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    number: int,
    kind: DeliveryKind,
    gone: bool,
) -> None:
    followed = replace(parent, ref="C00000002:1442585100.000001")
    delivery = deliver(crowd if kind is DeliveryKind.DIGEST else None, kind=kind, parent=followed)
    caplog.set_level(logging.DEBUG)
    for name in list(logging.Logger.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    asyncio.get_running_loop().set_debug(True)
    document, _ = parse_document(world.yaml.encode(), name="monitor.yaml")
    assert document is not None
    apprise = world.any.url.replace("http://", "json://me:password-hidden@")
    env = {**SECRETS, "SLACK_WEBHOOK_URL": world.slack.webhook_url, "APPRISE_URL": apprise}
    channels, problems = load_channels(document, base=Path(), env=env)
    assert problems == []
    told: list[Any] = [channels]
    world.fail(number)
    if gone:
        for server in (world.slack, world.hook, world.any, world.smtp):
            await server.__aexit__(None, None, None)
    with capture_logs() as logs:
        notifiers = open_channels(channels, clock=clock, deadline=timedelta(seconds=0.5))
        results = await asyncio.gather(*(notifier.send(delivery) for notifier in notifiers.values()))
        looks = await asyncio.gather(*(notifier.look_up(delivery, clock()) for notifier in notifiers.values()))
        for notifier in notifiers.values():
            told.append(vars(notifier))
            await notifier.close()
    failed = [result for result in results if not isinstance(result, Accepted)]
    assert len(failed) == (6 if kind is DeliveryKind.EDIT else 5), "all but the console, which refuses edits"
    told += [results, looks, logs, caplog.text, [vars(record) for record in caplog.records]]
    reasons = [one.reason for one in [*failed, *looks] if isinstance(one, Rejected | Unknown)]
    assert all(reason and "\n" not in reason for reason in reasons)
    shown = f"{told!r} {reasons}"
    for hidden in (*SECRETS.values(), *PATHS):
        assert hidden not in shown
