"""One endpoint: what it takes and answers with; checked on the way in, written as JSON on the way out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ValidationError

from monitor.console.api.requests import Nothing
from monitor.console.api.shapes import Problem
from monitor.console.unwritten import Unwritten
from monitor.document import explain
from monitor.errors import NotFoundError, StoreUnavailableError, UserError
from monitor.web.body import read_body

PREFIX: Final = "/api/v1"
MOST_BODY: Final = 100_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose parts have been checked."""

    request: web.Request
    query: Any  # of the endpoint's `query`
    body: Any  # of the endpoint's `body`

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the place of `{name}` in the path."""
        return self.request.match_info


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that a program can ask for, or have done."""

    method: str
    path: str  # below PREFIX; `{name}` is a part of it
    summary: str
    answer: type[BaseModel]
    act: Callable[[Call], Awaitable[BaseModel]]
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None

    def route(self) -> web.RouteDef:
        """Return what to add to a router."""
        return web.route(self.method, PREFIX + self.path, self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        headers = None
        try:
            answer = await self._answer(request)
        except NotFoundError as error:
            status, detail = HTTPStatus.NOT_FOUND, str(error)
        except (UserError, ValueError) as error:
            status, detail = HTTPStatus.BAD_REQUEST, str(error)
        except StoreUnavailableError:
            status, detail = HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be reached now"
            headers = {"Retry-After": "10"}
        except web.HTTPException as refused:
            status, detail = HTTPStatus(refused.status), refused.reason
        else:
            return Unwritten(answer.model_dump_json, content_type="application/json")
        return problem(status, detail, headers)

    async def _answer(self, request: web.Request) -> BaseModel:
        query = _checked(self.query, _single(request))
        body = await self._read(request) if self.body else None
        return await self.act(Call(request=request, query=query, body=body))

    async def _read(self, request: web.Request) -> BaseModel:
        if self.body is None:
            raise ValueError("nothing is taken here")
        if request.content_type != "application/json":  # a form of another site cannot be sent as that
            raise web.HTTPUnsupportedMediaType(reason="send JSON: Content-Type: application/json")
        text = await read_body(request, most=MOST_BODY)
        try:
            said = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"this is no JSON: {error}") from None
        except RecursionError:
            raise ValueError("this is nested too deeply") from None
        return _checked(self.body, said)


def problem(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Say what is wrong (RFC 9457)."""
    body = Problem(title=status.phrase, status=status, detail=detail[:500])
    return web.Response(
        status=status, text=body.model_dump_json(), content_type="application/problem+json", headers=headers
    )


def _single(request: web.Request) -> dict[str, str]:
    """Return the query string; a name that stands there twice is an error.

    Raises:
        ValueError: one does.
    """
    query = request.query
    if len(set(query)) != len(query):
        raise ValueError("a parameter is given twice")
    return dict(query)


def _checked(model: type[BaseModel], given: object) -> BaseModel:
    """Check what was given.

    Raises:
        UserError: it is not as it should be.
    """
    try:
        return model.model_validate(given)
    except ValidationError as failed:
        raise UserError(explain(failed, model)) from None
