"""Keep the chores that one daemon does for all, and find the keys of a story that is forgotten."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Counter, Moment, PlainText

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "chore",
        sa.Column("name", PlainText, nullable=False),
        sa.Column("due", Moment, nullable=False),
        sa.Column("token", Counter, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="chore_pkey"),
    )
    op.create_index("story_key_story", "story_key", ["story_id"])
