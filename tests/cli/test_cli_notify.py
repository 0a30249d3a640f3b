"""`monitor notify test`: a real message through each kind of channel, and words for what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.decide.announcements import TEST_TITLE
from monitor.testing import FakeSlack, FakeSmtp, FakeWebhook, Fault


class Desk:
    """A configuration with a channel of each kind, and the servers that they speak to."""

    def __init__(self, folder: Path) -> None:
        self.slack, self.hook, self.smtp = FakeSlack(), FakeWebhook(path="/hidden-path"), FakeSmtp()
        self.file = folder / "monitor.yaml"

    def write(self) -> None:
        self.file.write_text(
            "defaults: {notify: desk}\n"
            f"smtp: {{host: 127.0.0.1, port: {self.smtp.port}, from: a@example.org, tls: none}}\n"
            "channels:\n"
            f"  desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{self.slack.api_url}'}}\n"
            "  chief: {email: chief@example.org}\n"
            f"  archive: {{webhook: '{self.hook.url}'}}\n"
            "  screen: {console: true}\n"
        )

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run the command on a thread: it brings an event loop of its own."""
        ran = await asyncio.to_thread(CliRunner().invoke, cli, ["-c", str(self.file), *arguments])
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return ran.exit_code, ran.output


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    monkeypatch.setenv("TOKEN", made.slack.token)
    async with AsyncExitStack() as stack:
        for server in (made.slack, made.hook, made.smtp):
            await stack.enter_async_context(server)
        made.write()
        yield made


async def test_every_channel_gets_one_real_message(desk: Desk) -> None:
    code, out = await desk.run("notify", "test", "--all")
    assert code == 0
    assert out.count("the destination has taken it") == 4
    assert TEST_TITLE in out, "the console's own message"
    assert [TEST_TITLE in message.text for message in desk.slack.messages] == [True]
    assert [call.json["title"]["text"] for call in desk.hook.calls] == [TEST_TITLE]
    assert [mail.message["Subject"] for mail in desk.smtp.mails] == [TEST_TITLE]
    await desk.run("notify", "test", "archive")
    first, second = (call.headers["Idempotency-Key"] for call in desk.hook.calls)
    assert first != second, "a test is never taken for an earlier one"


async def test_a_failure_says_why_and_what_an_alert_would_come_to(desk: Desk) -> None:
    desk.slack.fail(Fault.refuse("not_in_channel"))
    desk.smtp.fail("RCPT", "550 5.1.1 nobody")
    desk.hook.fail(Fault.drop(accept=True))
    code, out = await desk.run("notify", "test", "desk", "chief", "archive", "screen")
    assert code == 1
    assert "fail  desk (slack): not_in_channel: invite the bot: /invite it in #desk-russia\n" in out
    assert "surely not sent; an alert would be tried again for three days" in out
    assert "fail  chief (email): the mail server refused chief@example.org: 550 5.1.1 nobody\n" in out
    assert "surely not sent; an alert would be set aside" in out
    assert "it may or may not have arrived: look there" in out
    assert "ok    screen (console)" in out
    assert "hidden-path" not in out
    assert desk.slack.token not in out


async def test_as_json_nothing_is_said_in_colours(desk: Desk) -> None:
    desk.slack.fail(Fault.refuse("token_revoked"))
    code, out = await desk.run("notify", "test", "desk", "--json")
    (told,) = json.loads(out)["channels"]
    assert (code, told["channel"], told["kind"], told["arrived"]) == (1, "desk", "slack", False)
    assert told["reason"].startswith("token_revoked: ")
    assert told["guarantee"].startswith("effectively once")


async def test_what_cannot_be_tested_is_said_before_anything_is_sent(desk: Desk) -> None:
    from monitor.errors import NotFoundError

    with pytest.raises(NotFoundError, match="no channel `dsk`: did you mean `desk`"):
        await desk.run("notify", "test", "desk", "dsk")
    assert (await desk.run("notify", "test"))[0] == 2
    assert (await desk.run("notify", "test", "desk", "--all"))[0] == 2
    assert desk.slack.messages == []
