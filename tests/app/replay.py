"""Play a feed's pages, one poll after the other, through the real parser, the real decisions and the real store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from monitor.document import parse_document
from monitor.model import Delivery, DeliveryKind, Digest, Feed, FeedState, PollOutcome, Priority
from monitor.pipeline import Doors, Live, poll
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset
from monitor.store import SqlStore
from monitor.testing import FakeClock, FakeFetcher
from tests.app.house import START
from tests.app.parse_here import ParserHere

MINUTES = timedelta(minutes=10)
DAY = timedelta(days=1)
RULES = "rules: {news: {terms: [report*, says, ministers, port, grain], notify: desk, dedup: {by: url}}}"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a page; "" and None leave a part out."""

    title: str
    guid: str = ""
    link: str = ""
    text: str = ""
    date: datetime | None = None

    def rss(self) -> str:
        parts = {
            "title": self.title,
            "guid": self.guid,
            "link": self.link,
            "description": self.text,
            "pubDate": format_datetime(self.date) if self.date else "",
        }
        return "<item>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in parts.items() if v) + "</item>"


def article(number: int, **changes: object) -> Item:
    """Make an item of an article: no two have a title, a text or an address in common."""
    place = PLACES[number % len(PLACES)]
    other = PLACES[(number * 7 + 3 + number // len(PLACES)) % len(PLACES)]
    given = {
        "title": f"Harbour {place} reports {number} ships bound for {other}",
        "guid": f"https://wire.example/?p={number}",
        "link": f"https://wire.example/{place}/{number}",
        "text": f"The pilots of {place} spoke about {number} cargoes of barley and the weather off {other} that week.",
        "date": START - timedelta(hours=number),
    }
    return Item(**{**given, **changes})  # type: ignore[arg-type]


PLACES = (
    *("Odesa", "Varna", "Batumi", "Poti", "Sinop", "Burgas", "Galati", "Braila", "Kherson", "Rize", "Ordu", "Samsun"),
    *("Genoa", "Trieste", "Rijeka", "Split", "Durres", "Patras", "Izmir", "Mersin", "Haifa", "Tartus", "Tripoli"),
)


def page(*items: Item) -> str:
    return "<rss version='2.0'><channel><title>W</title>" + "".join(item.rss() for item in items) + "</channel></rss>"


def rules(text: str = RULES) -> Ruleset:
    document, _ = parse_document(text.encode(), name="rules.yaml")
    assert document is not None
    loaded, problems = load_rules(
        [document], channels=("desk", "chief"), default_notify=("desk",), default_priority=Priority.NORMAL
    )
    assert loaded is not None, problems
    return loaded


@dataclass(kw_only=True)
class Replay:
    """One feed and what its channel heard."""

    store: SqlStore
    feed: Feed = field(default_factory=lambda: Feed(name="wire", url="https://wire.example/rss"))
    ruleset: Ruleset = field(default_factory=rules)
    clock: FakeClock = field(default_factory=lambda: FakeClock(START))
    outcomes: list[PollOutcome] = field(default_factory=list)

    async def poll(self, body: str, *, after: timedelta = MINUTES) -> PollOutcome:
        """Let time pass, and poll the feed when it has this page."""
        self.clock.advance(after)
        fetcher = FakeFetcher()
        fetcher.page(self.feed.name, body)
        with ThreadPoolExecutor(1) as store_thread, ThreadPoolExecutor(1) as work_thread:
            doors = Doors(
                store=self.store,
                parser=ParserHere(),
                clock=self.clock,
                store_thread=store_thread,
                work_threads=work_thread,
            )
            live = Live(
                feeds={self.feed.url: self.feed},
                fetcher=fetcher,
                ruleset=self.ruleset,
                notifiers={},
                dedup=timedelta(days=4),
                story_window=timedelta(days=4),
            )
            self.store.sync_feeds([self.feed], self.clock(), hasten=[self.feed.url])
            (lease,) = self.store.claim_feeds(now=self.clock(), lease=timedelta(minutes=5), limit=1)
            outcome = await poll(lease, live, doors)
        assert outcome is not None
        self.outcomes.append(outcome)
        return outcome

    async def play(self, *bodies: str) -> list[str]:
        """Poll page after page; return the titles that were told, by themselves or in digests."""
        for body in bodies:
            await self.poll(body)
        return self.told

    @property
    def deliveries(self) -> list[Delivery]:
        return [delivery for outcome in self.outcomes for delivery in outcome.deliveries]

    @property
    def told(self) -> list[str]:
        titles: list[str] = []
        for delivery in self.deliveries:
            if isinstance(delivery.message, Digest):
                assert delivery.message.count == len(delivery.message.items)
                titles += [item.title.text for item in delivery.message.items]
            elif delivery.kind is DeliveryKind.POST:
                titles.append(delivery.message.title.text)
        return titles

    @property
    def replies(self) -> list[str]:
        messages = (delivery.message for delivery in self.deliveries if delivery.kind is DeliveryKind.REPLY)
        return [message.note for message in messages if not isinstance(message, Digest)]

    @property
    def digests(self) -> list[Digest]:
        return [delivery.message for delivery in self.deliveries if isinstance(delivery.message, Digest)]

    @property
    def state(self) -> FeedState:
        return self.outcomes[-1].state

    def use(self, **changes: object) -> None:
        """Change the feed's options."""
        self.feed = replace(self.feed, **changes)  # type: ignore[arg-type]
