"""What one fetch asks for, and whom it may tell what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from yarl import URL

from monitor.errors import Cause, FetchError
from monitor.model import Feed, FeedState

UNCONDITIONAL_EVERY: Final = timedelta(days=1)  # false 304s exist
_CONDITION_NAMES = ("If-None-Match", "If-Modified-Since")
CONDITIONS: Final = frozenset(_CONDITION_NAMES)  # headers that allow for a 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One fetch: where it begins, and its headers by who may see them."""

    url: URL = field(repr=False)  # where it begins
    own: URL = field(repr=False)  # the feed's own URL
    headers: Mapping[str, str] = field(repr=False)  # for everybody
    private: Mapping[str, str] = field(repr=False)  # for the origin of `own`
    conditions: Mapping[str, str] = field(repr=False)  # for the place that the validators are from
    answered: URL = field(repr=False)  # that place
    proxy: URL | None = field(repr=False)  # the feed's own
    timeout: timedelta

    @classmethod
    def plain(cls, url: str, headers: Mapping[str, str], timeout: timedelta) -> Order:
        """Ask for a page that belongs to no feed.

        Raises:
            FetchError: it is no URL of http or https.
        """
        read = http_url(url)
        return cls(
            url=read, own=read, headers=headers, private={}, conditions={}, answered=read, proxy=None, timeout=timeout
        )

    @property
    def remembered(self) -> str:
        """Where redirects for good have led before this fetch, "" = nowhere."""
        return "" if self.url == self.own else str(self.url)

    def headers_for(self, url: URL, *, at_home: bool) -> dict[str, str]:
        """Return the headers for one hop; `at_home` says that no hop so far has left the feed's own origin."""
        conditions = self.conditions if url == self.answered else {}
        return {**self.headers, **conditions, **(self.private if at_home else {})}


def order_for(feed: Feed, state: FeedState, *, headers: Mapping[str, str], timeout: timedelta, now: datetime) -> Order:
    """Say how a feed is asked for.

    Raises:
        FetchError: its URL cannot be used.
    """
    own, notes = http_url(feed.url), state.notes
    known = state.url == feed.url
    return Order(
        url=_or_own(notes.home if known else "", own),
        own=own,
        headers={**headers, "User-Agent": feed.user_agent} if feed.user_agent else headers,
        private={name: value.reveal() for name, value in feed.headers},
        conditions=_conditions(state, now) if known else {},
        answered=_or_own(notes.answered, own),
        proxy=URL(feed.proxy.reveal()) if feed.proxy else None,
        timeout=feed.timeout or timeout,
    )


def http_url(text: str) -> URL:
    """Read a URL of http or https.

    Raises:
        FetchError: it is none.
    """
    try:
        url = URL(text)
    except ValueError:
        raise FetchError(Cause.BAD_URL, "the URL cannot be read") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError(Cause.BAD_URL, f"“{url.scheme or text[:20]}” is not http or https")
    return url.with_fragment(None)


def _or_own(noted: str, own: URL) -> URL:
    return http_url(noted) if noted else own


def _conditions(state: FeedState, now: datetime) -> dict[str, str]:
    whole_at = state.notes.unconditional_at
    if whole_at is None or now - whole_at >= UNCONDITIONAL_EVERY:
        return {}
    given = zip(_CONDITION_NAMES, (state.validators.etag, state.validators.last_modified), strict=True)
    return {name: validator for name, validator in given if validator}
