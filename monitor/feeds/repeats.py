"""Thin out what feedparser takes quadratic time for: it compares each tag of an item with all tags before it.

4,000 categories in one item take 1.3 s, 100 take half a millisecond. Other children of an item take linear time.
"""

from __future__ import annotations

import re
from collections import Counter

MOST = 100  # of one name in one item; an entry keeps fewer

# What looks like a tag in a comment or a CDATA section is none; one that never ends takes the rest of the page.
_TOKEN = re.compile(
    r"<!--(?:.*?-->|.*)|<!\[CDATA\[(?:.*?\]\]>|.*)|<(/?)(?:[\w.-]{1,40}:)?(item|entry|category|subject)(?=[\s/>])[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_ITEMS = ("item", "entry")
# iTunes' keywords are split into tags at their commas, however many; under another name they are not
_KEYWORDS = re.compile(r"(</?(?:[\w.-]{1,40}:)?keywords)(?=[\s/>])", re.IGNORECASE)


def cap_repeats(text: str) -> str:
    """Return a page without the categories of an item, or of the feed itself, beyond the first MOST."""
    kept: list[str] = []
    start = 0  # of what is kept next
    cutting = ""  # the name of the element that is being left out
    in_feed: Counter[str] = Counter()
    counts = in_feed
    for tag in _TOKEN.finditer(text := _KEYWORDS.sub(r"\1_", text)):
        closing, name = tag[1], (tag[2] or "").lower()
        if cutting and (name in _ITEMS or (closing and name == cutting)):
            start, cutting = tag.start() if name in _ITEMS else tag.end(), ""
        if name in _ITEMS:
            counts = in_feed if closing else Counter()
        elif name and not closing and not cutting:
            counts[name] += 1
            if counts[name] > MOST:
                kept.append(text[start : tag.start()])
                start, cutting = tag.end(), "" if tag[0].endswith("/>") else name
    return "".join([*kept, "" if cutting else text[start:]])
