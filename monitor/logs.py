"""Logs: one event a line, key=value on a terminal, JSON elsewhere; no URL with its query string, no secret.

Alerts of the console channel go to standard output, logs to standard error: each can be piped on its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog

from monitor.secret import blot

_NAME = "(?i:token|secret|password|api_?key)"  # what a value is called that nobody should see
_SECRET_LOOK = re.compile(r"(?=.*\d|.*[a-z][A-Z]).{8,}")


def _unless_prose(found: re.Match[str]) -> str:
    """Blot out what stands behind `token: `, unless it is a word of advice: "Slack does not know it: check it"."""
    return f"{found[1]}***" if _SECRET_LOOK.match(found[2]) else found[0]


# What may hold a secret in a text that somebody else wrote. Better a word too many than one too few: no rule asks where
# a word begins, for in a representation a line end before it is the letter n.
_REDACTIONS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<=://)[^\s/]+@"), "***@"),  # a URL's user and password, which may hold @, ? and # unescaped
    # its query and fragment; atomic and possessive, for without them a long row of `://` takes quadratic time
    (re.compile(r"(?<!\S)((?>\S*?://)[^\s?#]*+)[?#]\S+"), r"\1?***"),
    (re.compile(r"(?<=\S)\?(?=\w)[^\s\"')]+"), "?***"),  # a query without a host, as in a request's first line
    (re.compile(r"x(?:ox[a-z]|app)-[\w-]+"), "***"),  # Slack's tokens
    (
        re.compile(r"(/services/|/workflows/|/triggers/|/webhooks/)[^\s\"'?#<>()]+"),
        r"\1***",
    ),  # Slack's, Discord's hooks
    (re.compile(r"(?i)((?:bearer|basic) )[\w.~+/=-]{6,}"), r"\1***"),  # RFC 6750, RFC 7617
    (re.compile(rf"({_NAME}[\"']?= ?[\"']?)(?!\$\{{)[^\s\"'&,;]+"), r"\1***"),
    (re.compile(rf"({_NAME}[\"']?: ?[\"'])(?!\$\{{)[^\"'\n]+"), r"\1***"),
    (re.compile(rf"({_NAME}[\"']?: ?)(?!\$\{{)([^\s\"'&,;]+)"), _unless_prose),
)
# what a terminal would obey; a JSON line escapes it
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def redact(text: str) -> str:
    """Take out of a text what may be a secret: a URL's user part and query, tokens, webhook paths, named passwords.

    Words of advice stay: behind `token:` only what is quoted or looks made by a machine is taken out. What this process
    has read as a secret is taken out wherever it stands.
    """
    text = blot(text)
    for pattern, replacement in _REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Set logging up for the whole process: ours and that of the libraries below. `stream` None = standard error."""
    stream = stream or sys.stderr
    terminal = stream.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
    ]
    last: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _redact_event,
        # the plain formatter: a prettier one, where it is installed, shows local variables
        structlog.dev.ConsoleRenderer(
            colors=not os.environ.get("NO_COLOR"),  # https://no-color.org
            pad_event_to=30,
            exception_formatter=structlog.dev.plain_traceback,
        )
        if terminal
        else structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # tests configure more than once
    )
    handler = _Handler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for chatty in ("alembic", "aiohttp.access", "asyncio"):
        logging.getLogger(chatty).setLevel(max(LEVELS[level], logging.WARNING))
    # it warns of each tick that finds the one before still at work, which is what ticks are meant to do
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # of a collector that is away it warns before each new attempt
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    # slack-sdk's debug lines hold webhook URLs, SQLAlchemy's hold whole articles
    for leaky in ("slack_sdk", "sqlalchemy"):
        logging.getLogger(leaky).setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[TextIO]):
    """Write to a stream; say of a line that cannot be written only whose it was."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Report a failure; the library's own report shows the message and its arguments as they are."""
        kind = (sys.exc_info()[0] or Exception).__name__
        with contextlib.suppress(OSError, ValueError):  # the stream itself may be broken or closed
            self.stream.write(f"a log line of {record.name} ({record.pathname}:{record.lineno}) was lost: {kind}\n")


def _redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    """Redact each text in a value that a log line may hold; what is no plain value becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {_redacted(str(key)): _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item) for item in value]
    return _CONTROL.sub("", redact(str(value)))
