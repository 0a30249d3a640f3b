"""The doors to feeds, documents, hubs and channels, and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import (
    Delivery,
    Feed,
    FeedState,
    NotModified,
    Page,
    ParsedFeed,
    SendResult,
    Wish,
)


class Clock(Protocol):
    """Tell the time: aware, UTC."""

    def __call__(self) -> datetime:
        """Return the time now."""
        ...


class Fetcher(Protocol):
    """Get a feed's document."""

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        """Fetch once, conditionally where `state` has validators.

        Raises:
            FetchError: no usable answer came.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class ArticleFetcher(Protocol):
    """Get the web page behind a link of an entry, where its host allows that."""

    async def fetch_article(self, url: str) -> Page:
        """Fetch once.

        Raises:
            FetchError: no usable answer came, or robots.txt forbids to ask.
        """
        ...


class HubClient(Protocol):
    """Ask the hubs that push feeds (W3C WebSub)."""

    async def post_form(self, url: str, form: Mapping[str, str]) -> None:
        """Send a form, once.

        Raises:
            FetchError: the hub did not take it, or nobody knows whether it did.
        """
        ...


class Pinger(Protocol):
    """Tell a dead man's switch that we live."""

    async def ping(self, url: str) -> None:
        """Ask for a URL, once.

        Raises:
            FetchError: it was not answered with 2xx; its text may hold the URL, which is a secret.
        """
        ...


class Parser(Protocol):
    """Look into documents of strangers, where neither what they cost nor what they break harms anybody else."""

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        """Make entries of a page.

        Raises:
            ParseError: no feed could be made of it, or that took too much time or memory.
        """
        ...

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        """Make entries of a page at once, on whatever thread this is, where that is cheap and sure to be harmless.

        None = it is not, and `parse` has to do it.
        """
        ...

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        """Say whether a page gives in two parts what it gave as a whole.

        Raises:
            ParseError: that took too much time or memory.
        """
        ...

    async def extract(self, page: Page, url: str) -> str:
        """Return the text of the article on a web page, "" where there seems to be none.

        Raises:
            ParseError: that took too much time or memory, or cannot be done here.
        """
        ...

    async def close(self) -> None:
        """End what works in the background."""
        ...


class Notifier(Protocol):
    """Deliver messages to one channel."""

    pace: timedelta
    """Least time between two messages."""

    guarantee: str
    """What the channel promises after a crash, one line for people: "effectively once", "at least once" and why."""

    async def send(self, delivery: Delivery) -> SendResult:
        """Send one message, once; never retry, never raise for what a destination answers.

        `delivery.kind` says what to do. A reply without a parent, or where there are no threads, is a message of its
        own. An edit that cannot be made is refused for good (`Rejected(retry=False)`), and nothing is posted.
        """
        ...

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:
        """Say whether an earlier attempt, begun at `since`, reached the destination.

        `Accepted`: it did. `Rejected(retry=True)`: it surely did not, or a second copy does no harm: send it again.
        `Unknown`: ask again later.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


Hear = Callable[[Wish], Awaitable[str]]
"""Does what somebody wishes, and returns what to tell that person alone; "" = nothing. Never raises."""


class Listener(Protocol):
    """Hear what people say where they read their alerts."""

    async def listen(self, hear: Hear) -> None:
        """Hear wishes until cancelled; what goes wrong on the way is logged, and tried again."""
        ...
