"""Keep the turns of hosts among several daemons."""

import sqlalchemy as sa
from alembic import op

from monitor.store.columns import Moment, PlainText

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "host",
        sa.Column("name", PlainText, nullable=False),
        sa.Column("free_at", Moment, nullable=False),
        sa.Column("turn_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="host_pkey"),
    )
