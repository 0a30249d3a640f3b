"""A fetcher without a network."""

from __future__ import annotations

from collections import defaultdict, deque

from monitor.errors import FetchError
from monitor.model import Feed, FeedState, NotModified, Page, Validators

Answer = Page | NotModified | FetchError


class FakeFetcher:
    """Answer each feed from its script; satisfies `monitor.ports.Fetcher`.

    A script is played from its first answer to its last, and the last is repeated. A page whose validators equal those
    that the feed's state holds is answered with NotModified, as a server would.
    """

    def __init__(self) -> None:
        self.fetched: list[tuple[Feed, FeedState]] = []
        self.closed = False
        self._scripts: dict[str, deque[Answer]] = defaultdict(deque)

    def answer(self, feed: str, *answers: Answer) -> None:
        """Append answers to the script of a feed, by its name."""
        self._scripts[feed].extend(answers)

    def page(self, feed: str, body: str | bytes, *, content_type: str = "application/rss+xml", etag: str = "") -> None:
        """Append a page to the script of a feed."""
        raw = body.encode() if isinstance(body, str) else body
        self.answer(feed, Page(body=raw, content_type=content_type, validators=Validators(etag=etag)))

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        """Play the next answer.

        Raises:
            FetchError: it is one.
            LookupError: the feed has no script: the test forgot it.
        """
        self.fetched.append((feed, state))
        script = self._scripts[feed.name]
        if not script:
            raise LookupError(f"no answer scripted for feed {feed.name!r}")
        answer = script.popleft() if len(script) > 1 else script[0]
        if isinstance(answer, FetchError):
            raise answer
        if isinstance(answer, Page) and answer.validators != Validators() and answer.validators == state.validators:
            return NotModified()
        return answer

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True
