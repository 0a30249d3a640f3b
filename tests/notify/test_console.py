from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable

import pytest

from monitor.model import Accepted, Delivery, Excerpt, Message, Priority, Reason, Rejected, Unknown
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


async def test_a_pipe_that_nobody_reads_holds_up_nothing(context: MakeContext, deliver: MakeDelivery) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):  # full
        while True:
            os.write(writer, b"x" * 65536)
    os.set_blocking(writer, True)
    stream = os.fdopen(writer, "w", encoding="utf-8")
    notifier = ConsoleNotifier(SETTINGS, context(0.2, stream=stream))
    assert await notifier.send(deliver()) == Unknown(reason="nobody reads the standard output")
    while b"guardian" not in os.read(reader, 65536):  # let the thread go
        pass
    stream.close()
    os.close(reader)


async def test_printing_again_does_no_harm(context: MakeContext, deliver: MakeDelivery) -> None:
    result = await ConsoleNotifier(SETTINGS, context()).look_up(deliver(), deliver().created_at)
    assert isinstance(result, Rejected)
    assert result.retry
