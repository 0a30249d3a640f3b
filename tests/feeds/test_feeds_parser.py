"""The processes that parse: what a document may cost, what it may break, and what is said about it."""

from __future__ import annotations

import asyncio
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from monitor.errors import Cause, ParseError
from monitor.feeds.parse import parse_page
from monitor.feeds.parser import ChildParser
from monitor.feeds.wire import Answer, pack, unpack_answer
from monitor.model import Feed, Page
from monitor.secret import Secret

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FEED = Feed(name="wire", url="https://wire.example/rss")
PAGE = Page(
    body="<rss version='2.0'><channel><title>Wire</title><item><title>Шойгу</title><guid>1</guid>"
    "<pubDate>Sun, 01 Mar 2026 11:00:00 GMT</pubDate></item></channel></rss>".encode()
)


class Hostile:
    """A document that makes the child do something: what it does when it is read there."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self._reduced = call, arguments

    def __reduce__(self) -> Any:
        return self._reduced


def hostile(call: Any, *arguments: Any) -> Page:
    return cast("Page", Hostile(call, *arguments))


@pytest.fixture
async def parser() -> AsyncIterator[ChildParser]:
    opened = ChildParser(processes=1, deadline=timedelta(seconds=30))
    yield opened
    await opened.close()


async def fails(parser: ChildParser, page: Page, feed: Feed = FEED) -> ParseError:
    with pytest.raises(ParseError) as caught:
        await parser.parse(page, feed, NOW)
    return caught.value


async def test_the_same_comes_out_as_in_this_process(parser: ChildParser) -> None:
    parsed = await parser.parse(PAGE, FEED, NOW)
    assert parsed == parse_page(PAGE, FEED, NOW)
    assert [entry.title for entry in parsed.entries] == ["Шойгу"]
    assert await parser.shortcut_holds(PAGE, parsed, FEED, NOW)


async def test_a_small_page_needs_no_process(parser: ChildParser) -> None:
    assert parser.parse_small(PAGE, FEED, NOW) == parse_page(PAGE, FEED, NOW)
    assert parser.pids == ()


async def test_what_is_no_feed_says_so(parser: ChildParser) -> None:
    error = await fails(parser, Page(body=b"<html><title>Home</title></html>"))
    assert error.cause is Cause.NOT_A_FEED
    assert "Home" in error.detail


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (hostile(exec, "while True: pass"), "parsing took more than 2 s of CPU time"),
        (hostile(bytearray, 1 << 32), "parsing needed more than 512 MB"),
        (hostile(eval, "'x' * (1 << 28) + chr(0x1F600)"), "parsing needed more than 512 MB"),
        (hostile(os.abort), "the parser crashed (signal 6)"),
        (hostile(os._exit, 3), "the parser ended (exit code 3)"),
        (hostile(os.write, 0, b"\0\0\0\1?"), "the parser gave no answer that can be read"),
    ],
    ids=["time", "memory", "memory of text", "crash", "exit", "garbage"],
)
async def test_a_document_that_breaks_the_parser_is_named_and_the_next_one_is_parsed(
    parser: ChildParser, page: Page, words: str
) -> None:
    results = await asyncio.gather(
        *(parser.parse(each, FEED, NOW) for each in (PAGE, page, PAGE)), return_exceptions=True
    )
    error = results[1]
    assert isinstance(error, ParseError)
    assert error.cause is Cause.PARSER
    assert words in error.detail
    assert results[0] == results[2] == parse_page(PAGE, FEED, NOW)


async def test_one_that_does_nothing_ends_at_the_deadline() -> None:
    parser = ChildParser(processes=1, deadline=timedelta(milliseconds=200))
    assert (await fails(parser, hostile(time.sleep, 60))).detail == "parsing took more than 0.2 s"
    await parser.close()


async def test_what_nobody_foresaw_is_this_documents_failure(parser: ChildParser) -> None:
    error = await fails(parser, hostile(print, "to standard output, where nobody reads it"))
    assert error.cause is Cause.BROKEN
    assert error.detail == "processing it failed: AttributeError"


async def test_who_gives_up_leaves_nothing_behind_for_the_next(parser: ChildParser) -> None:
    await parser.parse(PAGE, FEED, NOW)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await parser.parse(hostile(time.sleep, 60), FEED, NOW)
    assert await parser.parse(PAGE, FEED, NOW) == parse_page(PAGE, FEED, NOW)


async def test_a_process_that_dies_while_it_waits_is_replaced(parser: ChildParser) -> None:
    await parser.parse(PAGE, FEED, NOW)
    process = parser._idle[0].process
    process.kill()
    await asyncio.to_thread(process.wait)
    assert await parser.parse(PAGE, FEED, NOW) == parse_page(PAGE, FEED, NOW)
    assert parser._idle[0].process.pid != process.pid


async def test_a_process_is_kept_and_replaced_when_it_has_grown_fat(parser: ChildParser) -> None:
    await parser.parse(PAGE, FEED, NOW)
    first = parser._idle[0].process.pid
    await parser.parse(PAGE, FEED, NOW)
    assert parser._idle[0].process.pid == first
    await fails(parser, hostile(eval, "len(b'x' * 250_000_000)"))  # given back
    assert parser._idle[0].process.pid == first
    await fails(parser, hostile(eval, "__builtins__.setdefault('hoard', b'x' * 250_000_000)[:9]"))
    assert parser._idle == []


async def test_signals_for_the_daemon_are_not_for_its_children(parser: ChildParser) -> None:
    await parser.parse(PAGE, FEED, NOW)
    process = parser._idle[0].process
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    await parser.parse(PAGE, FEED, NOW)
    assert parser._idle[0].process.pid == process.pid


async def test_two_work_at_once() -> None:
    parser = ChildParser(processes=2)
    await asyncio.gather(*(parser.parse(PAGE, FEED, NOW) for _ in range(9)))
    assert len(parser._idle) == 2
    await parser.close()
    assert parser._idle == []


async def test_large_pages_leave_a_process_to_the_others() -> None:
    parser = ChildParser(processes=2)
    large = replace(FEED, tags=("x" * 600_000,))
    hanging = [asyncio.create_task(parser.parse(hostile(select.select, [], [], [], 60), large, NOW)) for _ in range(3)]
    await asyncio.sleep(0)
    assert (await parser.parse(PAGE, FEED, NOW)).title == "Wire"
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.wait(hanging)
    await parser.close()


async def test_no_secret_reaches_the_child(parser: ChildParser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASS_KEY", "hunter2")
    feed = Feed(name="wire", url="https://wire.example/rss", headers=(("Authorization", Secret("hunter2")),))
    await parser.parse(PAGE, feed, NOW)  # a Secret cannot even be pickled
    error = await fails(parser, hostile(eval, "__import__('os').environ['TASS_KEY']"))
    assert error.detail == "processing it failed: KeyError"


async def test_a_parser_that_cannot_start_is_named() -> None:
    error = await fails(ChildParser(python="/nowhere/python"), PAGE)
    assert error.detail == "the parser cannot be started: No such file or directory"


_PARENT = """
import asyncio, sys
from datetime import datetime, UTC
from monitor.feeds.parser import ChildParser
from monitor.model import Feed, Page

async def main():
    parser = ChildParser()
    page = Page(body=b"<rss version='2.0'><channel><title>Wire</title></channel></rss>")
    await parser.parse(page, Feed(name="wire", url="https://wire.example/rss"), datetime.now(UTC))
    print(parser._idle[0].process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_child_dies_with_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        readable, _, _ = select.select([child], [], [], 20)  # a pidfd is readable when its process has ended
        os.close(child)
    assert readable


@pytest.mark.parametrize("value", [print, os.system, object(), [subprocess.Popen]])
def test_an_answer_is_made_of_nouns_alone(value: object) -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"is no part of an answer"):
        unpack_answer(pickle.dumps(Answer(value=value)))


@pytest.mark.parametrize("content", [b"", b"?", pickle.dumps("done")])
def test_what_is_no_answer_is_refused(content: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError):
        unpack_answer(content)


def test_an_answer_comes_through() -> None:
    answer = Answer(value=parse_page(PAGE, FEED, NOW))
    assert unpack_answer(pack(answer)[4:]) == answer


def test_the_child_imports_nothing_that_speaks_to_the_network() -> None:
    program = "import sys, monitor.feeds.child as child; child.find_task('parse'); print('aiohttp' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
