"""Titles from people who mean no good, and a reader that says what became of them in a page."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

TITLES = (
    "Shoygu <script>alert(1)</script>",
    "Shoygu <img src=x onerror=alert(1)>",
    'Shoygu "><svg onload=alert(1)>',
    "Shoygu ' autofocus onfocus=alert(1) x='",
    "Shoygu </a></h2></li></ol></main><iframe src=javascript:alert(1)>",
    "Shoygu {{ 7 * 7 }} {% raw %} ${7*7} <%= 7*7 %>",
    "Shoygu &lt;script&gt;alert(1)&lt;/script&gt;",
    "Shoygu <!-- <style>*{display:none}</style>",
    "Shoygu <base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    "Shoygu \u202egnp.exe\u2066 \U0001f600 \x7f",
    "Shoygu <form action=//evil.example><button>Log in</button></form>",
    "Shoygu <a hx-get=/alerts hx-trigger=load data-chart='[[]]' data-live=//evil.example>x</a>",
)
LINKS = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://evil.example/"onmouseover=alert(1)',
)


class Reader(HTMLParser):
    """Collect what a browser would act on."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.schemes: set[str] = set()
        self.actions: set[str] = set()
        self.asking: set[str] = set()  # values of attributes by which scripts of ours ask
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            written = value or ""
            if name.startswith("on") or name == "style":
                self.handlers.append(f"{tag} {name}")
            if name in ("href", "src"):
                self.schemes.add(urlsplit(written).scheme)
            if name == "action":
                self.actions.add(urlsplit(written).netloc)
            if name in ("hx-get", "hx-post", "data-live"):
                self.asking.add(urlsplit(written).netloc)
            if tag == "script" and name == "src":
                self.scripts.append(written)

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_harmless(page: str) -> Reader:
    """Check that nothing in a page acts but what we have put there; return what it says."""
    read = Reader(page)
    assert not {"iframe", "svg", "style", "base", "object", "embed"} & set(read.tags)
    assert read.handlers == []
    assert read.schemes <= {"", "http", "https"}
    assert read.actions | read.asking <= {""}
    assert all(each.startswith("/static/") for each in read.scripts)
    assert read.tags.count("script") == len(read.scripts)
    return read
