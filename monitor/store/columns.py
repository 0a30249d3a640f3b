"""Column types that hold the same values on every engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import TIMESTAMP, BigInteger, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

from monitor.model import FeedNotes

Convert = Callable[[Any], Any]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Counter = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only in an INTEGER PRIMARY KEY


def storable(text: str) -> str:
    """Replace what a database's UTF-8 cannot hold, NUL and lone surrogates, by U+FFFD: lengths and offsets stay."""
    if type(text) is str and text.isascii() and "\0" not in text:  # most are
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def link_key(canonical_url: str) -> bytes | None:
    """Return 16 bytes that stand for a link in an index, which takes no text of any length; None = no link."""
    return blake2b(storable(canonical_url).encode(), digest_size=16).digest() if canonical_url else None


_NOTES = TypeAdapter(FeedNotes)
_NO_NOTES = FeedNotes()
_to_json = json.JSONEncoder(ensure_ascii=False).encode


# Each value is given to one of these, and by no other way: `process_bind_param` would cost it two calls more.


def _write_text(value: str | None) -> str | None:
    if type(value) is str and value.isascii() and "\0" not in value:  # as `storable`, without a call
        return value
    return None if value is None else storable(value)


def _write_texts(value: tuple[str, ...] | None) -> str | None:
    if not value:
        return None if value is None else "[]"
    return storable(_to_json(value))


def _write_notes(value: FeedNotes | None) -> str | None:
    if value is None:
        return None
    return "{}" if value == _NO_NOTES else storable(_NOTES.dump_json(value, exclude_defaults=True).decode())


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a naive time cannot be stored: {value}")
    return value.astimezone(UTC)


def _write_time(value: datetime | None) -> str | None:
    utc = _utc(value)
    return None if utc is None else utc.isoformat(timespec="microseconds")


class PlainText(TypeDecorator[str]):
    """Text of any origin; what cannot be stored is replaced, so that one bad entry never fails a transaction."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Convert:  # noqa: ARG002 - the interface
        """Make the text storable."""
        return _write_text


class TextList(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts, as a JSON array."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Convert:  # noqa: ARG002 - the interface
        """Write the array."""
        return _write_texts

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 - the interface
        """Read the array."""
        return None if value is None else tuple(json.loads(value))


class Notes(TypeDecorator[FeedNotes]):
    """What is noted of a feed, as a JSON object; what is as it is by default is left out, so notes can grow."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Convert:  # noqa: ARG002 - the interface
        """Write the object."""
        return _write_notes

    def process_result_value(self, value: Any, dialect: Dialect) -> FeedNotes | None:  # noqa: ARG002 - the interface
        """Read the object; a note that only a newer version knows is passed over."""
        if value is None:
            return None
        return _NO_NOTES if value == "{}" else _NOTES.validate_json(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime: timestamptz on PostgreSQL; on SQLite text of one width, which sorts as time does."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the engine's own type where it has one."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text())

    def bind_processor(self, dialect: Dialect) -> Convert:
        """Write the time; a naive one is a mistake of the caller's."""
        return _utc if dialect.name == "postgresql" else _write_time

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read the time; PostgreSQL gives it in the session's zone."""
        if value is None:
            return None
        time: datetime = value if dialect.name == "postgresql" else datetime.fromisoformat(value)
        return time.astimezone(UTC)
