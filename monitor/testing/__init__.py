"""Fakes for tests of anything built on Media Monitor: doors that do as they are told, and servers on real sockets.

- `FakeClock` tells the time it was given.
- `FakeFetcher` gives pages and errors by script; `FakeParser` parses in the test's own process; `FakeNotifier` records
  what it is asked to send.
- `FakeHub` is a WebSub hub: it takes subscriptions, verifies them and pushes.
- `FakeSlack`, `FakeWebhook` and `FakeSmtp` listen on loopback, check what they get, keep it, and fail on demand
  (`Fault`). `FakeSmtp` needs aiosmtpd: `pip install media-monitor[test]`.

    async with FakeSlack() as slack:
        slack.fail(Fault.drop(accept=True))          # take the next message, and break the connection
        ...
        assert [message.text for message in slack.messages] == [...]
"""

from __future__ import annotations

from monitor.testing.clock import FakeClock
from monitor.testing.fault import Fault
from monitor.testing.fetcher import FakeFetcher
from monitor.testing.hub import FakeHub, HubRequest
from monitor.testing.notifier import FakeNotifier
from monitor.testing.parser import FakeParser
from monitor.testing.slack import FakeSlack, SlackMessage
from monitor.testing.slack_limits import check_blocks
from monitor.testing.slack_socket import FakeSocket, SlackPerson
from monitor.testing.smtp import FakeSmtp, ReceivedMail
from monitor.testing.webhook import FakeWebhook, ReceivedCall

__all__ = [
    "FakeClock",
    "FakeFetcher",
    "FakeHub",
    "FakeNotifier",
    "FakeParser",
    "FakeSlack",
    "FakeSmtp",
    "FakeSocket",
    "FakeWebhook",
    "Fault",
    "HubRequest",
    "ReceivedCall",
    "ReceivedMail",
    "SlackMessage",
    "SlackPerson",
    "check_blocks",
]
