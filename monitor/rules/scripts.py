"""Which script a text is written in, and which languages that leaves possible.

For entries whose feed names no language. Written from what Unicode calls its characters (UAX 24 in spirit, by name).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

_LETTERS = 200  # that are looked at: a headline has fewer

# A language that is listed is written in these scripts only; one that is not listed, in any.
_LANGUAGES = {
    "LATIN": "af bs ca cs cy da de en es et eu fi fil fr ga gl hr hu id is it lt lv ms mt nl no nb nn pl pt ro sk sl sq"
    " sr sv sw tl tr uz vi az",
    "CYRILLIC": "be bg kk ky mk mn ru sr tg tt uk uz",
    "ARABIC": "ar az ckb fa ps sd ug ur",
    "HEBREW": "he yi",
    "GREEK": "el",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "CJK": "ja zh ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "THAI": "th",
    "DEVANAGARI": "hi mr ne",
    "BENGALI": "bn as",
    "TAMIL": "ta",
    "TELUGU": "te",
    "ETHIOPIC": "am ti",
}
_BY_SCRIPT = {script: frozenset(codes.split()) for script, codes in _LANGUAGES.items()}
_LISTED = frozenset().union(*_BY_SCRIPT.values())


def primary_subtag(tag: str) -> str:
    """Return the language of a BCP 47 tag (RFC 5646, 2.2.1): `en` of `en-US`; feeds write `en_US` too."""
    return tag.strip().lower().replace("_", "-").partition("-")[0]


def script_of(text: str) -> str:
    """Name the script of most letters, by Unicode's name for it, "" where there are none.

    One kana makes Japanese of Chinese characters.
    """
    letters = [char for char in text[: 5 * _LETTERS] if char.isalpha()][:_LETTERS]
    counts = Counter(map(_script, letters))
    if not counts:
        return ""
    script = counts.most_common(1)[0][0]
    return "HIRAGANA" if script == "CJK" and (counts["HIRAGANA"] or counts["KATAKANA"]) else script


@lru_cache(maxsize=10_000)
def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def languages_in_script(script: str) -> Callable[[str], bool] | None:
    """Return what says whether a language may be written so; None = the script tells nothing."""
    written = _BY_SCRIPT.get(script)
    if written is None:
        return None
    return lambda code: code in written or code not in _LISTED
