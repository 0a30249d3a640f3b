"""What cannot be delivered announces itself through another channel."""

from __future__ import annotations

import io

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
