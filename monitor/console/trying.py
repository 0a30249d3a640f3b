"""The page on which a rule is tried: on a text, on stored entries, and over the days that are stored."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from textwrap import indent
from typing import Any, Final

from aiohttp import web

from monitor.console.backtests import DAYS, Backtests, Job
from monitor.console.bench import Bench, BusyError
from monitor.console.bench_ground import Asked
from monitor.console.desk import Desk
from monitor.console.pages import Pages
from monitor.document.patch import INDENT, entry_text, lines_of
from monitor.errors import MonitorError
from monitor.rules.written import find_written
from monitor.setup import Setup

SECONDS: Final = 3.0  # of CPU time that a trial may take
PATCH_SECONDS: Final = 15.0  # 10,000 rules in one file are read again, to see that the patch says what was wanted
LONGEST_RULE: Final = 100_000  # characters
LONGEST_TEXT: Final = 200_000
_ENTRY: Final = re.compile(r"[0-9a-f]{4,64}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
EXAMPLE: Final = "terms: [military talks, deconflict*]\nall: [Syria]\nnone: [football]\n"
EXAMPLE_TEXT: Final = "Military talks on Syria resume\nThe two sides speak again about deconfliction in the air."


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What somebody has typed."""

    rule: str = EXAMPLE
    spelling: str = "yaml"
    on: str = "text"
    text: str = EXAMPLE_TEXT
    entry: str = ""
    days: int = DAYS[0]
    name: str = "my-rule"

    @property
    def asked(self) -> Asked:
        """The rule."""
        return Asked(rule=self.rule, is_query=self.spelling == "query")


