"""An item while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitor.feeds.dates import from_feedparser
from monitor.feeds.items import Item, Markup
from monitor.feeds.usual.names import Role
from monitor.feeds.usual.texts import usual_date


@dataclass(slots=True)
class RawItem:
    """One item while it is read; None = its page has not said."""

    guid: str = ""
    named: bool = False  # by a guid
    link: str | None = None  # as feedparser has it: the last one, or the guid
    alternate: str = ""  # the first one
    title: Markup | None = None
    language: str = ""
    summary: Markup | None = None
    copied: str | None = None  # the first content, which stands for a summary until there is one
    has_content: bool = False
    contents: list[Markup] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    author_written: bool = False  # one of them, as a text
    tags: list[list[str | None]] = field(default_factory=list)
    dates: dict[Role, str] = field(default_factory=dict)
    reset: bool = False  # another title would count again

    def item(self, language: str, now: datetime) -> Item:
        """Make the item."""
        return Item(
            guid=self.guid.strip(),
            link=self.alternate or (self.link if self.link and self.link.startswith(("http://", "https://")) else ""),
            title=self.title or Markup(),
            summary=self.summary or Markup(text=self.copied or ""),
            content=max(self.contents, key=lambda markup: len(markup.text), default=Markup()),
            authors=tuple(self.authors),
            tags=tuple(label or term or "" for term, _, label in self.tags),
            language=self.language or language,
            published=self._published(now),
        )

    def _published(self, now: datetime) -> datetime | None:
        for role in (Role.PUBLISHED, Role.UPDATED, Role.CREATED):
            written = self.dates.get(role)
            moment = from_feedparser(written, usual_date(written), now) if written else None
            if moment is not None:
                return moment
        return None
