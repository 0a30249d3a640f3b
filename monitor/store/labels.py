"""Find the alerts of a rule or of a feed among all: each is noted beside them under the names it is looked for by.

A feed that joins a story is a source of all alerts about it, those too that were raised before.
"""

from __future__ import annotations

from collections.abc import Collection
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
    rows = []
    for each in (*added, *outcome.widened):
        names = *((RULE, rule) for rule in each.rules), *((SOURCE, name) for name in sources.get(each.story_id, ()))
        rows += [(kind, name, each.created_at, each.id, each.priority) for kind, name in names]
    _new_labels(connection, sorted(rows))
    feed = outcome.lease.state.name
    grown = [each for each in outcome.stories if each.version and feed in each.sources]
    _label_story(connection, [(feed, each.id) for each in sorted(grown, key=attrgetter("id"))])


_KEY = ("kind", "name", "at", "alert_id")


@prepared(*_KEY, "priority")
def _new_labels(connection: Connection) -> Insert:
    new = insert(connection, alert_label)
    return new.on_conflict_do_update(index_elements=_KEY, set_={"priority": new.excluded.priority})


@prepared("source", "story")
def _label_story(connection: Connection) -> Insert:
    source = bindparam("source", type_=PlainText)
    told = select(literal(SOURCE, PlainText), source, alert.c.created_at, alert.c.id, alert.c.priority)
    told = told.where(alert.c.story_id == bindparam("story"))
    return insert(connection, alert_label).from_select(list(alert_label.c), told).on_conflict_do_nothing()


def label_of(wanted: ToldFilter) -> tuple[str, str] | None:
    """Return the kind and the name of a label that all wanted alerts have, None = there need be none."""
    labels = (SOURCE, wanted.source), (RULE, wanted.rule)
    return next((label for label in labels if label[1]), None)
