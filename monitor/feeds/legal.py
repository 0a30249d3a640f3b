"""Drop what XML 1.0 (2.2) forbids, as characters and as references to them.

Either breaks a strict parser, and the second even raises out of feedparser's loose one.
"""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));?", re.IGNORECASE)
_MAX_DIGITS = 7
_SURROGATES = range(0xD800, 0xE000)


def legal(text: str) -> str:
    """Return a page without the characters, and the references to characters, that cannot stand in XML."""
    text = _FORBIDDEN.sub("", text)
    return _REFERENCE.sub(_drop_forbidden, text) if "&#" in text else text


def _drop_forbidden(match: re.Match[str]) -> str:
    """Keep a character reference, unless no character of XML has that number."""
    digits, number_base = (match.group(1), 16) if match.group(1) else (match.group(2), 10)
    digits = digits.lstrip("0")
    number = int(digits, number_base) if 0 < len(digits) <= _MAX_DIGITS else 0
    legal = number in (9, 10, 13) or (number >= ord(" ") and number not in _SURROGATES and number <= 0x10FFFF)  # noqa: PLR2004 - Unicode's end
    return match.group() if legal and number not in (0xFFFE, 0xFFFF) else ""
