"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Counter, Moment, PlainText, TextList

revision = "0001"
down_revision = None


def upgrade() -> None:
    _feeds()
    _entries()
    _stories()
    _outbox()
    _records()


def _feeds() -> None:
    op.create_table(
        "feed",
        sa.Column("id", Counter, nullable=False),
        sa.Column("url", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("due", Moment, nullable=False),
        sa.Column("token", Counter, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("etag", PlainText, nullable=False),
        sa.Column("last_modified", PlainText, nullable=False),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("baseline_at", Moment),
        sa.Column("polled_at", Moment),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", Moment),
        sa.Column("cause", PlainText),
        sa.Column("detail", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="feed_pkey"),
        sa.UniqueConstraint("url", name="feed_url_key"),
    )
    op.create_index(
        "feed_due", "feed", ["due", "id"], sqlite_where=sa.text("active = 1"), postgresql_where=sa.text("active")
    )
    op.create_table(
        "seen",
        sa.Column("feed_id", Counter, nullable=False),
        sa.Column("key16", sa.LargeBinary, nullable=False),
        sa.Column("last_seen", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "key16", name="seen_pkey"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="seen_feed_id_fkey"),
        sqlite_with_rowid=False,
    )


def _entries() -> None:
    op.create_table(
        "entry",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("feed_id", Counter, nullable=False),
        sa.Column("guid", PlainText, nullable=False),
        sa.Column("title", PlainText, nullable=False),
        sa.Column("summary", PlainText, nullable=False),
        sa.Column("body", PlainText, nullable=False),
        sa.Column("url", PlainText, nullable=False),
        sa.Column("canonical_url", PlainText, nullable=False),
        sa.Column("authors", TextList, nullable=False),
        sa.Column("tags", TextList, nullable=False),
        sa.Column("language", PlainText, nullable=False),
        sa.Column("published", Moment),
        sa.Column("seen_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="entry_pkey"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="entry_feed_id_fkey"),
    )


def _stories() -> None:
    op.create_table(
        "story",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("first_at", Moment, nullable=False),
        sa.Column("last_at", Moment, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("sources", TextList, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="story_pkey"),
    )
    op.create_table(
        "story_key",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("story_id", PlainText, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="story_key_pkey"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="story_key_story_id_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert",
        sa.Column("id", PlainText, nullable=False),
        sa.Column("story_id", PlainText, nullable=False),
        sa.Column("entry_id", PlainText, nullable=False),
        sa.Column("channel", PlainText, nullable=False),
        sa.Column("rules", TextList, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="alert_pkey"),
        sa.UniqueConstraint("story_id", "channel", name="alert_story_id_channel_key"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="alert_story_id_fkey"),
    )


def _outbox() -> None:
    op.create_table(
        "destination",
        sa.Column("name", PlainText, nullable=False),
        sa.Column("due", Moment),
        sa.Column("leased", sa.Boolean, nullable=False),
        sa.Column("token", Counter, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("hold_until", Moment),
        sa.PrimaryKeyConstraint("name", name="destination_pkey"),
    )
    op.create_table(
        "delivery",
        sa.Column("seq", Counter, nullable=False),
        sa.Column("key", PlainText, nullable=False),
        sa.Column("alert_id", PlainText, nullable=False),
        sa.Column("channel", PlainText, nullable=False),
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("state", PlainText, nullable=False),
        sa.Column("payload", PlainText, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("attempted_at", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("settled_at", Moment),
        sa.Column("ref", PlainText, nullable=False),
        sa.Column("reason", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="delivery_pkey"),
        sa.UniqueConstraint("key", name="delivery_key_key"),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="delivery_alert_id_fkey"),
        sa.ForeignKeyConstraint(["channel"], ["destination.name"], name="delivery_channel_fkey"),
    )
    op.create_index("delivery_order", "delivery", ["state", "channel", "seq"])


def _records() -> None:
    op.create_table(
        "decision",
        sa.Column("id", Counter, nullable=False),
        sa.Column("entry_id", PlainText, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("stage", PlainText, nullable=False),
        sa.Column("verdict", PlainText, nullable=False),
        sa.Column("reason", PlainText, nullable=False),
        sa.Column("rule", PlainText, nullable=False),
        sa.Column("story_id", PlainText, nullable=False),
        sa.Column("channel", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="decision_pkey"),
    )
    op.create_index("decision_entry", "decision", ["entry_id"])
    op.create_table(
        "node",
        sa.Column("name", PlainText, nullable=False),
        sa.Column("version", PlainText, nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("beat_at", Moment, nullable=False),
        sa.Column("rules_hash", PlainText, nullable=False),
        sa.PrimaryKeyConstraint("name", name="node_pkey"),
    )
