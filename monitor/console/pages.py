"""Make pages of templates: whatever stands in them is escaped, and a name that is not there is an error."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from markupsafe import Markup, escape

from monitor import __version__
from monitor.account import verdict_in_words
from monitor.console.guard import has_session
from monitor.console.unwritten import Unwritten
from monitor.files import Mistakes
from monitor.model import DeliveryState, Excerpt
from monitor.notify.excerpts import Piece, cut, pieces, safe_link
from monitor.ports import Attention
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:
    from jinja2 import Environment

PAGES: Final = (  # path, name: in the order of the navigation
    ("/alerts", "Alerts"),
    ("/try", "Try a rule"),
    ("/rules", "Rules"),
    ("/feeds", "Feeds"),
    ("/outbox", "Outbox"),
    ("/mutes", "Mutes"),
)
PER_PAGE: Final = 50
MOST_OFFERED: Final = 300  # names in a list to choose from: a field without a list takes any
_CODE = re.compile(r"`([^`]+)`")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)
STATES: Final = {  # of a message, in a word
    DeliveryState.NEW: "owed",
    DeliveryState.SENDING: "in doubt",
    DeliveryState.SENT: "delivered",
    DeliveryState.DEAD: "set aside",
    DeliveryState.SKIPPED: "not sent",
    DeliveryState.HELD: "held",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a form, in a sentence."""

    text: str
    done: bool = True  # False = nothing was, and the sentence says why


SAID: Final = web.RequestKey("said", Said)  # what came of the form before this page
ATTENTION: Final = web.RequestKey("attention", Attention)  # what somebody should look at
NOT_LOADED: Final = web.RequestKey("not_loaded", Mistakes)  # why the files are not used as they are now


class Pages:
    """All templates; `zone` is where times of day are told."""

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - 2 MB until somebody reads

        templates = Environment(
            loader=PackageLoader("monitor.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        templates.globals.update(pages=PAGES, version=__version__, states=STATES)
        templates.filters.update(
            ago=ago,
            moment=moment,
            iso=iso,
            short=short,
            link=safe_link,
            pieces=marked,
            language=language,
            verdict=verdict_in_words,
            coded=coded,
        )
        return templates

    def page(
        self, request: web.Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **context: Any
    ) -> Unwritten:
        """Return a whole page."""
        shell = {
            "here": request.path,
            "attention": request.get(ATTENTION),
            "not_loaded": request.get(NOT_LOADED),
            "said": request.get(SAID),
            "has_session": has_session(request),
        }
        return self.part(template, status=status, **shell, **context)

    def part(self, template: str, *, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> Unwritten:
        """Return a part of a page."""
        return Unwritten(lambda: self.text(template, **context), status=status, content_type="text/html")

    def text(self, template: str, **context: Any) -> str:
        """Return what a template makes of this."""
        return self._templates.get_template(template).render(**context)


def see_other(location: str) -> web.Response:
    """Send a browser on, after what it has changed."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})


def offered(names: Collection[str]) -> list[str]:
    """Return names to choose from, none where there are too many for a list."""
    return sorted(names) if len(names) <= MOST_OFFERED else []


def ago(then: datetime | None, now: datetime) -> str:
    """Say how long ago something was, in one unit: `5 min ago`; or how far ahead, rounded up."""
    if then is None:
        return "never"
    seconds = int((now - then) / timedelta(seconds=1))
    ahead, seconds = seconds < 0, abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"in {-(-seconds // length)} {unit}" if ahead else f"{seconds // length} {unit} ago"
    return "now"


def moment(then: datetime | None, zone: str = "UTC") -> str:
    """Write a time as it is told in a zone: `2026-11-22 14:05`."""
    return then.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if then else ""


def iso(then: datetime) -> str:
    """Write a time for programs."""
    return then.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short(text: str, width: int = 160) -> str:
    """Write a text in one line, cut where it is longer."""
    return shorten(one_line(text), width)


def coded(text: str) -> Markup:
    """Show what stands between backticks as code, without them; words in Arabic do not turn the line around."""
    return Markup(_CODE.sub(r"<code><bdi>\1</bdi></code>", str(escape(text))))  # noqa: S704 - escaped before


def marked(excerpt: Excerpt, width: int = 300) -> list[Piece]:
    """Split a text of a feed into pieces that are, or are not, words watched for."""
    return pieces(cut(excerpt, limit=width, marks=30))


def language(code: str) -> str:
    """Return a feed's language as HTML takes it, "" where it is none."""
    return code if _LANGUAGE.fullmatch(code) else ""
