"""What this program says of itself and its channels: that a channel works, that messages could not be delivered."""

from __future__ import annotations

from datetime import datetime

from monitor.decide.notices import Notice
from monitor.model import Delivery, Priority, Reason

TEST_TITLE = "Test message of Media Monitor"


def test_message(channel: str, now: datetime) -> Delivery:
    """Write a message that shows that a channel works; no two are the same."""
    notice = Notice(
        topic=f"test {now.isoformat()}",
        title=TEST_TITLE,
        why=Reason(rule="", title="Somebody asked for it", found=(), note=f"monitor notify test {channel}"),
        lines=("If you can read this, alerts arrive here.",),
        priority=Priority.NORMAL,
    )
    return notice.to(channel, now)
