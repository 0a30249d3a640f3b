"""Remember which digest has told an alert."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import PlainText

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("alert", sa.Column("digest", PlainText, nullable=False, server_default=""))