class _WrongError(Exception):
    """A form that cannot be taken."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        self.status = status
        super().__init__(why)


class Trying:
    """Its routes."""

    def __init__(self, desk: Desk, pages: Pages, tries: Bench, backtests: Backtests) -> None:
        self._desk = desk
        self._pages = pages
        self._tries = tries
        self._backtests = backtests

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/try", self._show),
            web.post("/try", self._try),
            web.post("/try/patch", self._patch),
            web.post("/try/backtests", self._begin_backtest),
            web.get("/try/backtests/{id}", self._show_backtest),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        """Show the form, with a rule of the files or a stored entry in it where the query string names one."""
        query = request.query
        form = Form()
        if rule_id := query.get("rule", ""):
            text = await asyncio.to_thread(rule_text, self._desk.setup, rule_id)
            if text is None:
                raise web.HTTPNotFound(text="there is no such rule")
            form = Form(rule=text, name=rule_id, on="latest")
        elif query.get("q"):
            form = Form(rule=query["q"][:LONGEST_RULE], spelling="query", on="latest")
        if entry := query.get("entry", "").lower():
            if not _ENTRY.fullmatch(entry):
                raise web.HTTPBadRequest(text="an entry's id has four or more of the digits 0-9 and a-f")
            form = Form(rule=form.rule, spelling=form.spelling, name=form.name, on="entry", entry=entry)
        return await self._answer(request, form)

    async def _try(self, request: web.Request) -> web.Response:
        try:
            form = await _read_form(request)
        except _WrongError as error:
            return self._refuse(request, Form(rule="", text=""), error.status, str(error))
        return await self._answer(request, form)

    async def _answer(self, request: web.Request, form: Form) -> web.Response:
        """Try it, and show what came out: the whole page, or for htmx the part."""
        try:
            result = await self._tried(form)
        except BusyError as error:
            return self._refuse(request, form, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        except MonitorError as error:
            return self._refuse(request, form, HTTPStatus.OK, str(error))
        return self._render(request, form, HTTPStatus.OK, result=result, refused="")

    async def _tried(self, form: Form) -> dict[str, Any] | None:
        if not form.rule.strip() or (form.on == "entry" and not form.entry):
            return None
        return await self._tries.do(
            "try",
            seconds=SECONDS,
            asked=form.asked,
            text=form.text,
            entry_id=form.entry if form.on == "entry" else "",
            latest=form.on == "latest",
            now=self._desk.clock(),
        )

    def _refuse(self, request: web.Request, form: Form, status: HTTPStatus, why: str) -> web.Response:
        return self._render(request, form, status, result=None, refused=why)

    def _render(self, request: web.Request, form: Form, status: HTTPStatus, **shown: Any) -> web.Response:
        if "HX-Request" in request.headers:
            return self._pages.part("try_result.html.j2", status=status, form=form, job=None, **shown)
        return self._pages.page(
            request, "try.html.j2", status=status, form=form, patch=None, job=None, days=DAYS, **shown
        )

    # -- patch ---------------------------------------------------------------------------------------------------------

    async def _patch(self, request: web.Request) -> web.Response:
        """Show what to write into which file."""
        form, patch, refused, status = Form(), None, "", HTTPStatus.OK
        try:
            form = await _read_form(request)
            patch = await self._tries.do("patch", seconds=PATCH_SECONDS, asked=form.asked, name=form.name)
        except _WrongError as error:
            refused, status = str(error), error.status
        except MonitorError as error:
            refused = str(error)
        if "HX-Request" in request.headers:
            return self._pages.part("try_patch.html.j2", status=status, patch=patch, refused=refused)
        return self._pages.page(
            request,
            "try.html.j2",
            status=status,
            form=form,
            patch=patch,
            job=None,
            days=DAYS,
            result=None,
            refused=refused,
        )

    # -- backtest ------------------------------------------------------------------------------------------------------

    async def _begin_backtest(self, request: web.Request) -> web.Response:
        try:
            form = await _read_form(request)
            job = self._backtests.begin(form.asked, form.days, self._desk.clock())
        except _WrongError as error:
            return self._refuse(request, Form(rule="", text=""), error.status, str(error))
        except BusyError as error:
            return self._refuse(request, form, HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if "HX-Request" in request.headers:
            return self._part_of(job)
        raise web.HTTPSeeOther(f"/try/backtests/{job.id}")

    async def _show_backtest(self, request: web.Request) -> web.Response:
        job = self._backtests.get(request.match_info["id"])
        if job is None:
            raise web.HTTPNotFound(text="this backtest is no longer kept: start it again")
        if "HX-Request" in request.headers:
            return self._part_of(job)
        form = Form(rule=job.asked.rule, spelling="query" if job.asked.is_query else "yaml", days=job.days)
        page = self._pages.page(
            request, "try.html.j2", form=form, job=job, patch=None, days=DAYS, result=None, refused="", **self._times()
        )
        if job.task is not None:
            page.headers["Refresh"] = "2"  # for a browser that runs no script
        return page

    def _part_of(self, job: Job) -> web.Response:
        return self._pages.part("backtest.html.j2", job=job, **self._times())

    def _times(self) -> dict[str, Any]:
        return {"now": self._desk.clock(), "zone": self._desk.setup.config.defaults.zone}


async def _read_form(request: web.Request) -> Form:
    """Read what was typed.

    Raises:
        _WrongError: it is too long, or says something that the form cannot say.
    """
    given = await request.post()
    said = {name: value for name, value in given.items() if isinstance(value, str)}
    rule, text = said.get("rule", ""), said.get("text", "")
    for what, longest, length in (("rule", LONGEST_RULE, len(rule)), ("text", LONGEST_TEXT, len(text))):
        if length > longest:
            message = f"a {what} of {length:,} characters: {longest:,} are the most that can be tried here"
            raise _WrongError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    spelling, on, days = said.get("spelling", "yaml"), said.get("on", "text"), said.get("days", str(DAYS[0]))
    entry, name = said.get("entry", "").strip().lower(), said.get("name", "").strip() or "my-rule"
    if spelling not in ("yaml", "query") or on not in ("text", "entry", "latest") or days not in map(str, DAYS):
        raise _WrongError(HTTPStatus.BAD_REQUEST, "this form says what none of ours can say")
    if on == "entry" and entry and not _ENTRY.fullmatch(entry):
        raise _WrongError(HTTPStatus.BAD_REQUEST, "an entry's id has four or more of the digits 0-9 and a-f")
    if not _NAME.fullmatch(name):
        raise _WrongError(HTTPStatus.BAD_REQUEST, "a rule's id has small letters, digits, `-` and `_`")
    lines = (part.replace("\r\n", "\n") for part in (rule, text))  # as browsers send them
    rule, text = lines
    return Form(rule=rule, spelling=spelling, on=on, text=text, entry=entry, days=int(days), name=name)


def rule_text(setup: Setup, rule_id: str) -> str | None:
    """Return a rule as it stands in its file, as a file of its own that says the same; None = there is none."""
    written = find_written(setup.config.documents, "rules").get(rule_id)
    if written is None:
        return None
    document = written.document
    own = f"rules:\n{indent(entry_text(document, 'rules', rule_id), INDENT)}"
    if document is setup.config.main or "defaults" not in document.value:
        return own
    return f"{_section(document.text, document.key_spans['defaults',].line)}{own}"


def _section(text: str, start: int) -> str:
    """Return the lines of a section at a file's top, from its first line to the next section."""
    lines = lines_of(text)
    end = next((at for at in range(start + 1, len(lines)) if lines[at][:1].strip(" #\n")), len(lines))
    return "".join(lines[start:end]).rstrip() + "\n"
