"""Markup to text: words stay whole, lines end where blocks end, nothing unseen is read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.plaintext import decode_again, from_markup, from_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("AT&amp;T &#8211; x", "AT&T – x"),
        ("<b>Sh</b>oygu", "Shoygu"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>a</div>b", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("<p>one\n  line</p>", "one line"),
        ("<pre>a</pre><prefix>b</prefix>c", "a\nbc"),
        ("a<script>var Shoygu;</script><style>ISIS{}</style>b", "ab"),
        ("a<!-- ISIS -->b", "ab"),
        ("a<script>ISIS", "a"),
        ('<img alt="ISIS"><a title="a > b" href="x">link</a>', "link"),
        ("5 < 6 & 7 > 2", "5 < 6 & 7 > 2"),
        ("<![CDATA[text]]>", "text"),
        ("<svg><title>t</title></svg>x", "t\nx"),
        ("a<noscript>b</noscript><template>c</template>", "abc"),
        ("x\ud800<i>y</i>", "xy"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_from_markup(markup: str, text: str) -> None:
    assert from_markup(markup) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("The <b> tag", "The <b> tag"),
        ("<b>Sh</b>oygu", "Shoygu"),
        ("One<br>two", "One\ntwo"),
        ("&quot;Yes&quot;, AT&amp;T&#8217;s &nbsp;x", '"Yes", AT&T’s x'),
        ("Q&A; R&D", "Q&A; R&D"),
        ("a < b > c", "a < b > c"),
    ],
)
def test_from_text(given: str, text: str) -> None:
    assert from_text(given) == text


def test_only_what_looks_like_a_reference_is_decoded_again() -> None:
    assert decode_again("AT&amp;T") == "AT&T"
    assert decode_again("fish & chips; AT&T") == "fish & chips; AT&T"


@given(st.text())
def test_any_text_becomes_text_without_control_characters(text: str) -> None:
    for cleaned in (from_markup(text), from_text(text)):
        assert "\0" not in cleaned
        assert "\x1b" not in cleaned
        cleaned.encode()


@pytest.mark.parametrize(
    "piece", ["<div>", "<b><p>", "<a ", "<!--", "&amp;", "</p>", "<table><b>", "<script>", "<![CDATA["]
)
def test_time_is_linear(piece: str) -> None:
    def cost(count: int) -> float:
        started = time.process_time()
        from_markup("<i>" + piece * count)
        return time.process_time() - started

    cost(1_000)
    assert cost(80_000) < max(0.2, 30 * cost(8_000))
