"""Find by index what pages show of a long history: the alerts of a rule or a feed, a feed's entries, sent messages."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Moment, PlainText

revision = "0011"
down_revision = "0010"

_LABELLED = """
INSERT INTO alert_label (kind, name, at, alert_id, priority)
SELECT DISTINCT {kind}, each.value, alert.created_at, alert.id, alert.priority FROM {tables}, {each} AS each
"""
_EACH = {
    "sqlite": "json_each({column})",
    "postgresql": "json_array_elements_text(CAST({column} AS json))",
}
_OF = (  # kind, where the names stand
    ("'rule'", "alert", "alert.rules"),
    ("'source'", "alert JOIN story ON story.id = alert.story_id", "story.sources"),
)


def upgrade() -> None:
    op.create_table(
        "alert_label",
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("name", PlainText, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("alert_id", PlainText, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "at", "alert_id", name="alert_label_pkey"),
        sqlite_with_rowid=False,
    )
    for kind, tables, column in _OF:
        each = _EACH[op.get_bind().dialect.name].format(column=column)
        op.execute(_LABELLED.format(kind=kind, tables=tables, each=each))
    op.drop_index("alert_created_at", "alert")
    op.create_index("alert_created_at", "alert", ["created_at", "id", "priority", "channel"])
    op.create_index("entry_feed", "entry", ["feed_id", "seen_at"])
    not_held = sa.text("state <> 'held'")
    op.create_index("delivery_state", "delivery", ["state", "seq"], sqlite_where=not_held, postgresql_where=not_held)
    op.create_index("hit_source", "hit", ["source", "at", "rule"])
