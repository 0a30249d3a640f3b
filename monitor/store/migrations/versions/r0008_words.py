"""Index the words of entries: a chore fills it, so there is nothing to do here for those that are stored."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Counter

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("entry", sa.Column("words_id", Counter, nullable=True))
    known, unknown = sa.text("words_id IS NOT NULL"), sa.text("words_id IS NULL")
    op.create_index("entry_words_id", "entry", ["words_id"], unique=True, sqlite_where=known, postgresql_where=known)
    op.create_index("entry_unindexed", "entry", ["seen_at", "id"], sqlite_where=unknown, postgresql_where=unknown)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE entry_words (id bigint PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX entry_words_words ON entry_words USING gin (words)")
        return
    # The words come folded and single: where they stand and how often is no business of the index. It keeps them in
    # plain as well: SQLite before 3.43 cannot forget what it has no copy of.
    op.execute("CREATE VIRTUAL TABLE entry_words USING fts5(words, tokenize = 'ascii', detail = none, columnsize = 0)")
