"""Read what a browser sends: a wrong value is named in a sentence, a long one is not looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from monitor.acts import Person
from monitor.console.guard import READER
from monitor.web.body import read_body

LONGEST: Final = 500  # characters of a value
LONGEST_FORM: Final = 100_000  # bytes
MOST_FIELDS: Final = 100
MOST: Final = 10**15


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


async def form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form that was sent.

    Raises:
        HTTPBadRequest: it cannot be read, or one of them is too long.
        HTTPRequestEntityTooLarge: it is too long.
    """
    return {name: _checked(name, value) for name, value in (await fields(request, most=LONGEST_FORM)).items()}


async def fields(request: web.Request, *, most: int) -> dict[str, str]:
    """Return the fields of a form as they are; `most` is how many bytes it may have.

    Raises:
        HTTPBadRequest: it cannot be read.
        HTTPRequestEntityTooLarge: it is too long.
    """
    if request.content_type == "multipart/form-data":  # of files; our pages send none
        raise web.HTTPBadRequest(text="send a form without files")
    body = await read_body(request, most=most)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:  # no UTF-8, in which our pages are, or too many fields
        raise web.HTTPBadRequest(text="this form cannot be read") from None


def person(request: web.Request) -> Person:
    """Say who acts."""
    return Person(by=request[READER] or "console", via="console")


def _checked(name: str, value: str) -> str:
    if len(value) > LONGEST or "\0" in value:
        raise web.HTTPBadRequest(text=f"`{name[:50]}` is too long")
    return value.strip()
