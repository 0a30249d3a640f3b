"""Find the alerts of a rule or of a feed among all: each is noted beside them under the names it is looked for by.

A feed that joins a story is a source of all alerts about it, those too that were raised before.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from operator import attrgetter

from sqlalchemy import Insert, bindparam, literal, select
from sqlalchemy.engine import Connection

from monitor.model import Alert, PollOutcome
from monitor.ports import ToldFilter
from monitor.store.columns import PlainText
from monitor.store.engine import insert
from monitor.store.prepared import prepared
from monitor.store.tables import alert, alert_label

RULE, SOURCE = "rule", "source"


def add_labels(connection: Connection, outcome: PollOutcome, added: Collection[Alert]) -> None:
    """Note what one poll has changed: alerts it has `added`, rules that older ones got, its feed in older stories."""
    sources = {story.id: story.sources for story in outcome.stories}
    rules = ((RULE, rule, each.created_at, each.id) for each in (*added, *outcome.widened) for rule in each.rules)
    told_of = (
        (SOURCE, source, each.created_at, each.id) for each in added for source in sources.get(each.story_id, ())
    )
    _new_labels(connection, sorted(chain(rules, told_of)))
    feed = outcome.lease.state.name
    grown = [each for each in outcome.stories if each.version and feed in each.sources]
    _label_story(connection, [(feed, each.id) for each in sorted(grown, key=attrgetter("id"))])


@prepared("kind", "name", "at", "alert_id")
def _new_labels(connection: Connection) -> Insert:
    return insert(connection, alert_label).on_conflict_do_nothing()


@prepared("source", "story")
def _label_story(connection: Connection) -> Insert:
    source = bindparam("source", type_=PlainText)
    told = select(literal(SOURCE, PlainText), source, alert.c.created_at, alert.c.id)
    told = told.where(alert.c.story_id == bindparam("story"))
    # SQLite takes ON CONFLICT behind a SELECT for a join where no WHERE stands
    return insert(connection, alert_label).from_select(list(alert_label.c), told).on_conflict_do_nothing()


def label_of(wanted: ToldFilter) -> tuple[str, str] | None:
    """Return the kind and the name of a label that all wanted alerts have, None = there need be none."""
    labels = (SOURCE, wanted.source), (RULE, wanted.rule)
    return next((label for label in labels if label[1]), None)
