"""The history of the tables, for alembic; revisions are numbered, so that a newer one is known by its name."""
