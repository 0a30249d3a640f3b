"""Plain text that is safe to pass around: no control characters, no direction overrides, bounded.

Escaping for a place (Slack, HTML, a mail header, a terminal) is done where the text is shown.
"""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed; lone surrogates; bidi embeddings, overrides and isolates (Unicode TR 36);
# noncharacters; the byte order mark. Zero-width joiners stay: Persian, Hindi and emoji need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ufeff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # and not each single blank, which is one already
_BLANK_LINES = re.compile(r" ?\n[ \n]*")

# A sentence ends at . ! ? … (and their full-width and other kin) followed by space, or at a line's end. A full stop
# after a single letter or a usual title ends nothing: "U.S. troops", "Gen. Gerasimov".
# The look-behind keeps a long run of stops linear.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？।؟۔]+|\n")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“«])(?:\w|\w\.\w|Mr|Mrs|Ms|Dr|St|Gen|Col|Lt|Sgt|Maj|Capt|Sen|Rep|Gov|Prof|No|vs|Jan|Feb|Mar|Apr|Aug|"
    r"Sept?|Oct|Nov|Dec|Inc|Ltd|Co|Corp|г|ул|им|тыс|млн|млрд)$"
)


def clean(text: str) -> str:
    """Drop control characters, unify line ends, squeeze blanks: several lines, each without blanks at its ends."""
    if text.isprintable() and "  " not in text:  # nothing of all that: the usual title
        return text.strip()
    if text.replace("\n", "").isprintable():  # as most are: no space but blanks and line ends
        return "\n".join(line for each in text.split("\n") if (line := " ".join(each.split())))
    text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    return _BLANK_LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def one_line(text: str) -> str:
    """Clean, and join all lines by blanks."""
    return clean(text).replace("\n", " ")


def shorten(text: str, limit: int) -> str:
    """Cut to at most `limit` characters, at a blank where one is near, with an ellipsis where anything was cut."""
    if len(text) <= limit:
        return text
    cut = text[: max(0, limit - 1)]
    blank = cut.rfind(" ")
    if blank > limit * 2 // 3:
        cut = cut[:blank]
    return cut.rstrip() + "…"


def sentence_around(text: str, start: int, end: int, *, limit: int = 300) -> tuple[int, int]:
    """Return the bounds of the sentence that holds `text[start:end]`, at most `limit` characters around it.

    A longer sentence is cut at blanks so that the place given stays inside.
    """
    window_start, window_end = max(0, start - limit), min(len(text), end + limit)
    left, right = window_start, window_end
    for stop in _SENTENCE_END.finditer(text, window_start, window_end):
        if text[stop.start()] == "." and _ABBREVIATION.search(text, max(0, stop.start() - 8), stop.start()):
            continue
        if stop.end() <= start:
            left = stop.end()
        elif stop.start() >= end:
            right = stop.start() if text[stop.start()] == "\n" else stop.end()
            break
    left, right = _fit(text, (left, right), (start, end), limit)
    while left < start and text[left].isspace():
        left += 1
    while right > end and text[right - 1].isspace():
        right -= 1
    return left, right


def _fit(text: str, bounds: tuple[int, int], inside: tuple[int, int], limit: int) -> tuple[int, int]:
    """Narrow the bounds to about `limit` characters around the place inside, at blanks where there are any."""
    (left, right), (start, end) = bounds, inside
    if right - left <= limit:
        return left, right
    spare = max(0, limit - (end - start))
    before = min(start - left, spare // 2)
    after = min(right - end, spare - before)
    before = min(start - left, spare - after)
    if start - before > left:
        blank = text.find(" ", start - before, start)
        left = blank + 1 if blank >= 0 else start - before
    if end + after < right:
        blank = text.rfind(" ", end, end + after)
        right = blank if blank >= 0 else end + after
    return left, right
