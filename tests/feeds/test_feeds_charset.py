"""Charsets: what the bytes prove, then the declaration, then the header, then a guess."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.feeds.charset import decode, to_utf8

RUSSIAN = "Министр обороны России Сергей Шойгу и министр обороны США обсудили положение в Сирии."


def xml(declared: str, text: str = RUSSIAN) -> str:
    return f'<?xml version="1.0" encoding="{declared}"?><rss>{text}</rss>'


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("windows-1251", "cp1251"),
        ("koi8-r", "koi8-r"),
        ("ISO-8859-5", "iso8859-5"),
        ("utf-8", "utf-8"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32", "utf-32-be"),
        ("windows-1251", "utf-8"),  # wrong, and the bytes prove it
        ("iso-8859-1", "utf-8"),
    ],
)
@pytest.mark.parametrize("header", ["", "text/xml; charset=iso-8859-1", 'text/xml; charset="windows-1252"'])
def test_a_declaration_or_the_bytes_beat_the_header(declared: str, encoding: str, header: str) -> None:
    assert decode(xml(declared).encode(encoding), header) == xml(declared)


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("gb2312", "gb18030", "技术早报：漏洞"),
        ("Shift_JIS", "cp932", "地震の速報①"),
        ("euc-kr", "cp949", "지진 속보"),
        ("big5", "big5hkscs", "地震速報"),
        ("iso-2022-jp", "iso2022_jp", "地震の速報"),
        ("ISO-8859-1", "cp1252", "“Choïgou” – l’été"),
        ("us-ascii", "cp1252", "“quoted”"),
    ],
)
def test_labels_mean_what_the_web_means_by_them(declared: str, encoding: str, text: str) -> None:
    assert decode(xml(declared, text).encode(encoding)) == xml(declared, text)


def test_the_mark_goes() -> None:
    assert decode(codecs.BOM_UTF8 + b"<rss/>") == "<rss/>"
    assert decode("\ufeff<rss/>".encode("utf-16")).endswith("<rss/>")


def test_the_header_counts_where_nothing_is_declared() -> None:
    assert decode(RUSSIAN.encode("koi8-r"), "text/xml; charset=KOI8-R") == RUSSIAN


def test_undeclared_cyrillic_is_guessed() -> None:
    assert decode(f"<rss>{RUSSIAN}</rss>".encode("cp1251")) == f"<rss>{RUSSIAN}</rss>"


@pytest.mark.parametrize("declared", ["utf-8", "koi8-r"])
def test_one_bad_byte_does_not_move_a_page_to_another_charset(declared: str) -> None:
    body = xml("utf-8").encode() + b"\xff" + RUSSIAN.encode()
    text = decode(body, f"text/xml; charset={declared}")
    assert text.count("\ufffd") == 1
    assert text.count("Шойгу") == 2


@pytest.mark.parametrize(
    "label", ["zip", "hex", "punycode", "unicode_escape", "idna", "rot13", "utf-7", "nonsense", "\u0130"]
)
def test_what_is_no_charset_is_passed_over(label: str) -> None:
    assert RUSSIAN in decode(xml(label).encode())
    assert decode(b"\xe9t\xe9", f"text/xml; charset={label}")


@given(st.binary(), st.text())
def test_any_bytes_give_text(body: bytes, header: str) -> None:
    decode(body, header).encode("utf-8", "surrogatepass")
    decode(b'<?xml version="1.0" encoding="' + body + b'"?>\xff' + body, header)


@given(body=st.binary() | st.text().map(str.encode), header=st.sampled_from(["", "text/xml; charset=koi8-r"]))
@example(body=b"\xef\xbb\xbf<rss/>", header="")
@example(body=b"<\0r\0s\0s\0", header="")
@example(body=b'<?xml version="1.0" encoding="iso-2022-jp"?>\x1b$B%7%g\x1b(B', header="")
@example(body='<?xml version="1.0" encoding="gb2312"?>会谈'.encode(), header="")
def test_the_same_text_comes_as_utf8(body: bytes, header: str) -> None:
    assert to_utf8(body, header).decode("utf-8") == decode(body, header)
