"""The tables as the statements see them; `migrations` makes them, and a test compares the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from monitor.store.columns import Counter, Moment, Notes, PlainText, TextList

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
    }
)


def _given(name: str, kind: Any, *extras: Any) -> Column[Any]:
    return Column(name, kind, *extras, nullable=False)


feed = Table(
    "feed",
    metadata,
    Column("id", Counter, primary_key=True),
    _given("url", PlainText),
    _given("name", PlainText),
    _given("active", Boolean),
    # the lease: when to poll next, or when the running poll loses its right
    _given("due", Moment),
    _given("token", Counter),
    _given("strikes", Integer),  # claims in a row that nobody finished
    # what FeedState says
    _given("etag", PlainText),
    _given("last_modified", PlainText),
    _given("body_hash", LargeBinary),
    Column("baseline_at", Moment),
    Column("polled_at", Moment),
    _given("failures", Integer),
    Column("failing_since", Moment),
    Column("cause", PlainText),
    _given("detail", PlainText),
    _given("blocks", LargeBinary),
    _given("notes", Notes),
    Column("paused_at", Moment),
    _given("host", PlainText),  # of `url`
    UniqueConstraint("url"),
    Index("feed_host", "host"),
)
Index(
    "feed_due",
    feed.c.due,
    feed.c.id,
    sqlite_where=text("active = 1 AND paused_at IS NULL"),
    postgresql_where=text("active AND paused_at IS NULL"),
)

Index(
    "feed_paused",
    feed.c.id,
    sqlite_where=text("paused_at IS NOT NULL"),
    postgresql_where=text("paused_at IS NOT NULL"),
)

seen = Table(  # identity keys that a feed has shown: outlives the entries
    "seen",
    metadata,
    Column("feed_id", Counter, ForeignKey("feed.id"), primary_key=True),
    Column("key16", LargeBinary, primary_key=True),
    _given("last_seen", Integer),  # days since 1970-01-01: written once a day, however often the feed is polled
    sqlite_with_rowid=False,
)

entry = Table(
    "entry",
    metadata,
    Column("id", PlainText, primary_key=True),
    _given("feed_id", Counter, ForeignKey("feed.id")),
    _given("guid", PlainText),
    _given("title", PlainText),
    _given("summary", PlainText),
    _given("body", PlainText),
    _given("url", PlainText),
    _given("canonical_url", PlainText),
    _given("authors", TextList),
    _given("tags", TextList),
    _given("language", PlainText),
    Column("published", Moment),
    _given("seen_at", Moment),
    Column("link16", LargeBinary),  # of `canonical_url`, see `link_key`
    Column("words_id", Counter),  # of its words in the index, NULL = not indexed yet; see `words`
    Index("entry_link16", "link16"),
    Index("entry_seen_at", "seen_at", "id"),
    Index("entry_feed", "feed_id", "seen_at"),
)
Index(
    "entry_words_id",
    entry.c.words_id,
    unique=True,
    sqlite_where=text("words_id IS NOT NULL"),
    postgresql_where=text("words_id IS NOT NULL"),
)
Index(
    "entry_unindexed",
    entry.c.seen_at,
    entry.c.id,
    sqlite_where=text("words_id IS NULL"),
    postgresql_where=text("words_id IS NULL"),
)

story = Table(
    "story",
    metadata,
    Column("id", PlainText, primary_key=True),
    _given("first_at", Moment),
    _given("last_at", Moment),
    _given("entries", Integer),
    _given("sources", TextList),
    _given("version", Integer),  # 1 when new; two polls that change a story at once are told apart by it
)

story_key = Table(
    "story_key",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    _given("story_id", PlainText, ForeignKey("story.id")),
    _given("seen_at", Moment),  # `story.last_at` when the key was given to the story
    Index("story_key_story", "story_id"),
    sqlite_with_rowid=False,
)

alert = Table(
    "alert",
    metadata,
    Column("id", PlainText, primary_key=True),
    _given("story_id", PlainText, ForeignKey("story.id")),
    _given("entry_id", PlainText),
    _given("channel", PlainText),
    _given("rules", TextList),
    _given("priority", Integer),
    _given("created_at", Moment),
    Column("digest", PlainText, nullable=False, server_default=""),  # key of the delivery that tells it with others
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", PlainText, nullable=False, server_default=""),
    UniqueConstraint("story_id", "channel"),
    Index("alert_created_at", "created_at", "id", "priority", "channel"),  # with what is counted over time
)

alert_label = Table(  # which alerts a rule raised, and which are about a story that a feed is a source of
    "alert_label",
    metadata,
    Column("kind", PlainText, primary_key=True),  # "rule", "source"
    Column("name", PlainText, primary_key=True),
    Column("at", Moment, primary_key=True),  # `alert.created_at`
    Column("alert_id", PlainText, primary_key=True),  # of an alert, or of one that was just forgotten
    _given("priority", Integer),
    sqlite_with_rowid=False,
)

destination = Table(  # one lane a channel: the leased unit of delivery
    "destination",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("due", Moment),  # NULL = nothing is owed
    _given("leased", Boolean),  # then `due` is when the lease runs out
    _given("token", Counter),
    _given("strikes", Integer),
    Column("hold_until", Moment),  # pace, and waits that keep order
)

delivery = Table(
    "delivery",
    metadata,
    Column("seq", Counter, primary_key=True),  # order within the channel
    _given("key", PlainText),
    Column("alert_id", PlainText, ForeignKey("alert.id")),  # NULL = about no entry
    _given("channel", PlainText, ForeignKey("destination.name")),
    _given("kind", PlainText),
    _given("state", PlainText),
    _given("payload", PlainText),  # see `payload`
    _given("due_at", Moment),  # of a new one: when to send; of one in doubt: when to look it up
    _given("created_at", Moment),
    Column("attempted_at", Moment),
    _given("attempts", Integer),
    Column("settled_at", Moment),
    _given("ref", PlainText),
    _given("reason", PlainText),  # why it was not sent the last time; of a held one why it is held
    Column("hold_kind", PlainText, nullable=False, server_default=""),  # of one that is or was held
    Column("hold_by", PlainText, nullable=False, server_default=""),
    Column("hold_until", Moment),
    Column("follows", PlainText, nullable=False, server_default=""),  # key of the message without alert that it edits
    UniqueConstraint("key"),
)
Index("delivery_order", delivery.c.state, delivery.c.channel, delivery.c.seq)
Index(  # not of those that are held: they have one of their own, which SQLite would not take any more
    "delivery_state",
    delivery.c.state,
    delivery.c.seq,
    sqlite_where=text("state <> 'held'"),
    postgresql_where=text("state <> 'held'"),
)
Index("delivery_alert", delivery.c.alert_id)
Index(
    "delivery_follows",
    delivery.c.follows,
    sqlite_where=text("follows <> ''"),
    postgresql_where=text("follows <> ''"),
)
Index(
    "delivery_held",
    delivery.c.state,  # the same in each row: SQLite takes the index for it before that of the order
    delivery.c.hold_kind,
    delivery.c.channel,
    delivery.c.seq,
    delivery.c.hold_until,
    delivery.c.hold_by,
    sqlite_where=text("state = 'held'"),
    postgresql_where=text("state = 'held'"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Counter, primary_key=True),
    _given("entry_id", PlainText),
    _given("at", Moment),
    _given("stage", PlainText),
    _given("verdict", PlainText),
    _given("reason", PlainText),
    _given("rule", PlainText),
    _given("story_id", PlainText),
    _given("channel", PlainText),
)
Index("decision_entry", decision.c.entry_id)
Index(  # the entries of a story
    "decision_story",
    decision.c.story_id,
    sqlite_where=text("stage = 'story'"),
    postgresql_where=text("stage = 'story'"),
)

hit = Table(  # what rules have found: outlives the entries; ordered by rule and time, which is how it is asked
    "hit",
    metadata,
    Column("rule", PlainText, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("entry_id", PlainText, primary_key=True),
    _given("source", PlainText),
    _given("text_key", LargeBinary),
    _given("names", TextList),
    Index("hit_source", "source", "at", "rule"),
    sqlite_with_rowid=False,
)

tally = Table(  # of rules with a threshold
    "tally",
    metadata,
    Column("rule", PlainText, primary_key=True),
    Column("since", Moment),
    Column("told_at", Moment),
    _given("version", Integer),  # two polls that count hits of one rule at once are told apart by it
)

node = Table(
    "node",
    metadata,
    Column("name", PlainText, primary_key=True),
    _given("version", PlainText),
    _given("started_at", Moment),
    _given("beat_at", Moment),
    _given("rules_hash", PlainText),
)

mute = Table(
    "mute",
    metadata,
    Column("id", PlainText, primary_key=True),
    _given("by", PlainText),
    _given("reason", PlainText),
    _given("since", Moment),
    Column("until", Moment),
    _given("story", PlainText),
    _given("rule", PlainText),
    _given("feed", PlainText),
    _given("channel", PlainText),
    _given("recipient", PlainText),
    _given("tell", Boolean),
    Column("ended_at", Moment),
    _given("ended_by", PlainText),
)

secret = Table(  # random bytes that links are signed with
    "secret",
    metadata,
    Column("name", PlainText, primary_key=True),
    _given("value", LargeBinary),
)

breaker = Table(
    "breaker",
    metadata,
    Column("id", PlainText, primary_key=True),
    _given("subject", PlainText),
    _given("name", PlainText),
    _given("since", Moment),
    _given("reason", PlainText),
    Column("ended_at", Moment),
    _given("ended_by", PlainText),
    _given("ending", PlainText),
)
Index(  # one is open for a rule or feed
    "breaker_open",
    breaker.c.subject,
    breaker.c.name,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

pulse = Table(  # how many alerts rules and feeds raise: what breakers count, 15 days of it
    "pulse",
    metadata,
    Column("subject", PlainText, primary_key=True),
    Column("name", PlainText, primary_key=True),
    Column("at", Moment, primary_key=True),  # of the poll
    _given("alerts", Integer),
    sqlite_with_rowid=False,
)

action = Table(  # the audit trail: what people did
    "action",
    metadata,
    Column("id", Counter, primary_key=True),
    _given("at", Moment),
    _given("by", PlainText),
    _given("via", PlainText),
    _given("verb", PlainText),
    _given("subject", PlainText),
    _given("detail", PlainText),
    Index("action_subject", "subject"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("alert_id", PlainText, primary_key=True),
    Column("rule", PlainText, primary_key=True),
    Column("by", PlainText, primary_key=True),
    _given("at", Moment),
    _given("relevant", Boolean),
    _given("spellings", TextList),
    _given("text", PlainText),
    sqlite_with_rowid=False,
)

host = Table(  # whose feeds several daemons ask in turn
    "host",
    metadata,
    Column("name", PlainText, primary_key=True),
    _given("free_at", Moment),
    _given("turn_at", Moment),
)

chore = Table(  # what one daemon does for all
    "chore",
    metadata,
    Column("name", PlainText, primary_key=True),
    _given("due", Moment),  # next, or when the lease of whoever does it runs out
    _given("token", Counter),
    _given("strikes", Integer),  # claims in a row that nobody finished
)
