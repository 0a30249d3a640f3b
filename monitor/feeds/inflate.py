"""Undo a response's content codings under a cap on the decoded size.

aiohttp would do it as well, but takes a gzip stream that ends too early for whole, and in the versions we allow decodes
one chunk of a bomb without limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from monitor.errors import Cause, FetchError

ACCEPTED = "gzip, deflate"  # more codings go here and into _DECODERS

_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15  # zlib's wbits for the three wrappings
_MAX_CODINGS = 3
_MAX_MEMBERS = 16  # gzip files one after the other; each one more copies what is left


class TooLargeError(Exception):
    """The decoded body is larger than it may be."""


def inflate(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Return the body without its codings, undone from the last applied to the first (RFC 9110, 8.4).

    Raises:
        TooLargeError: some stage is larger than `limit` bytes; never more than that is held.
        FetchError: the stream is cut, corrupt, or in a coding we did not ask for.
    """
    codings = [name for name in content_encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
    if len(codings) > _MAX_CODINGS:
        raise FetchError(Cause.BROKEN, f"{len(codings)} content codings on top of each other")
    for coding in reversed(codings):
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise FetchError(Cause.BROKEN, f"content coding “{coding[:20]}”, which was not asked for")
        try:
            body = decoder(body, limit) if body else body
        except zlib.error as error:
            raise FetchError(Cause.BROKEN, f"the {coding} body is corrupt") from error
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    for _ in range(_MAX_MEMBERS):
        part, body = _member(body, limit - sum(map(len, parts)), _GZIP_BITS)
        parts.append(part)
        if not body.startswith(b"\x1f\x8b"):  # the end, or padding
            return b"".join(parts)
    raise FetchError(Cause.BROKEN, f"more than {_MAX_MEMBERS} gzip streams in one body")


def _undeflate(body: bytes, limit: int) -> bytes:
    # Both the zlib format, as the standard says, and raw deflate, as some servers send it.
    is_zlib = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0
    return _member(body, limit, _ZLIB_BITS if is_zlib else _RAW_BITS)[0]


def _member(body: bytes, limit: int, bits: int) -> tuple[bytes, bytes]:
    """Return one decoded stream, and what follows it."""
    stream = zlib.decompressobj(wbits=bits)
    decoded = stream.decompress(body, limit + 1)
    if len(decoded) > limit:
        raise TooLargeError
    if not stream.eof:
        raise FetchError(Cause.DISCONNECTED, "the compressed body ends too early")
    return decoded, stream.unused_data


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _undeflate}
