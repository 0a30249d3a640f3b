"""What cannot be delivered announces itself through another channel."""

from __future__ import annotations

import io

import pytest

from monitor.testing import Fault
from tests.app.house import House, rss

CHANNELS = "chief: {{email: gone@example.org}}, desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{url}'}}"


def configure(house: House, *, ops: str = "") -> None:
    house.configure(channels=CHANNELS.format(url=house.slack.api_url), notify="chief")
    house.file.write_text(house.file.read_text() + ops)
    house.feeds.pages["/wire"] = rss("Earthquake in Chile", "Shoygu speaks")


async def test_messages_that_die_are_told_in_one_message_elsewhere(house: House) -> None:
    configure(house)
    house.smtp.fail("RCPT", "550 5.1.1 nobody", times=2)
    assert await house.once()
    (message,) = house.slack.messages
    assert "2 messages to chief could not be delivered" in message.text
    shown = str(message.blocks)
    assert "the mail server refused gone@example.org: 550 5.1.1 nobody" in shown
    assert "monitor alerts replay --channel chief" in shown
    assert await house.once()
    assert len(house.slack.messages) == 1, "it was told"


async def test_two_broken_channels_do_not_tell_each_other_for_ever(house: House) -> None:
    configure(house, ops="ops: {notify: [desk]}\n")
    house.smtp.fail("RCPT", "550 5.1.1 nobody", times=50)
    house.slack.fail(Fault.refuse("no_text"), times=50)
    house.console = io.StringIO()
    for _ in range(3):
        await house.once()
    async with house.open() as app:
        found = await app.doors.in_store(app.doors.store.latest_deliveries, channel=None, edits=True, limit=50)
    assert [(each.channel, each.state.value) for each in found] == [
        ("desk", "dead"),
        ("chief", "dead"),
        ("chief", "dead"),
    ]


async def test_what_is_tried_again_is_no_dead_letter(house: House) -> None:
    configure(house)
    house.smtp.fail("RCPT", "451 4.7.1 greylisted, come back")
    assert not await house.once()
    assert house.slack.messages == []
    assert await house.once(after=house.send_deadline * 3)
    assert [str(mail.message["Subject"]) for mail in house.smtp.mails] == ["Shoygu speaks", "Earthquake in Chile"]
    assert house.slack.messages == []


@pytest.mark.parametrize(
    ("step", "answer", "reason"),
    [
        ("EHLO", "drop", "broke the connection off"),
        ("MAIL", "530 5.7.0 log in first", "530 5.7.0 log in first: check `smtp.from` and `smtp.user`"),
        ("RCPT", "451 4.7.1 greylisted", "refused gone@example.org: 451 4.7.1 greylisted"),
        ("RCPT", "452 4.2.2 mailbox full", "refused gone@example.org: 452 4.2.2 mailbox full"),
        ("DATA", "451 4.3.0 later", "refused the mail: 451 4.3.0 later"),
        ("DATA", "drop", "the connection to the mail server broke before it answered"),
    ],
)
async def test_a_mail_that_is_not_taken_waits_with_its_reason_and_goes_out_later(
    house: House, step: str, answer: str, reason: str
) -> None:
    configure(house)
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    house.smtp.fail(step, answer)
    assert not await house.once()
    async with house.open() as app:
        (owed,) = (await app.doors.in_store(app.doors.store.status)).owed
        assert (owed.channel, owed.count) == ("chief", 1)
        assert reason in owed.reason
        house.clock.advance(60)
        assert await app.run_once()
    assert [str(mail.message["Subject"]) for mail in house.smtp.mails] == ["Shoygu speaks"]


async def test_a_mail_that_was_set_aside_goes_out_once_that_is_mended(house: House) -> None:
    configure(house)
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    house.smtp.fail("DATA", "554 5.6.0 spam")
    await house.once()
    async with house.open() as app:
        (dead,) = (await app.doors.in_store(app.doors.store.status)).dead
        assert dead.reason == "the mail server refused the mail: 554 5.6.0 spam"
        assert await app.doors.in_store(app.doors.store.replay, now=house.clock()) == 1
        await app.run_once()
    assert [str(mail.message["Subject"]) for mail in house.smtp.mails] == ["Shoygu speaks"]


async def test_a_recipient_who_is_refused_among_several_is_told_elsewhere(house: House) -> None:
    house.configure(
        channels=CHANNELS.format(url=house.slack.api_url).replace(
            "gone@example.org", "[gone@example.org, a@example.org]"
        ),
        notify="chief",
    )
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    house.smtp.fail("RCPT", "550 5.1.1 nobody")
    await house.once()
    assert [mail.recipients for mail in house.smtp.mails] == [("a@example.org",)]
    (message,) = house.slack.messages
    assert "A mail to chief did not reach everyone" in message.text
    assert "gone@example.org: 550 5.1.1 nobody" in str(message.blocks)
