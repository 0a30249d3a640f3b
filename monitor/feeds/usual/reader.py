"""Read RSS, RDF and Atom with expat alone, where nothing in the page is unusual.

What comes out is what `monitor.feeds.xmlfeed` makes of the same page, to the letter, and a page of which that is not
certain is left to feedparser: one with a DOCTYPE, with markup that is not escaped, with elements that stand where they
do not belong or come twice, with dates in forms of their own, and one that is not well-formed.

Nothing here takes more than linear time, no entity can be declared, and nesting is bounded: a small page of a stranger
may be read so in a process that must not die (`monitor.feeds.small`).
"""

from __future__ import annotations

from datetime import datetime
from xml.parsers import expat

from monitor.feeds.items import XmlFeed
from monitor.feeds.usual.head import OF_FEED
from monitor.feeds.usual.item import OF_ITEM
from monitor.feeds.usual.reading import Reading
from monitor.feeds.usual.texts import UnusualError

_TABLE = {**OF_FEED, **OF_ITEM}


def read_usual(text: str, now: datetime) -> XmlFeed | None:
    """Read a page, or return None where it is one for feedparser."""
    try:
        return Reading(_TABLE).read(text, now)
    except (UnusualError, expat.ExpatError):
        return None
