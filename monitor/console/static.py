"""Serve our style sheet and script, and those that are vendored; nothing else of the disk."""

from __future__ import annotations

from functools import partial
from importlib.resources import files

import xxhash
from aiohttp import web

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static_routes() -> list[web.RouteDef]:
    """Read every file once, and return a route to each."""
    folder = files("monitor.console") / "static"
    found = [*folder.iterdir(), *(folder / "vendor").iterdir()]
    routes = []
    for file in found:
        kind = next((kind for suffix, kind in _TYPES.items() if file.name.endswith(suffix)), None)
        if kind is not None:
            body = file.read_bytes()
            answer = partial(_answer, body=body, kind=kind, tag=f'"{xxhash.xxh3_64_hexdigest(body)}"')
            routes.append(web.get(f"/static/{file.name}", answer))
    return routes


async def _answer(request: web.Request, *, body: bytes, kind: str, tag: str) -> web.Response:
    headers = {"ETag": tag, "Cache-Control": "no-cache"}  # asked for each time, and mostly not sent again
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
