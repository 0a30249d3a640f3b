"""Remember the hits of rules, find entries by link, time and story, and owe messages that are about no entry."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Moment, PlainText, TextList, link_key

revision = "0002"
down_revision = "0001"

_ROWS_AT_ONCE = 1_000


def upgrade() -> None:
    op.create_table(
        "hit",
        sa.Column("rule", PlainText, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("entry_id", PlainText, nullable=False),
        sa.Column("source", PlainText, nullable=False),
        sa.Column("text_key", sa.LargeBinary, nullable=False),
        sa.Column("names", TextList, nullable=False),
        sa.PrimaryKeyConstraint("rule", "at", "entry_id", name="hit_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally",
        sa.Column("rule", PlainText, nullable=False),
        sa.Column("since", Moment),
        sa.Column("told_at", Moment),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("rule", name="tally_pkey"),
    )
    story = sa.text("stage = 'story'")
    op.create_index("decision_story", "decision", ["story_id"], sqlite_where=story, postgresql_where=story)
    with op.batch_alter_table("delivery") as delivery:  # SQLite can only copy the table
        delivery.alter_column("alert_id", existing_type=PlainText(), nullable=True)
    op.create_index("delivery_alert", "delivery", ["alert_id"])
    op.add_column("entry", sa.Column("link16", sa.LargeBinary))
    _derive_links()
    op.create_index("entry_link16", "entry", ["link16"])
    op.create_index("entry_seen_at", "entry", ["seen_at", "id"])


def _derive_links() -> None:
    """Fill the new column of old rows, in pages: a store may be larger than memory."""
    entry = sa.table("entry", sa.column("id", PlainText), sa.column("canonical_url", PlainText), sa.column("link16"))
    change = sa.update(entry).where(entry.c.id == sa.bindparam("entry")).values(link16=sa.bindparam("link"))
    connection, last = op.get_bind(), ""
    page = sa.select(entry.c.id, entry.c.canonical_url).order_by(entry.c.id).limit(_ROWS_AT_ONCE)
    while rows := connection.execute(page.where(entry.c.id > last)).all():
        last = rows[-1].id
        links = [{"entry": row.id, "link": link_key(row.canonical_url)} for row in rows if row.canonical_url]
        if links:
            connection.execute(change, links)
