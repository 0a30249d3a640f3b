"""The page about the console names addresses that there are."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from monitor.config.console import DEFAULT_LISTEN
from monitor.console.api.endpoints import PREFIX
from monitor.console.api.service import Api
from monitor.console.pages import PAGES
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "console.md")
ENDPOINTS = {(each.method, each.path): each for each in Api(cast("Any", None), cast("Any", None)).endpoints}
(CALLS,) = (block.splitlines() for block in PAGE.blocks("sh"))


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_one(call: str) -> None:
    words = shlex.split(call)
    body = words[words.index("--json") + 1] if "--json" in words else None
    url = urlsplit(words[-1])
    assert url.netloc == DEFAULT_LISTEN
    endpoint = ENDPOINTS["POST" if body else "GET", url.path.removeprefix(PREFIX)]
    asked = endpoint.query.model_validate(dict(parse_qsl(url.query)))
    assert bool(asked.model_fields_set) != bool(body)
    if endpoint.body:
        assert endpoint.body.model_validate(json.loads(body or "")).model_fields_set


def test_every_page_is_one() -> None:
    named = re.findall(r"^\| (\w+(?: \w+)*) \|", PAGE.text, re.MULTILINE)[1:]
    assert named
    assert set(named) <= {name for _, name in PAGES}
