"""What `monitor.yaml` and the files it includes say, in the house's own nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from monitor.config.console import Console
from monitor.config.heartbeat import Heartbeat
from monitor.config.models import PollSettings
from monitor.document import Document
from monitor.errors import Problem
from monitor.model import AllowedHost, Backlog, BreakerSettings, Feed, Maintenance, Priority, Retention, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds wherever a rule or feed says nothing else."""

    notify: tuple[str, ...]
    priority: Priority
    dedup: timedelta
    poll: PollSettings
    backlog: Backlog
    zone: str  # IANA name: of times of day that name none


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything the files say, but for what channels and rules mean: `documents` hold those for their own rooms."""

    file: Path
    folder: Path
    env: Mapping[str, str] = field(repr=False)
    store: str = field(repr=False)  # a URL, with a password perhaps; "" = it could not be read
    contact: str
    defaults: Defaults
    ops_notify: tuple[str, ...]  # channels that hear what this program has to say about itself
    heartbeat: Heartbeat
    console: Console
    feeds: tuple[Feed, ...] = field(repr=False)
    routes: tuple[Route, ...]
    maintenance: tuple[Maintenance, ...]
    breaker: BreakerSettings | None  # when alerts are held because they are too many, None = never
    public_url: str  # under which others reach this program, "" = they do not, and nothing listens
    listen: tuple[str, int]  # address and port
    allow_folders: tuple[Path, ...]
    allow: tuple[AllowedHost, ...]  # what feeds may be read from although it is not public
    retention: Retention
    include: tuple[str, ...]  # patterns, relative to the folder
    documents: tuple[Document, ...]  # the main one first
    passed_over: tuple[Problem, ...] = ()  # warnings of files that look as if they were read

    @property
    def main(self) -> Document:
        """The main file's document."""
        return self.documents[0]
