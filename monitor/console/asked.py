"""Read what a browser sends: a wrong value is named in a sentence, a long one is not looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from monitor.acts import Person
from monitor.console.guard import READER
from monitor.console.place import read_place
from monitor.ports import ToldPlace
from monitor.web.server import Handler

LONGEST: Final = 500  # characters of a value
LONGEST_FORM: Final = 100_000  # bytes
MOST: Final = 10**15
MAX_BODY: Final = 2_000_000  # bytes, of the longest text that can be tried, in most scripts
MOST_FIELDS: Final = 50  # of a form


@web.middleware
async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse forms that no browser sends for a page of ours; a form is taken apart in the daemon's own loop."""
    if request.content_type.startswith("multipart/"):
        raise web.HTTPUnsupportedMediaType(text="a form or JSON is expected here")
    if request.content_type == "application/x-www-form-urlencoded":
        sent = await request.read()
        if sent.count(b"&") >= MOST_FIELDS:
            raise web.HTTPBadRequest(text=f"a form of more than {MOST_FIELDS} fields is none of ours")
        if (request.charset or "utf-8").lower() != "utf-8" or not _is_utf8(sent):
            raise web.HTTPBadRequest(text="a form is expected in UTF-8")
    return await handler(request)


def _is_utf8(sent: bytes) -> bool:
    try:
        sent.decode()
    except UnicodeDecodeError:
        return False
    return True


def word(request: web.Request, name: str) -> str:
    """Return a value of the query string, "" = it is not given.

    Raises:
        HTTPBadRequest: it is too long.
    """
    return _checked(name, request.query.get(name, ""))


def number(request: web.Request, name: str) -> int | None:
    """Return a number of the query string, None = it is not given.

    Raises:
        HTTPBadRequest: it is none.
    """
    written = word(request, name)
    if not written:
        return None
    if not (written.isascii() and written.isdecimal()) or int(written) > MOST:
        raise web.HTTPBadRequest(text=f"`{name}` should be a number")
    return int(written)


def choice(request: web.Request, name: str, choices: Collection[str], default: str) -> str:
    """Return which of the choices is named.

    Raises:
        HTTPBadRequest: none of them.
    """
    written = word(request, name) or default
    if written not in choices:
        raise web.HTTPBadRequest(text=f"`{name}` should be one of {', '.join(choices)}")
    return written


def place(written: str) -> ToldPlace | None:
    """Read where a page before this one ended; "" = there was none.

    Raises:
        HTTPBadRequest: it is no such place.
    """
    try:
        return read_place(written)
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from None


async def form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form that was sent.

    Raises:
        HTTPBadRequest: it cannot be read, or one of them is too long.
        HTTPRequestEntityTooLarge: it is too long.
    """
    body = await request.read()  # `bounded` has read it
    if len(body) > LONGEST_FORM:
        raise web.HTTPRequestEntityTooLarge(max_size=LONGEST_FORM, actual_size=len(body))
    try:
        sent = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # no UTF-8, in which our pages are, or too many fields
        raise web.HTTPBadRequest(text="this form cannot be read") from None
    return {name: _checked(name, value) for name, value in sent}


def person(request: web.Request) -> Person:
    """Say who acts."""
    return Person(by=request[READER] or "console", via="console")


def _checked(name: str, value: str) -> str:
    if len(value) > LONGEST or "\0" in value:
        raise web.HTTPBadRequest(text=f"`{name[:50]}` is too long")
    return value.strip()
