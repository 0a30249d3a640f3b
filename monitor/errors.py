"""Every error this program raises on purpose, by who can mend it.

    MonitorError
    ├── UserError                 the person at the keyboard: printed as it is, never with a traceback
    │   ├── ConfigurationError    mistakes in YAML files, each with its place
    │   ├── NotFoundError         a rule, feed, channel or file that was named does not exist
    │   └── StateInUseError       another daemon holds the state folder
    ├── FeedError                 the feed's publisher, or the network between
    │   ├── FetchError            no usable answer came
    │   └── ParseError            an answer came, and it is not a feed
    └── StoreError                whoever looks after the database or the disk
        ├── StoreUnavailableError disk full, file read-only, server gone: the same call may work later
        ├── LeaseLostError        somebody else has taken the work over: drop it
        └── ConflictError         another poll counted a hit of the same rule first: read again, decide again
            └── StoryConflictError    another poll recorded the same story first

Errors of libraries are wrapped where they enter, `from error`, or `from None` where the cause may hold a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mistake in a file, or a warning, and its place. Lines and columns count from 1; line 0 = the whole file."""

    file: str
    line: int = 0
    column: int = 0
    width: int = 1  # characters to underline
    message: str
    hint: str = ""  # what to do, e.g. "did you mean `terms`?"
    source: str = ""  # the line itself
    code: str = ""  # of a warning, e.g. MM101; "" = a mistake

    @property
    def place(self) -> str:
        """Where it stands: file:line:column."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        code = f"{self.code} " if self.code else ""
        return f"{self.place}: {code}{self.message}" + (f"; {self.hint}" if self.hint else "")


class MonitorError(Exception):
    """Base of everything this program raises on purpose."""


class UserError(MonitorError):
    """A mistake that the person who typed can mend; the text says what, where and what to do."""


class ConfigurationError(UserError):
    """One or more mistakes in configuration or rule files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotFoundError(UserError):
    """Something named on the command line or in a file does not exist."""


class StateInUseError(UserError):
    """Another process works on the same state folder."""


class Cause(StrEnum):
    """Why a feed could not be read, in one or two words that stand in messages and in the store."""

    DNS = "name not found"
    CONNECT = "cannot connect"
    TLS = "TLS failed"
    TIMEOUT = "timed out"
    DISCONNECTED = "connection broken"
    HTTP = "HTTP error"
    GONE = "gone (410)"
    RATE_LIMITED = "rate limited"
    TOO_LARGE = "too large"
    REDIRECT = "bad redirect"
    GUARDED = "address not allowed"
    BLOCKED = "blocked"
    ROBOTS = "robots.txt forbids it"
    BAD_URL = "bad URL"
    FILE = "cannot read file"
    NOT_A_FEED = "not a feed"
    BROKEN = "broken feed"
    PARSER = "parser stopped"
    EMPTY = "empty"  # this one and the next are read all the same, and are no failures
    STALE = "stale"


class FeedError(MonitorError):
    """A feed could not be read; `detail` is one line for people and holds no secret and no query string."""

    def __init__(self, cause: Cause, detail: str) -> None:
        self.cause = cause
        self.detail = detail
        super().__init__(f"{cause.value}: {detail}" if detail else cause.value)


class FetchError(FeedError):
    """No usable answer came.

    `retry_after` is what the server asked for, if it did; `hold_host` is how long all feeds of its host are to wait.
    """

    def __init__(
        self, cause: Cause, detail: str, *, retry_after: timedelta | None = None, hold_host: timedelta | None = None
    ) -> None:
        self.retry_after = retry_after
        self.hold_host = hold_host
        super().__init__(cause, detail)


class ParseError(FeedError):
    """An answer came, and no feed could be made of it."""


class StoreError(MonitorError):
    """The store could not do what it was asked."""


class StoreUnavailableError(StoreError):
    """Disk full, file read-only, server gone: nothing was written, the same call may work later."""


class LeaseLostError(StoreError):
    """The lease ran out and somebody else has taken the work over; nothing was written."""


class ConflictError(StoreError):
    """What was decided rests on what another poll has changed meanwhile; nothing was written."""


class StoryConflictError(ConflictError):
    """Another poll recorded a story with the same key first; nothing was written."""
