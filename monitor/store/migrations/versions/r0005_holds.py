"""Keep messages back, and remember what people say: mutes, breakers, acknowledgements, feedback, and who did what."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Counter, Moment, PlainText, TextList

revision = "0005"
down_revision = "0004"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, PlainText, nullable=False)


def upgrade() -> None:
    op.add_column("alert", sa.Column("acknowledged_at", Moment))
    op.add_column("alert", sa.Column("acknowledged_by", PlainText, nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("hold_kind", PlainText, nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("hold_by", PlainText, nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("hold_until", Moment))
    op.add_column("delivery", sa.Column("follows", PlainText, nullable=False, server_default=""))
    follows = sa.text("follows <> ''")
    op.create_index("delivery_follows", "delivery", ["follows"], sqlite_where=follows, postgresql_where=follows)
    held = sa.text("state = 'held'")
    op.create_index("delivery_held", "delivery", ["hold_until", "seq"], sqlite_where=held, postgresql_where=held)
    op.create_table(
        "mute",
        _text("id"),
        _text("by"),
        _text("reason"),
        sa.Column("since", Moment, nullable=False),
        sa.Column("until", Moment),
        *map(_text, ("story", "rule", "feed", "channel", "recipient")),
        sa.Column("tell", sa.Boolean, nullable=False),
        sa.Column("ended_at", Moment),
        _text("ended_by"),
        sa.PrimaryKeyConstraint("id", name="mute_pkey"),
    )
    op.create_table(
        "secret",
        _text("name"),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="secret_pkey"),
    )
    op.create_table(
        "breaker",
        *map(_text, ("id", "subject", "name")),
        sa.Column("since", Moment, nullable=False),
        _text("reason"),
        sa.Column("ended_at", Moment),
        *map(_text, ("ended_by", "ending")),
        sa.PrimaryKeyConstraint("id", name="breaker_pkey"),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        "breaker_open", "breaker", ["subject", "name"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "pulse",
        *map(_text, ("subject", "name")),
        sa.Column("at", Moment, nullable=False),
        sa.Column("alerts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("subject", "name", "at", name="pulse_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "action",
        sa.Column("id", Counter, nullable=False),
        sa.Column("at", Moment, nullable=False),
        *map(_text, ("by", "via", "verb", "subject", "detail")),
        sa.PrimaryKeyConstraint("id", name="action_pkey"),
    )
    op.create_index("action_subject", "action", ["subject"])
    op.create_table(
        "feedback",
        *map(_text, ("alert_id", "rule", "by")),
        sa.Column("at", Moment, nullable=False),
        sa.Column("relevant", sa.Boolean, nullable=False),
        sa.Column("spellings", TextList, nullable=False),
        _text("text"),
        sa.PrimaryKeyConstraint("alert_id", "rule", "by", name="feedback_pkey"),
        sqlite_with_rowid=False,
    )
