"""The parser's own work in this process: all but the process, which costs a test more than all the rest.

Tasks and answers go over the wire, so that what cannot be packed, or is not let in, is missed here as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.feeds.child import find_task
from monitor.feeds.small import parse_small
from monitor.feeds.wire import Answer, Task, pack, unpack_answer, unpack_task
from monitor.model import Feed, Page, ParsedFeed
from monitor.process import LENGTH


class ParserHere:
    """Parse as a child of `monitor.feeds.parser.ChildParser` does; satisfies `monitor.ports.Parser`."""

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        parsed: ParsedFeed = _do("parse", page=page, feed=feed, now=now)
        return parsed

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        return parse_small(page, feed, now)

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        holds: bool = _do("check", page=page, whole=whole, feed=feed, now=now)
        return holds

    async def extract(self, page: Page, url: str) -> str:
        text: str = _do("extract", page=page, url=url)
        return text

    async def close(self) -> None:
        pass


def _do(name: str, **arguments: Any) -> Any:
    task = unpack_task(pack(Task(name=name, arguments=arguments))[LENGTH.size :])
    answer = Answer(value=find_task(task.name)(**task.arguments))
    return unpack_answer(pack(answer)[LENGTH.size :]).value
