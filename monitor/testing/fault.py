"""Ways in which a server fails, one dataclass for all fakes that speak HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self


class After(Enum):
    """What the server does once it has read the request."""

    ANSWER = auto()
    DROP = auto()  # break the connection
    HANG = auto()  # keep it, and never answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one request fails. With `accept`, the server takes the message first, and fails then."""

    accept: bool = False
    after: After = After.ANSWER
    status: int = 200
    error: str = ""  # Slack's word, or the body of another server's answer
    retry_after: str = ""
    body: str | None = None  # answer with this text instead of the server's own
    content_type: str = "text/html"
    delay: float = 0  # seconds before the answer
    met: Callable[[], None] | None = None  # called when the request was read, and taken where it is: before the answer

    @classmethod
    def rate_limited(cls, retry_after: int | str = 30) -> Self:
        """Answer 429, with Retry-After in seconds or as a date."""
        return cls(status=429, error="ratelimited", retry_after=str(retry_after))

    @classmethod
    def server_error(cls, status: int = 500, *, accept: bool = False) -> Self:
        """Answer with a page of HTML and a 5xx status."""
        return cls(status=status, body="<h1>Server Error</h1>", accept=accept)

    @classmethod
    def refuse(cls, error: str, *, status: int = 200) -> Self:
        """Refuse by a word, e.g. `channel_not_found`."""
        return cls(error=error, status=status)

    @classmethod
    def drop(cls, *, accept: bool) -> Self:
        """Break the connection without an answer."""
        return cls(after=After.DROP, accept=accept)

    @classmethod
    def hang(cls, *, accept: bool) -> Self:
        """Never answer."""
        return cls(after=After.HANG, accept=accept)

    @classmethod
    def slow(cls, seconds: float) -> Self:
        """Do everything right, later."""
        return cls(accept=True, delay=seconds)

    @classmethod
    def nonsense(cls, body: str, *, content_type: str = "text/plain", accept: bool = False) -> Self:
        """Answer 200 with a body that means nothing."""
        return cls(body=body, content_type=content_type, accept=accept)
