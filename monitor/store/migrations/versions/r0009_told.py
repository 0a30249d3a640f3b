"""Find alerts by when they were raised: the console shows the latest first."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("alert_created_at", "alert", ["created_at", "id"])
