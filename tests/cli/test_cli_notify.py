"""`monitor notify test`: a real message through each kind of channel, and words for what became of it."""

from __future__ import annotations

import json

import pytest

from monitor.decide.announcements import TEST_TITLE
from monitor.testing import Fault
from tests.cli.served import Served


async def test_every_channel_gets_one_real_message(served: Served) -> None:
    code, out = await served.run("notify", "test", "--all")
    assert code == 0
    assert out.count("the destination has taken it") == 4
    assert TEST_TITLE in out, "the console's own message"
    assert [TEST_TITLE in message.text for message in served.slack.messages] == [True]
    assert [call.json["title"]["text"] for call in served.hook.calls] == [TEST_TITLE]
    assert [mail.message["Subject"] for mail in served.smtp.mails] == [TEST_TITLE]
    await served.run("notify", "test", "archive")
    first, second = (call.headers["Idempotency-Key"] for call in served.hook.calls)
    assert first != second, "a test is never taken for an earlier one"


async def test_a_failure_says_why_and_what_an_alert_would_come_to(served: Served) -> None:
    served.slack.fail(Fault.refuse("not_in_channel"))
    served.smtp.fail("RCPT", "550 5.1.1 nobody")
    served.hook.fail(Fault.drop(accept=True))
    code, out = await served.run("notify", "test", "desk", "chief", "archive", "screen")
    assert code == 1
    assert "fail  desk (slack): not_in_channel: invite the bot: /invite it in #desk-russia\n" in out
    assert "surely not sent; an alert would be tried again for three days" in out
    assert "fail  chief (email): the mail server refused chief@example.org: 550 5.1.1 nobody\n" in out
    assert "surely not sent; an alert would be set aside" in out
    assert "it may or may not have arrived: look there" in out
    assert "ok    screen (console)" in out
    assert "hidden-path" not in out
    assert served.slack.token not in out


async def test_as_json_nothing_is_said_in_colours(served: Served) -> None:
    served.slack.fail(Fault.refuse("token_revoked"))
    code, out = await served.run("notify", "test", "desk", "--json")
    (told,) = json.loads(out)["channels"]
    assert (code, told["channel"], told["kind"], told["arrived"]) == (1, "desk", "slack", False)
    assert told["reason"].startswith("token_revoked: ")
    assert told["guarantee"].startswith("effectively once")


async def test_what_cannot_be_tested_is_said_before_anything_is_sent(served: Served) -> None:
    from monitor.errors import NotFoundError

    with pytest.raises(NotFoundError, match="no channel `dsk`: did you mean `desk`"):
        await served.run("notify", "test", "desk", "dsk")
    assert (await served.run("notify", "test"))[0] == 2
    assert (await served.run("notify", "test", "desk", "--all"))[0] == 2
    assert served.slack.messages == []
