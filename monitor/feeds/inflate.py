"""Undo a response's content codings under a cap on the decoded size.

aiohttp would do it as well, but takes a gzip stream that ends too early for whole, and in the versions we allow decodes
one chunk of a bomb without limit.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable

import brotli

from monitor.errors import Cause, FetchError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"

_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15  # zlib's wbits for the three wrappings
_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZSTD_OPTIONS = {
    int(zstd.DecompressionParameter.window_log_max): 23
}  # 8 MB: what a content coding may ask for (RFC 9659)
_MAX_CODINGS = 3
_MAX_MEMBERS = 16  # streams one after the other; each one more copies what is left
_BROTLI_STEP = 1 << 20


class TooLargeError(Exception):
    """The decoded body is larger than it may be."""


def inflate(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Return the body without its codings, undone from the last applied to the first (RFC 9110, 8.4).

    Raises:
        TooLargeError: some stage is larger than `limit` bytes; little more than that is ever held.
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
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise FetchError(Cause.BROKEN, f"the {coding} body is corrupt") from error
    return body


Member = Callable[[bytes, int], tuple[bytes, bytes]]  # decode one stream, up to a limit: it, and what follows it


def _members(body: bytes, limit: int, member: Member, magic: bytes) -> bytes:
    """Decode streams that stand one after the other; what is no further stream is padding."""
    parts: list[bytes] = []
    for _ in range(_MAX_MEMBERS):
        part, body = member(body, limit - sum(map(len, parts)))
        parts.append(part)
        if not body.startswith(magic):
            return b"".join(parts)
    raise FetchError(Cause.BROKEN, f"more than {_MAX_MEMBERS} compressed streams in one body")


def _gunzip(body: bytes, limit: int) -> bytes:
    return _members(body, limit, lambda rest, left: _undo_zlib(rest, left, _GZIP_BITS), _GZIP_MAGIC)


def _unzstd(body: bytes, limit: int) -> bytes:
    return _members(body, limit, _undo_zstd, _ZSTD_MAGIC)


def _undeflate(body: bytes, limit: int) -> bytes:
    # Both the zlib format, as the standard says, and raw deflate, as some servers send it.
    is_zlib = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0
    return _undo_zlib(body, limit, _ZLIB_BITS if is_zlib else _RAW_BITS)[0]


def _undo_zlib(body: bytes, limit: int, bits: int) -> tuple[bytes, bytes]:
    stream = zlib.decompressobj(wbits=bits)
    return _whole(stream.decompress(body, limit + 1), limit, ended=stream.eof), stream.unused_data


def _undo_zstd(body: bytes, limit: int) -> tuple[bytes, bytes]:
    stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
    decoded = _whole(stream.decompress(body, limit + 1), limit, ended=stream.eof)
    return decoded, stream.unused_data


def _unbrotli(body: bytes, limit: int) -> bytes:
    stream, parts, size = brotli.Decompressor(), [], 0
    while size <= limit:  # a step may give somewhat more than it was asked for
        part = stream.process(body, output_buffer_limit=_BROTLI_STEP)
        parts.append(part)
        size, body = size + len(part), b""
        if stream.is_finished() or (not part and stream.can_accept_more_data()):
            break
    return _whole(b"".join(parts), limit, ended=stream.is_finished())


def _whole(decoded: bytes, limit: int, *, ended: bool) -> bytes:
    if len(decoded) > limit:
        raise TooLargeError
    if not ended:
        raise FetchError(Cause.DISCONNECTED, "the compressed body ends too early")
    return decoded


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
