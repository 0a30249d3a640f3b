"""Decide which charset a page is written in, before anything else looks at it.

feedparser would let one bad byte move the whole page to another charset, and believes a wrong HTTP header over a right
XML declaration. The order here: what the bytes prove (byte order mark, the shape of `<?`, valid UTF-8), the XML
declaration, the header, a guess.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = (  # UTF-32 first: its little-endian mark begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHAPES = (  # the first `<?` or `<r` without a mark (XML 1.0, appendix F)
    (re.compile(rb"<\0\0\0.\0\0\0", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0.", re.DOTALL), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
)
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)

# What a label means on the web (WHATWG Encoding): the superset that people really write.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Python has codecs that are no charsets (zip, punycode, unicode_escape): only these families are let in.
_FAMILIES = ("utf-8", "iso8859-", "cp", "koi8", "mac-", "gb", "big5", "euc", "shift_jis", "iso2022", "johab", "hz")
_SINGLE_BYTE = ("iso8859-", "cp125", "cp866", "cp874", "koi8", "mac-")
_SAMPLE = 65_536  # bytes: enough to guess by
_FEW = 0.25  # of the characters that are not ASCII; in a page of another charset nearly all of them are bad UTF-8


def decode(body: bytes, content_type: str = "") -> str:
    """Return a page's text; bytes that are wrong in its charset become U+FFFD, never an error."""
    mark, charset = _shape(body)
    if charset:
        return body[len(mark) :].decode(charset, "replace")
    text = _as_utf8(body)
    return _decode_other(body, content_type) if text is None else text


def to_utf8(body: bytes, content_type: str = "") -> bytes:
    """Return a page in UTF-8, without a mark; see `decode`."""
    if not _shape(body)[1] and _as_utf8(body) is not None:
        return body  # as most are
    return decode(body, content_type).encode("utf-8", "replace")


def calls_itself_utf8(body: bytes) -> bool:
    """Say whether a page says that it is UTF-8, or says nothing else."""
    return not _shape(body)[1] and _declared(body) in ("", "utf-8")


def is_utf8(part: bytes) -> bool:
    """Say whether a part of a page is without an error in UTF-8."""
    try:
        part.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shape(body: bytes) -> tuple[bytes, str]:
    """Return the mark that a page begins with and its charset, as far as they show; "" = they do not."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return mark, charset
    return b"", next((charset for shape, charset in _SHAPES if shape.match(body)), "")


def _as_utf8(body: bytes) -> str | None:
    """Return the text of a page that is UTF-8, whatever it declares; None = it is not, or only by accident."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    declared = _declared(body)
    # Valid UTF-8 is no accident in a page of a single-byte charset; in a short page of a CJK charset it may be one.
    if text.isascii() and not declared.startswith(("iso2022", "hz")):
        return text
    if not declared or declared == "utf-8" or declared.startswith(_SINGLE_BYTE) or not _strictly(body, declared):
        return text
    return None


def _decode_other(body: bytes, content_type: str) -> str:
    """Decode a page that is not UTF-8 throughout."""
    declared = _declared(body)
    if declared in ("", "utf-8"):
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") <= _FEW * (len(text) - len(text.encode("ascii", "ignore"))):
            return text  # a few bad bytes in a page that is UTF-8
    for charset in _candidates(body, declared, content_type):
        text = _strictly(body, charset)
        if text:
            return text
    return body.decode(declared or "utf-8", "replace")


def _candidates(body: bytes, declared: str, content_type: str) -> Iterator[str]:
    import chardet  # noqa: PLC0415 - 2 MB that few feeds need

    yield declared
    header = _HEADER.search(content_type)
    yield _charset(header.group(1)) if header else ""
    first = _NOT_ASCII.search(body)
    start = max(0, first.start() - _SAMPLE // 2) if first else 0
    yield _charset(chardet.detect(body[start : start + _SAMPLE])["encoding"] or "")
    yield "cp1252"


def _strictly(body: bytes, charset: str) -> str:
    """Decode without a single error, or return ""."""
    try:
        return body.decode(charset) if charset else ""
    except UnicodeDecodeError:
        return ""


def _declared(body: bytes) -> str:
    match = _DECLARATION.match(body[:1024])
    return _charset(match.group(1).decode("ascii", "ignore")) if match else ""


def _charset(label: str) -> str:
    """Return Python's name of a charset, widened to what the web means by it; "" for what is none."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return _SUPERSETS.get(name, name) if name.startswith((*_FAMILIES, "ascii", "tis")) else ""


def explain_charset(body: bytes, content_type: str = "") -> str:
    """Say which charset `decode` has read a page in, and what spoke for it: the first witness that gives the same text.

    "utf-8 (the XML declaration)"; "utf-8 (its bytes)"; "windows-1251 (a guess)".
    """
    text = decode(body, content_type)
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return f"{charset} (its byte order mark)"
    header = _HEADER.search(content_type)
    witnesses = (
        (_declared(body), "the XML declaration"),
        (_charset(header.group(1)) if header else "", "the Content-Type header"),
        ("utf-8", "its bytes"),
    )
    for charset, witness in witnesses:
        if charset and body.decode(charset, "replace") == text:
            return f"{charset} ({witness})"
    return "another charset (a guess by its bytes)"
