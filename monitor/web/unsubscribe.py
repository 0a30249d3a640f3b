"""The page behind a mail's link `Unsubscribe`, and the one click of mail programs (RFC 8058).

Looking at the page changes nothing: scanners follow each link of a mail. What changes something is a POST with the
words that RFC 8058 prescribes; the same one again changes nothing more. A link that we did not write is a 404.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

from monitor.web.body import read_body

LONGEST_FORM: Final = 4_000  # bytes
_FORM = re.compile(rb'(?:^|&)List-Unsubscribe=One-Click(?:&|$)|name="?List-Unsubscribe"?\r\n(?:.+\r\n)*\r\nOne-Click')
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_STYLE = (
    ":root{color-scheme:light dark}body{max-width:34rem;margin:12vh auto;padding:0 1rem;"
    "font:17px/1.5 -apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif}"
    "button{font:inherit;padding:.5rem 1rem;margin:.3rem 0;overflow-wrap:anywhere}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a link is about."""

    channel: str
    recipient: str  # "" = whoever opens the page says who he is
    choices: Mapping[str, str]  # tokens to recipients, of such a page
    left: bool  # whether he has left already


class Register(Protocol):
    """Whoever knows the links."""

    def find(self, token: str) -> Place | None:
        """Say what a link is about, None where it is none of ours; costs nothing."""
        ...

    async def leave(self, token: str) -> None:
        """Note that a recipient wants no more; once more changes nothing."""
        ...


class Exits:
    """The routes of all links."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        path = "/unsubscribe/{token:[0-9a-f]{40}}"
        return [web.get(path, self._show, allow_head=False), web.post(path, self._leave)]

    async def _show(self, request: web.Request) -> web.Response:
        place = self._place(request)
        if place.left:
            return _page(_done(place))
        if place.recipient:
            return _page(_question(place) + _button("", "Unsubscribe"))
        buttons = "".join(_button(token, recipient) for token, recipient in place.choices.items())
        return _page(f"<h1>Unsubscribe from “{escape(place.channel)}”</h1><p>Who wants no more of it?</p>{buttons}")

    async def _leave(self, request: web.Request) -> web.Response:
        place = self._place(request)
        if not _FORM.search(await read_body(request, most=LONGEST_FORM)) or not place.recipient:
            raise web.HTTPBadRequest
        await self._register.leave(request.match_info["token"])
        return _page(_done(place))

    def _place(self, request: web.Request) -> Place:
        place = self._register.find(request.match_info["token"])
        if place is None:
            raise web.HTTPNotFound
        return place


def _question(place: Place) -> str:
    who, what = escape(place.recipient), escape(place.channel)
    return f"<h1>Unsubscribe</h1><p>Send no more messages of “{what}” to {who}?</p>"


def _done(place: Place) -> str:
    who, what = escape(place.recipient), escape(place.channel)
    return (
        f"<h1>Done</h1><p>{who} gets no more messages of “{what}”.</p>"
        "<p>Was it a mistake? Whoever runs this monitor can undo it.</p>"
    )


def _button(token: str, text: str) -> str:
    return (
        f'<form method="post" action="{escape(token)}"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        f"<button>{escape(text)}</button></form>"
    )


def _page(body: str) -> web.Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Unsubscribe</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    return web.Response(status=HTTPStatus.OK, text=page, content_type="text/html", headers=_HEADERS)
