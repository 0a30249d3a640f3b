"""Read what somebody sends, up to a limit."""

from __future__ import annotations

from aiohttp import web


async def read_body(request: web.Request, *, most: int) -> bytes:
    """Return the whole body of a request, however many pieces it comes in; the connection has its own deadline.

    Raises:
        HTTPRequestEntityTooLarge: it has more than `most` bytes.
    """
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(body))
    return bytes(body)
