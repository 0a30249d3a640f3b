"""Print alerts where the daemon was started."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, TextIO

from pydantic import BeforeValidator, Field

from monitor.model import Accepted, Delivery, Excerpt, Message, Priority, Rejected, SendResult, Unknown
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.excerpts import cut, pieces, safe_link
from monitor.notify.settings import Settings
from monitor.notify.wording import heading, origin, reason_lines, reasons_left_out

_INDENT = "        "
_COLOURS = {Priority.LOW: "2", Priority.NORMAL: "36", Priority.HIGH: "33", Priority.URGENT: "1;31"}  # ECMA-48, SGR
_BOLD, _DIM = "1", "2"


def _true(value: Any) -> bool:
    if str(value).lower() == "true":
        return True
    raise ValueError("write `console: true`, or leave the channel out")


class ConsoleSettings(Settings):
    """`{console: true}`."""

    console: Annotated[bool, BeforeValidator(_true)] = Field()


class ConsoleNotifier:
    """Write each alert to a stream; in colour on a terminal, unless NO_COLOR is set (https://no-color.org)."""

    pace = timedelta(0)
    guarantee = "at least once: after a crash in the middle of printing, the alert is printed again"

    def __init__(self, settings: ConsoleSettings, context: ChannelContext) -> None:  # noqa: ARG002 - as all kinds
        self._stream = context.stream
        self._deadline = context.deadline
        self._paint = _is_terminal(context.stream) and not context.env.get("NO_COLOR")

    async def send(self, delivery: Delivery) -> SendResult:
        """Print one alert; a pipe that nobody reads holds up nothing else."""
        text = _encodable(layout(delivery.message, paint=self._paint), self._stream)
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                await in_daemon_thread(lambda: _write(self._stream, text))
        except TimeoutError:
            return Unknown(reason="nobody reads the standard output")
        except (OSError, ValueError) as error:  # a broken pipe, a full disk; ValueError: the stream is closed
            reason = getattr(error, "strerror", None) or "it is closed"
            return Rejected(reason=f"the standard output takes nothing: {reason}", retry=True)
        return Accepted()

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Say that printing again does no harm."""
        return Rejected(reason="a console cannot be asked", retry=True)

    async def close(self) -> None:
        """Do nothing: the stream is not ours."""


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def _encodable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def layout(message: Message, *, paint: bool) -> str:
    """Lay one alert out for a terminal; hits are bold, or between double asterisks where there is no colour."""
    label = message.priority.word.upper().ljust(len(_INDENT))
    title = _marked(Excerpt(text=heading(message, 300)) if not message.title.marks else message.title, 300, paint=paint)
    lines = [_sgr(_COLOURS[message.priority], label, paint=paint) + title]
    lines += [_INDENT + _marked(excerpt, 600, paint=paint) for excerpt in message.excerpts]
    for rule, what in reason_lines(message):
        lines.append(_INDENT + _sgr(_DIM, "why   ", paint=paint) + rule + (f": {what}" if what else ""))
    lines += [_INDENT + "      " + left_out] if (left_out := reasons_left_out(message)) else []
    lines.append(_INDENT + _sgr(_DIM, "from  ", paint=paint) + origin(message))
    lines += [_INDENT + _sgr(_DIM, "link  ", paint=paint) + link] if (link := safe_link(message.url)) else []
    return "\n".join(lines) + "\n\n"


def _marked(excerpt: Excerpt, limit: int, *, paint: bool) -> str:
    shown = pieces(cut(excerpt, limit=limit, marks=30))
    return "".join(_emphasis(piece.text, paint=paint) if piece.hit else piece.text for piece in shown)


def _emphasis(text: str, *, paint: bool) -> str:
    return _sgr(_BOLD, text, paint=True) if paint else f"**{text}**"


def _sgr(code: str, text: str, *, paint: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if paint else text


CHANNEL = ChannelType(name="console", settings=ConsoleSettings, open=ConsoleNotifier)
