"""What the process that tries rules works with: it comes in as texts, and goes out as what JSON knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from monitor.attempt import Outlook, restraints_now
from monitor.document import Document, parse_document
from monitor.errors import StoreError, UserError
from monitor.model import Feed, Policies, Priority
from monitor.ports import Store
from monitor.rules.match import Ruleset
from monitor.rules.trials import Trials
from monitor.store.sql_store import open_existing_store

MOST_VALUES: Final = 20_000  # keys and values of YAML that is tried
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done: a name in `TASKS`, its arguments, and how long it may take."""

    name: str
    arguments: dict[str, Any]
    seconds: float  # of CPU time


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A rule that somebody tries, as it was typed."""

    rule: str
    is_query: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What rules are tried with: what the files say, without what is secret in them but for the store's own URL."""

    texts: tuple[tuple[str, str], ...]  # of the files with rules or actors: name and content, the main one first
    main: str  # the name of the main file
    channels: tuple[str, ...]
    default_notify: tuple[str, ...]
    default_priority: Priority
    dedup: timedelta
    source_tags: Mapping[str, tuple[str, ...]]
    feeds: tuple[Feed, ...]
    policies: Policies
    store: str

    def open(self) -> Workshop:
        """Read the files, and open the store where there is one."""
        read = (parse_document(text.encode("utf-8", "surrogatepass"), name=name)[0] for name, text in self.texts)
        documents = tuple(document for document in read if document is not None)
        return Workshop(self, documents, _open(self.store))


def _open(url: str) -> Store | None:
    """Open the store; one in memory is the daemon's alone, and a rule can be tried on a text without any."""
    try:
        return None if url.endswith(":memory:") else open_existing_store(url)
    except (UserError, StoreError):
        return None


class Workshop:
    """The files and the store, for one task after another."""

    def __init__(self, ground: Ground, documents: tuple[Document, ...], store: Store | None) -> None:
        self.ground = ground
        self.documents = documents
        self.store = store
        self.trials = Trials(
            documents,
            channels=ground.channels,
            default_notify=ground.default_notify,
            default_priority=ground.default_priority,
        )
        _ = self.trials.usable  # now, and not on the time of whoever comes first

    @cached_property
    def main(self) -> Document | None:
        """The main file, if it holds rules or actors."""
        return next((each for each in self.documents if each.file == self.ground.main), None)

    def load(self, asked: Asked) -> Ruleset:
        """Load a rule that is tried.

        Raises:
            ConfigurationError: with every mistake in it.
            UserError: there is none.
        """
        if asked.is_query:
            return self.trials.load_query(asked.rule, name="the query")
        raw = asked.rule.encode("utf-8", "surrogatepass")
        ruleset = self.trials.load(raw, name="the rule", max_values=MOST_VALUES)
        if not ruleset.rules:
            raise UserError("there is no rule in it: write one under `rules:`")
        return ruleset

    def outlook(self, now: datetime) -> Outlook:
        """Say what would become of a match now."""
        ground = self.ground
        return Outlook(
            store=self.store,
            dedup=ground.dedup,
            source_tags=ground.source_tags,
            restraints=restraints_now(ground.policies, self.store, now),
            now=now,
        )

    def stored(self) -> Store:
        """Return the store.

        Raises:
            UserError: there is none.
        """
        if self.store is None:
            raise UserError("the store cannot be read beside the daemon: try it on a text")
        return self.store


def harmless(feed: Feed) -> Feed:
    """Return a feed without its secrets: of its URL the host is enough."""
    parts = urlsplit(feed.url)
    url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))
    return replace(feed, url=url, headers=(), proxy=None)
