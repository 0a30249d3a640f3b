"""Python's own driver of expat, told to hand a text over in one piece: `xml.sax.make_parser(["monitor.feeds.expat"])`.

Without it every `&lt;` and every line end of an escaped text is a piece of its own, and feedparser does for each what
one would do for all: a third of its time.
"""

from __future__ import annotations

from xml.sax.expatreader import ExpatParser


class _WholeTexts(ExpatParser):
    def reset(self) -> None:
        """Make the parser for the next document."""
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]  # typeshed does not know it


def create_parser() -> ExpatParser:
    """Make a driver; the name is what `xml.sax` asks a module for."""
    return _WholeTexts()
