"""Recognise that somebody in between keeps programs out, by the header or the mark in the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from yarl import URL

_REFUSALS = frozenset((401, 403, 405, 406, 429, 503))
# who, the header, and what its value begins with; any status
_MARKS = (
    ("Cloudflare", "cf-mitigated", "challenge"),
    ("AWS WAF", "x-amzn-waf-action", ""),
)
# the same, where the answer is a refusal: the header alone says only who stands there
_REFUSING_MARKS = (
    ("DataDome", "x-datadome", ""),
    ("DataDome", "x-dd-b", ""),
    ("Akamai", "server", "akamaighost"),
    ("Imperva", "x-iinfo", ""),
    ("Sucuri", "x-sucuri-block", ""),
)
_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform/|_cf_chl_opt|cf-browser-verification"
    rb"|<title>(?:Just a moment|Attention Required! \|)",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(?:^|/)(?:log[-_]?in|sign[-_]?in|sso|auth|authenticate|wp-login)(?:[/.]|$)", re.IGNORECASE)
PAGE_HEAD = 16_384  # bytes of a refusal's page that are looked at


def has_page_to_read(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether only the page can tell: Cloudflare serves most of the sites that it does not protect."""
    return status in _REFUSALS and headers.get("Server", "").lower().startswith("cloudflare")


def who_blocks(status: int, headers: Mapping[str, str], page: bytes = b"") -> str:
    """Say who keeps us out, and what shows it, e.g. "Cloudflare (cf-mitigated: challenge)"; "" = nobody does."""
    marks = _MARKS + (_REFUSING_MARKS if status in _REFUSALS else ())
    for who, header, begins in marks:
        value = headers.get(header)
        if value is not None and value.lower().startswith(begins):
            return f"{who} ({header}: {begins})" if begins else f"{who} ({header})"
    if has_page_to_read(status, headers) and _CHALLENGE.search(page):
        return "Cloudflare (server: cloudflare, and its challenge page)"
    return ""


def is_login_page(url: URL, status: int, content_type: str) -> bool:
    """Say whether a redirect has ended at a page for people to log in."""
    return status == HTTPStatus.OK and "html" in content_type.lower() and _LOGIN.search(url.path) is not None
