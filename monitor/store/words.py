"""Index which words stand in entries: FTS5 on SQLite, a GIN index over tsvector on PostgreSQL.

Words are cut and folded by `monitor.text.fold`, as the matcher does it, and the engines take them as they come: so both
agree with the matcher about every word of every script (Chinese, Japanese and Thai give one word a character), and
about each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, column, delete, func, null, select, table, text, update

from monitor.model import LONGEST_WORD, HasAll, HasWord, Wanted
from monitor.store.engine import portions
from monitor.store.tables import entry
from monitor.text.fold import tokenize

MOST_BYTES = 500_000  # of an entry's words; PostgreSQL takes a megabyte
ANYTHING = "\ue000"  # stands for the words of an entry that has more: it is looked at whatever is asked
_SEPARATORS = re.compile("[\x00-/:-@[-`{-\x7f\ud800-\udfff]")
_LOCK = 0x574F524453  # "WORDS": who numbers entries does so alone


def index_words(connection: Connection, limit: int) -> int:
    """Index entries that are not yet, the newest first; see `Store.index_words`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    missing = select(entry.c.id, entry.c.title, entry.c.summary, entry.c.body).where(entry.c.words_id.is_(None))
    missing = missing.order_by(entry.c.seen_at.desc(), entry.c.id.desc()).limit(limit)
    rows = connection.execute(missing.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    last = connection.scalar(select(func.max(entry.c.words_id)).where(entry.c.words_id.is_not(None))) or 0
    # the newest gets the highest number
    numbered = [(last + len(rows) - place, row) for place, row in enumerate(rows)]
    added = [
        {"number": number, "words": _as_stored(connection, words_of(row.title, row.summary, row.body))}
        for number, row in numbered
    ]
    connection.execute(text(_INSERT[connection.dialect.name]), added)
    given = update(entry).where(entry.c.id == bindparam("entry")).values(words_id=bindparam("number"))
    connection.execute(given, [{"entry": row.id, "number": number} for number, row in numbered])
    return len(rows)


_INSERT = {
    "sqlite": "INSERT INTO entry_words (rowid, words) VALUES (:number, :words)",
    "postgresql": "INSERT INTO entry_words (id, words) VALUES (:number, array_to_tsvector(CAST(:words AS text[])))",
}


def words_of(*texts: str) -> list[str]:
    """Return the words of some texts, each once, in order."""
    words = {word[:LONGEST_WORD] for each in texts for word in tokenize(each).words}
    return sorted(words) if sum(len(word.encode()) for word in words) <= MOST_BYTES else [ANYTHING]


def _as_stored(connection: Connection, words: list[str]) -> Any:
    return words if connection.dialect.name == "postgresql" else " ".join(words)


def forget_words(connection: Connection, entries: Collection[str]) -> None:
    """Take entries whose text is to change out of the index; they are indexed anew later."""
    for some in portions(entries):
        indexed = select(entry.c.words_id).where(entry.c.id.in_(some), entry.c.words_id.is_not(None))
        numbers = connection.scalars(indexed.order_by(entry.c.id).with_for_update()).all()
        if numbers:
            connection.execute(update(entry).where(entry.c.words_id.in_(numbers)).values(words_id=null()))
            drop_words(connection, numbers)


def drop_words(connection: Connection, numbers: Collection[int]) -> None:
    """Take words out of the index by their numbers, after their entries."""
    words = words_table(connection)
    for some in portions(numbers):
        connection.execute(delete(words).where(words.c[0].in_(some)))


def words_table(connection: Connection) -> Any:
    """Return the index as a table; its first column numbers its rows, as `entry.words_id` does."""
    return table("entry_words", column("id" if connection.dialect.name == "postgresql" else "rowid"))


def holds(connection: Connection, wanted: Wanted) -> Any:
    """Write a question in the engine's own language, as a condition on the index."""
    if connection.dialect.name == "postgresql":
        asked = f"({_asked(wanted, _tsquery, ' & ', ' | ')}) | {_tsquery(HasWord(ANYTHING))}"
        return text("entry_words.words @@ CAST(:wanted AS tsquery)").bindparams(wanted=asked)
    asked = f"({_asked(wanted, _fts5, ' AND ', ' OR ')}) OR {_fts5(HasWord(ANYTHING))}"
    return text("entry_words MATCH :wanted").bindparams(wanted=asked)


def _asked(wanted: Wanted, write: Any, both: str, either: str) -> str:
    if isinstance(wanted, HasWord):
        written: str = write(wanted)
        return written
    joint = both if isinstance(wanted, HasAll) else either
    return f"({joint.join(_asked(part, write, both, either) for part in wanted.parts)})"


def _fts5(asked: HasWord) -> str:
    return f'"{_harmless(asked.word)}"{" *" if asked.begins else ""}'


def _tsquery(asked: HasWord) -> str:
    return f"'{_harmless(asked.word)}'{':*' if asked.begins else ''}"


def _harmless(word: str) -> str:
    """Replace what separates words, which no word has: quotes and signs with which the engines would do something."""
    return _SEPARATORS.sub("\ufffd", word)
