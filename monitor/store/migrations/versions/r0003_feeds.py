"""Note what polls learn about a feed, know its host, and let a person pause it."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Moment, Notes, PlainText
from monitor.store.feeds import host_of

revision = "0003"
down_revision = "0002"

_ROWS_AT_ONCE = 1_000


def upgrade() -> None:
    # with defaults: SQLite can give a table no other NOT NULL column without copying it, and others refer to it
    op.add_column("feed", sa.Column("blocks", sa.LargeBinary, nullable=False, server_default=""))
    op.add_column("feed", sa.Column("notes", Notes, nullable=False, server_default="{}"))
    op.add_column("feed", sa.Column("paused_at", Moment))
    op.add_column("feed", sa.Column("host", PlainText, nullable=False, server_default=""))
    _fill()
    op.create_index("feed_host", "feed", ["host"])
    op.drop_index("feed_due", "feed")
    op.create_index(
        "feed_due",
        "feed",
        ["due", "id"],
        sqlite_where=sa.text("active = 1 AND paused_at IS NULL"),
        postgresql_where=sa.text("active AND paused_at IS NULL"),
    )


def _fill() -> None:
    """Fill the new columns of old rows, in pages: a store may be larger than memory."""
    feed = sa.table(
        "feed",
        sa.column("id"),
        sa.column("url", PlainText),
        sa.column("host", PlainText),
        sa.column("blocks", sa.LargeBinary),
    )
    change = sa.update(feed).where(feed.c.id == sa.bindparam("feed")).values(host=sa.bindparam("of"))
    connection, last = op.get_bind(), 0
    connection.execute(sa.update(feed).values(blocks=b""))
    page = sa.select(feed.c.id, feed.c.url).order_by(feed.c.id).limit(_ROWS_AT_ONCE)
    while rows := connection.execute(page.where(feed.c.id > last)).all():
        last = rows[-1].id
        connection.execute(change, [{"feed": row.id, "of": host_of(row.url)} for row in rows])
