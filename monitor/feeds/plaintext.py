"""Make plain text of the markup that feeds carry, in time linear in its length.

Nothing here looks at what an element means beyond one question: does it break a line? The answer is written into the
markup as a line feed, every element is renamed to `span`, and lexbor is left to do what it does best: tell tags,
attributes, comments and entities from text. The renaming is what makes it linear: HTML's rules for nested `<div>`,
unclosed `<p>` and misnested `<b>` make every conforming tree builder quadratic (100,000 `<div>` took 44 s).
"""

from __future__ import annotations

import html
import re

from monitor.text.plain import clean

_BLOCKS = (
    r"(?:address|article|aside|blockquote|br|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|"
    r"figure|footer|form|h[1-6]|header|hgroup|hr|legend|li|main|menu|nav|ol|optgroup|option|p|pre|section|summary|table|"
    r"tbody|td|textarea|tfoot|th|thead|title|tr|ul|video|audio|iframe)(?=[\s/>])"
)
_OTHERS = r"(?!(?:script|style|span)[\s/>])[a-zA-Z][^\s/>]*"
_RENAMED = (
    (re.compile(f"<{_BLOCKS}", re.IGNORECASE), "\n<span"),
    (re.compile(f"</{_BLOCKS}", re.IGNORECASE), "\n</span"),
    (re.compile(f"<{_OTHERS}", re.IGNORECASE), "<span"),
    (re.compile(f"</{_OTHERS}", re.IGNORECASE), "</span"),
)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_UNSEEN = ["script", "style"]

# A reference that is still there after one decoding, in text that ought to have none: it was escaped twice.
_REFERENCE = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8}\d{0,2});")
# Text that is meant to be plain and is markup all the same: it closes an element or breaks a line.
_MARKUP = re.compile(
    r"</(?:a|abbr|b|big|cite|code|del|div|em|font|h[1-6]|i|ins|mark|p|q|s|small|span|strong|sub|sup|u)\s*>|<br\s*/?>",
    re.IGNORECASE,
)


def from_markup(markup: str) -> str:
    """Return the text of an HTML fragment: block elements end lines, inline ones do not even end words."""
    if "<" not in markup:
        return clean(html.unescape(markup) if "&" in markup else markup)
    markup = " ".join(_CDATA.sub("", markup).split())
    for tag, name in _RENAMED:
        markup = tag.sub(name, markup)
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - 2 MB that only whoever parses needs

    tree = LexborHTMLParser(markup.encode("utf-8", "ignore"))  # lone surrogates go
    tree.strip_tags(_UNSEEN)
    return clean(tree.root.text(deep=True) if tree.root else "")


def from_text(text: str) -> str:
    """Return text that its feed calls plain, freed of the markup and the second escaping that many put in all the same.

    `A <b> tag` stays what it is; `<b>Sh</b>oygu` becomes `Shoygu`, `&quot;Yes&quot;` becomes `"Yes"`.
    """
    return clean(decode_again(from_markup(text) if _MARKUP.search(text) else text))


def decode_again(text: str) -> str:
    """Decode references that were escaped twice: `AT&amp;amp;T` reaches us as `AT&amp;T`."""
    return html.unescape(text) if "&" in text and _REFERENCE.search(text) else text
