from __future__ import annotations

import asyncio
import contextlib
import io
import os
import termios
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TextIO

import pytest

from monitor.model import Accepted, Delivery, Excerpt, Message, Priority, Reason, Rejected, SendResult, Unknown
from monitor.notify.channel import ChannelContext
from monitor.notify.console import ConsoleNotifier, ConsoleSettings, layout

MakeDelivery = Callable[..., Delivery]
MakeContext = Callable[..., ChannelContext]
SETTINGS = ConsoleSettings.model_validate({"console": "true"})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def printed(context: ChannelContext, delivery: Delivery) -> str:
    stream = context.stream
    assert isinstance(stream, io.StringIO)
    assert await ConsoleNotifier(SETTINGS, context).send(delivery) == Accepted()
    return stream.getvalue()


async def test_hits_are_bold_on_a_terminal_and_starred_elsewhere(context: MakeContext, deliver: MakeDelivery) -> None:
    coloured = await printed(context(stream=Terminal()), deliver())
    plain = await printed(context(stream=io.StringIO()), deliver())
    bare = await printed(context(stream=Terminal(), env={"NO_COLOR": "1"}), deliver())
    assert "Sergei \x1b[1mShoygu\x1b[0m." in coloured
    assert "Sergei **Shoygu**." in plain
    assert "\x1b" not in plain
    assert bare == plain


async def test_nothing_in_an_entry_can_steer_the_terminal(latin: Message) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\r\n\u202eevil\x9b31m\ud800"
    message = Message(
        title=Excerpt(text=hostile, marks=((0, 3),)),
        url=f"https://example.org/{hostile}",
        feed=hostile,
        published=None,
        seen_at=latin.seen_at,
        language=hostile,
        priority=Priority.URGENT,
        reasons=(Reason(rule=hostile, title=hostile, found=((hostile, (hostile,)),)),),
        excerpts=(Excerpt(text=hostile, marks=((1, 4),)),),
    )
    text = layout(message, paint=False)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert len(text.splitlines()) == 5


async def test_a_stream_that_cannot_write_cyrillic_gets_escapes(
    context: MakeContext, deliver: MakeDelivery, russian: Message
) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert await ConsoleNotifier(SETTINGS, context(stream=stream)).send(deliver(russian)) == Accepted()
    assert b"\\u0428\\u043e\\u0439\\u0433\\u0443" in raw.getvalue()


async def test_a_closed_stream_is_surely_not_written(context: MakeContext, deliver: MakeDelivery) -> None:
    stream = io.StringIO()
    stream.close()
    result = await ConsoleNotifier(SETTINGS, context(stream=stream)).send(deliver())
    assert result == Rejected(reason="the standard output takes nothing: it is closed", retry=True)


async def test_a_broken_pipe_is_surely_not_written(context: MakeContext, deliver: MakeDelivery) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w", encoding="utf-8")
    result = await ConsoleNotifier(SETTINGS, context(stream=stream)).send(deliver())
    assert result == Rejected(reason="the standard output takes nothing: Broken pipe", retry=True)
    with pytest.raises(BrokenPipeError):
        stream.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """Give a pipe that is full: its reading end, and its writing end as a stream."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 65536)
    os.set_blocking(writer, True)
    stream = os.fdopen(writer, "w", encoding="utf-8")
    yield reader, stream
    os.close(reader)
    with contextlib.suppress(BrokenPipeError):
        stream.close()


async def drain(reader: int, task: asyncio.Task[SendResult]) -> str:
    """Read the pipe until a write has ended, and return what was printed."""
    os.set_blocking(reader, False)
    read = b""
    while True:
        try:
            read += os.read(reader, 65536)
        except BlockingIOError:
            if task.done():
                return read.decode().lstrip("x")
        await asyncio.sleep(0)


async def test_a_reader_that_pauses_gets_one_copy(
    context: MakeContext, deliver: MakeDelivery, russian: Message, pipe: tuple[int, TextIO]
) -> None:
    reader, stream = pipe
    notifier = ConsoleNotifier(SETTINGS, context(0.05, stream=stream))
    first, second = deliver(), deliver(russian, key="f" * 32)
    assert await notifier.send(first) == Unknown(reason="nobody reads the standard output")
    assert await notifier.look_up(first, first.created_at) == Unknown(reason="nobody reads the standard output")
    assert await notifier.send(first) == Unknown(reason="nobody reads the standard output")
    assert await notifier.send(second) == Rejected(
        reason="nobody reads the standard output: an earlier alert still waits", retry=True
    )
    seen = await drain(reader, notifier._writes[first.key])
    assert await notifier.send(second) == Accepted()
    assert await notifier.look_up(first, first.created_at) == Accepted()
    os.set_blocking(reader, False)
    seen += os.read(reader, 65536).decode()
    assert seen == layout(first.message, paint=False) + layout(russian, paint=False)
    await notifier.close()


async def test_closing_leaves_a_write_that_waits(
    context: MakeContext, deliver: MakeDelivery, pipe: tuple[int, TextIO]
) -> None:
    notifier = ConsoleNotifier(SETTINGS, context(0.05, stream=pipe[1]))
    await notifier.send(deliver())
    await notifier.close()
    (task,) = notifier._writes.values()
    await asyncio.wait({task})
    assert task.cancelled()


def test_neighbours_are_one_hit(latin: Message) -> None:
    title = Excerpt(text="习近平会谈", marks=((0, 3), (3, 5)))
    assert "**习近平会谈**" in layout(replace(latin, title=title), paint=False)


def test_long_lines_end_at_the_terminals_edge_and_keep_their_indent(latin: Message) -> None:
    link = "https://www.example.org/world/2015/sep/18/kerry?utm_source=rss&x=1"
    lines = layout(latin, paint=False, width=50).splitlines()
    assert all(len(line) <= 50 for line in lines if link not in line)
    assert lines[:3] == [
        "HIGH    Kerry says US ready for",
        "        military-to-military **talks** with Russia",
        "        The U.S. secretary of state said **talks**",
    ]
    assert [line for line in lines if link in line] == [f"        link  {link}"]


async def test_a_terminal_is_asked_how_wide_it_is(context: MakeContext, deliver: MakeDelivery) -> None:
    outside, inside = os.openpty()
    termios.tcsetwinsize(inside, (24, 60))
    with os.fdopen(inside, "w", encoding="utf-8") as stream:
        assert (
            await ConsoleNotifier(SETTINGS, context(stream=stream, env={"NO_COLOR": "1"})).send(deliver()) == Accepted()
        )
        told = os.read(outside, 65536).decode().replace("\r\n", "\n")
        termios.tcsetwinsize(inside, (24, 20))
        assert (
            await ConsoleNotifier(SETTINGS, context(stream=stream, env={"NO_COLOR": "1"})).send(deliver()) == Accepted()
        )
        narrow = os.read(outside, 65536).decode().replace("\r\n", "\n")
    os.close(outside)
    assert told == layout(deliver().message, paint=False, width=60)
    assert narrow == layout(deliver().message, paint=False)


async def test_printing_again_does_no_harm(context: MakeContext, deliver: MakeDelivery) -> None:
    result = await ConsoleNotifier(SETTINGS, context()).look_up(deliver(), deliver().created_at)
    assert isinstance(result, Rejected)
    assert result.retry
