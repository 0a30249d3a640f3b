"""Refuse in the look of the console where a browser asks, and in one line where a program does."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from monitor.commands import sentence
from monitor.console.api.endpoints import PREFIX, problem
from monitor.console.guard import READER, guarded
from monitor.console.pages import Pages

WHY: Final = {
    HTTPStatus.BAD_REQUEST: "This cannot be read.",
    HTTPStatus.UNAUTHORIZED: "Log in to read this.",
    HTTPStatus.FORBIDDEN: "You may not do that.",
    HTTPStatus.NOT_FOUND: "There is no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "That cannot be done to this page.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is too much for one request.",
    HTTPStatus.MISDIRECTED_REQUEST: "This is not a name of this console.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much of this came from there: try again in a while.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "That failed in the monitor itself, which has logged why: please report it.",
    HTTPStatus.SERVICE_UNAVAILABLE: "That cannot be answered now: try again in a minute.",
}
TITLES: Final = {
    HTTPStatus.BAD_REQUEST: "That cannot be read",
    HTTPStatus.UNAUTHORIZED: "Log in first",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Nothing is here",
    HTTPStatus.CONFLICT: "Somebody was quicker",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is too much",
    HTTPStatus.MISDIRECTED_REQUEST: "Not a name of this console",
    HTTPStatus.INTERNAL_SERVER_ERROR: "That failed",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now",
}


class Refusals:
    """Answers to what is refused; see `monitor.web.server.Refuse`."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def __call__(self, request: web.Request, status: HTTPStatus, why: str, headers: Mapping[str, str]) -> web.Response:
        """Make one."""
        why = why.strip() or WHY.get(status, status.phrase)
        if request.path.startswith(f"{PREFIX}/"):
            answer = problem(status, why)
        elif "HX-Request" in request.headers:
            answer = self._pages.part("refused_part.html.j2", status=status, why=sentence(why)).written()
        elif "text/html" in request.headers.get("Accept", ""):
            known = request.get(READER) is not None
            answer = self._pages.page(
                request,
                "refused.html.j2",
                refused=status,
                title=TITLES.get(status, status.phrase),
                why=sentence(why),
                known=known,
                again=request.method == "GET" and status >= HTTPStatus.INTERNAL_SERVER_ERROR,
            ).written()
        else:
            answer = web.Response(text=f"{status.value} {status.phrase}: {why}\n")
        answer.set_status(status)
        answer.headers.update(headers)
        return guarded(answer)
