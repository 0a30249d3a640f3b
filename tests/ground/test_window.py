"""The stories that a node knows: read from the ledger a page at a time, and kept up with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import Report
from monitor.stories.verdict import Kind
from monitor.window import AT_ONCE, StoryWindow
from tests.stories.reports import NOW, report

DAY = timedelta(days=1)


def news(number: int, *, hours: float = 0.0) -> Report:
    entry = report(f"Harbour {number} of Velmora{number} burns down", f"Firemen {number}x fought it.", hours=hours)
    return Report(place=number, entry=entry, story_id=entry.id)


@dataclass
class Ledger:
    reports: list[Report] = field(default_factory=list)
    asked: list[int | None] = field(default_factory=list)

    async def read(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        self.asked.append(after)
        later = (each for each in self.reports if each.place > (after or 0) and each.entry.seen_at >= since)
        return tuple(later)[:limit]


async def at_once(call: Callable[[], None]) -> None:
    call()


async def test_a_whole_window_is_read_a_page_at_a_time_and_then_only_what_is_new() -> None:
    ledger = Ledger([news(number) for number in range(1, AT_ONCE + 3)])
    window = StoryWindow(ledger.read, at_once)
    assert len(await window.up_to_date(NOW - DAY)) == AT_ONCE + 2
    ledger.reports.append(news(AT_ONCE + 3))
    assert len(await window.up_to_date(NOW - DAY)) == AT_ONCE + 3
    assert ledger.asked == [None, AT_ONCE, AT_ONCE + 2]


async def test_what_is_judged_and_not_recorded_does_not_get_in() -> None:
    ledger = Ledger([news(1)])
    window = StoryWindow(ledger.read, at_once)
    branch = await window.up_to_date(NOW - DAY)
    branch.add(report("Comet Harada visible this week", "Look west after sunset.", feed="sky"), "comet")
    again = await window.up_to_date(NOW - DAY)
    assert (len(branch), len(again)) == (2, 1)
    assert again.judge(news(1).entry).kind is Kind.SAME_STORY


async def test_what_leaves_the_window_is_forgotten_and_a_longer_window_is_read_anew() -> None:
    ledger = Ledger([news(1), news(2, hours=48)])
    window = StoryWindow(ledger.read, at_once)
    assert len(await window.up_to_date(NOW)) == 2
    assert len(await window.up_to_date(NOW + DAY)) == 1
    assert len(await window.up_to_date(NOW - DAY)) == 2
    assert ledger.asked[-1] is None


async def test_what_another_daemon_commits_late_is_found() -> None:
    """Its place was given out before ours: it appears before what was read last."""
    seconds = 1 / 3600
    ledger = Ledger([news(1), news(4, hours=5 * seconds)])
    window = StoryWindow(ledger.read, at_once, shared=True)
    assert len(await window.up_to_date(NOW - DAY)) == 2
    ledger.reports.insert(1, news(3, hours=seconds))
    assert len(await window.up_to_date(NOW - DAY)) == 3
    assert len(await window.up_to_date(NOW - DAY)) == 3
    ledger.reports.append(news(5, hours=60 * seconds))
    assert len(await window.up_to_date(NOW - DAY)) == 4
    ledger.asked.clear()
    await window.up_to_date(NOW - DAY)
    assert ledger.asked == [4]


async def test_a_daemon_alone_reads_nothing_twice() -> None:
    ledger = Ledger([news(1), news(2)])
    window = StoryWindow(ledger.read, at_once)
    await window.up_to_date(NOW - DAY)
    await window.up_to_date(NOW - DAY)
    assert ledger.asked == [None, 2]
