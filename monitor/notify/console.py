"""Print alerts where the daemon was started."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta
from typing import Annotated, Any, TextIO

from pydantic import BeforeValidator, Field

from monitor.model import (
    Accepted,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    Message,
    Parent,
    Priority,
    Rejected,
    SendResult,
    Unknown,
)
from monitor.notify import digests
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.excerpts import cut, pieces, safe_link
from monitor.notify.policy import ChannelSettings
from monitor.notify.wording import coverage_line, heading, lead, origin, reason_lines, reasons_left_out
from monitor.text.cells import wrap

UNREAD = "nobody reads the standard output"
_INDENT = "        "
_LABEL = "      "  # of the lines behind an alert: why, from, link
_NARROWEST = 40  # columns; what is narrower is no place to read in
_COLOURS = {Priority.LOW: "2", Priority.NORMAL: "36", Priority.HIGH: "33", Priority.URGENT: "1;31"}  # ECMA-48, SGR
_BOLD, _DIM = "1", "2"


def _true(value: Any) -> bool:
    if str(value).lower() == "true":
        return True
    raise ValueError("write `console: true`, or leave the channel out")


class ConsoleSettings(ChannelSettings):
    """`{console: true}`."""

    console: Annotated[bool, BeforeValidator(_true)] = Field()
    """`true`: alerts on standard output, in colour on a terminal, with hits between `**` elsewhere. Example: `true`."""


class ConsoleNotifier:
    """Write each alert to a stream; in colour on a terminal, unless NO_COLOR is set (https://no-color.org).

    A reader that pauses holds a write up for as long as it likes. Meanwhile nothing else is written, and whoever asks
    for that alert again waits for the same write: it is printed once, however often it is tried.
    """

    pace = timedelta(0)
    guarantee = "at least once: after a crash in the middle of printing, the alert is printed again"

    def __init__(self, settings: ConsoleSettings, context: ChannelContext) -> None:  # noqa: ARG002 - as all kinds
        self._stream = context.stream
        self._deadline = context.deadline
        self._paint = _is_terminal(context.stream) and not context.env.get("NO_COLOR")
        self._writes: dict[str, asyncio.Task[SendResult]] = {}  # by delivery, until somebody has heard how they ended

    async def send(self, delivery: Delivery) -> SendResult:
        """Print one message; a pipe that nobody reads holds up nothing else."""
        if delivery.kind is DeliveryKind.EDIT:
            return Rejected(reason="what is printed cannot be changed", retry=False)
        others = {task for key, task in self._writes.items() if key != delivery.key and not task.done()}
        if others and (await asyncio.wait(others, timeout=self._deadline.total_seconds() / 2))[1]:
            return Rejected(reason=f"{UNREAD}: an earlier alert still waits", retry=True)
        if delivery.key not in self._writes:
            self._writes[delivery.key] = asyncio.create_task(self._print(delivery))
        return await self._outcome(delivery)

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Wait for the write that was begun; without one, say that printing again does no harm."""
        if delivery.key not in self._writes:
            return Rejected(reason="a console cannot be asked", retry=True)
        return await self._outcome(delivery)

    async def close(self) -> None:
        """Wait for no write any more; the stream is not ours."""
        for task in self._writes.values():
            task.cancel()

    async def _outcome(self, delivery: Delivery) -> SendResult:
        task = self._writes[delivery.key]
        done, _ = await asyncio.wait({task}, timeout=self._deadline.total_seconds())
        if not done:
            return Unknown(reason=UNREAD)
        del self._writes[delivery.key]
        return task.result()

    async def _print(self, delivery: Delivery) -> SendResult:
        shown = layout(delivery.message, about=delivery.parent, paint=self._paint, width=_columns(self._stream))
        text = _encodable(shown, self._stream)
        try:
            await in_daemon_thread(lambda: _write(self._stream, text))
        except (OSError, ValueError) as error:  # a broken pipe, a full disk; ValueError: the stream is closed
            reason = getattr(error, "strerror", None) or "it is closed"
            return Rejected(reason=f"the standard output takes nothing: {reason}", retry=True)
        return Accepted()


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _columns(stream: TextIO) -> int | None:
    """Return a terminal's width as it is now; None = no terminal, or one too narrow to be worth it."""
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return None
    return width if width >= _NARROWEST else None


def _encodable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def layout(message: Message | Digest, *, about: Parent | None = None, paint: bool, width: int | None = None) -> str:
    """Lay one message out for a terminal of `width` columns, None = let lines be as long as they are.

    Hits are bold, or between double asterisks where there is no colour. `about` is what a reply belongs to.
    """
    label = _sgr(_COLOURS[message.priority], message.priority.word.upper().ljust(len(_INDENT)), paint=paint)
    if isinstance(message, Digest):
        title, *lines = digests.digest_lines(message)
        shown = [_wrap(label + _sgr(_BOLD, title, paint=paint), width, _INDENT)]
        shown += [_wrap(_INDENT + line, width, _INDENT) if line else "" for line in lines]
    else:
        shown = _alert(message, about, label, paint=paint, width=width)
    return "\n".join(shown) + "\n\n"


def _alert(message: Message, about: Parent | None, label: str, *, paint: bool, width: int | None) -> list[str]:
    def row(word: str, text: str) -> str:
        return _wrap(_INDENT + _sgr(_DIM, word.ljust(len(_LABEL)), paint=paint) + text, width, _INDENT + _LABEL)

    title = _marked(Excerpt(text=heading(message, 300)) if not message.title.marks else message.title, 300, paint=paint)
    lines = [_wrap(label + title, width, _INDENT)]
    lines += [row("also", first)] if (first := lead(message, about)) else []
    lines += [_wrap(_INDENT + _marked(excerpt, 600, paint=paint), width, _INDENT) for excerpt in message.excerpts]
    lines += [row("why", rule + (f": {what}" if what else "")) for rule, what in reason_lines(message)]
    lines += [_INDENT + _LABEL + left_out] if (left_out := reasons_left_out(message)) else []
    lines.append(row("from", origin(message)))
    lines += [row("seen", so_far)] if (so_far := coverage_line(message)) else []
    link = _INDENT + _sgr(_DIM, "link".ljust(len(_LABEL)), paint=paint)
    return [*lines, link + target] if (target := safe_link(message.url)) else lines


def _wrap(line: str, width: int | None, indent: str) -> str:
    return wrap(line, width, indent) if width else line


def _marked(excerpt: Excerpt, limit: int, *, paint: bool) -> str:
    shown = pieces(cut(excerpt, limit=limit, marks=30))
    return "".join(_emphasis(piece.text, paint=paint) if piece.hit else piece.text for piece in shown)


def _emphasis(text: str, *, paint: bool) -> str:
    return _sgr(_BOLD, text, paint=True) if paint else f"**{text}**"


def _sgr(code: str, text: str, *, paint: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if paint else text


CHANNEL = ChannelType(
    name="console",
    settings=ConsoleSettings,
    open=ConsoleNotifier,
    render=lambda delivery: layout(delivery.message, about=delivery.parent, paint=True, width=80),
)
