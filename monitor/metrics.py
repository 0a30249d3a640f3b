"""What this daemon counts and times, for Prometheus: names by its conventions, few series, no feed, rule or URL.

Where a number is about all daemons that share a store (`LevelsCollector`), each of them tells the same.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    Summary,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor import __version__
from monitor.model import (
    ClaimedDelivery,
    Dead,
    DeliveryKind,
    InDoubt,
    Message,
    PollOutcome,
    Priority,
    Retry,
    Sent,
    Settlement,
    Skipped,
)
from monitor.ports import Levels, Meter

POLL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
SEND_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)
NEWS_BUCKETS: Final = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
STORE_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
LAG_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
POLL_OUTCOMES: Final = ("news", "nothing", "failed", "dropped")
ENDS: Final = {Sent: "sent", Retry: "retry", InDoubt: "in_doubt", Dead: "dead", Skipped: "skipped"}

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time of birth for each series: as many series again, and none for anybody


class Metrics(Meter):
    """Count and time, into a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.levels = LevelsCollector()
        registry.register(self.levels)
        about = Info("monitor_build", "What runs here.", registry=registry)
        about.info({"version": __version__, "python": platform.python_version()})
        self._count_polls()
        self._count_deliveries()
        self._count_store()
        self._describe_files()
        self._errors = Counter("monitor_internal_errors", "Mistakes in this program that it met.", registry=registry)
        self._lag = Histogram(
            "monitor_loop_lag_seconds", "How late the event loop was.", buckets=LAG_BUCKETS, registry=registry
        )
        for crew in ("polls", "sends"):
            self.at_work(crew, 0)

    def _count_polls(self) -> None:
        registry = self.registry
        self._polls = Counter("monitor_polls", "Polls of feeds, by what came of them.", ["outcome"], registry=registry)
        self._pushes = Counter("monitor_pushes", "Pages that hubs have pushed.", ["outcome"], registry=registry)
        for outcome in POLL_OUTCOMES:
            self._polls.labels(outcome)
            self._pushes.labels(outcome)
        self._causes = Counter(
            "monitor_poll_failures", "Polls that failed, by the cause.", ["cause"], registry=registry
        )
        self._poll_time = Histogram(
            "monitor_poll_duration_seconds",
            "From the beginning of a poll until it is recorded.",
            buckets=POLL_BUCKETS,
            registry=registry,
        )
        self._entries = Counter("monitor_entries", "Entries that were new.", registry=registry)
        self._hits = Counter("monitor_matches", "Hits of rules.", registry=registry)
        self._alerts = Counter("monitor_alerts", "Alerts raised, by priority.", ["priority"], registry=registry)
        for priority in Priority:
            self._alerts.labels(priority.name.lower())
        self._parsers = Counter("monitor_parser_starts", "Processes started to parse documents.", registry=registry)
        self._broken = Counter(
            "monitor_parser_failures", "Such processes that broke down or had to be stopped.", registry=registry
        )
        self._busy = Gauge("monitor_tasks", "Polls and sendings under way.", ["kind"], registry=registry)

    def _count_deliveries(self) -> None:
        labels = ["channel", "type", "outcome"]
        self._sends = Counter(
            "monitor_deliveries", "Attempts to deliver, by their end.", labels, registry=self.registry
        )
        self._send_time = Histogram(
            "monitor_delivery_duration_seconds",
            "Of one attempt to deliver, until its end is recorded.",
            ["type"],
            buckets=SEND_BUCKETS,
            registry=self.registry,
        )
        self._news_time = Histogram(
            "monitor_delivery_latency_seconds",
            "From the first sight of an entry until its message is sent; those that were held are not counted.",
            buckets=NEWS_BUCKETS,
            registry=self.registry,
        )
        self._types: dict[str, str] = {}

    def _count_store(self) -> None:
        self._store_time = Histogram(
            "monitor_store_duration_seconds",
            "Of one call of the store, without its wait.",
            buckets=STORE_BUCKETS,
            registry=self.registry,
        )
        self._store_wait = Histogram(
            "monitor_store_wait_seconds",
            "How long a call waited for those before it.",
            buckets=STORE_BUCKETS,
            registry=self.registry,
        )
        self._store_calls = Summary(
            "monitor_store_call_duration_seconds", "The same by call.", ["call"], registry=self.registry
        )
        self._store_errors = Counter(
            "monitor_store_errors", "Calls that failed: disk full, server gone.", registry=self.registry
        )

    def _describe_files(self) -> None:
        registry = self.registry
        self._rules = Gauge("monitor_rules", "Rules in use.", registry=registry)
        self._feeds = Gauge("monitor_feeds_configured", "Feeds in the files.", registry=registry)
        self._ruleset = Info("monitor_ruleset", "Which rules are in use.", registry=registry)
        self._well = Gauge(
            "monitor_config_last_reload_successful", "Whether the files were free of mistakes.", registry=registry
        )
        self._loaded_at = Gauge(
            "monitor_config_last_reload_success_timestamp_seconds", "When those in use were read.", registry=registry
        )
        self._channels = Gauge("monitor_channel_info", "Channels in use.", ["channel", "type"], registry=registry)

    def polled(self, outcome: PollOutcome | None, seconds: float) -> None:
        """Count one poll; see `Meter`."""
        self._poll_time.observe(seconds)
        self._count(self._polls, outcome)

    def pushed(self, outcome: PollOutcome | None) -> None:
        """Count what a hub has pushed; see `Meter`."""
        self._count(self._pushes, outcome)

    def _count(self, polls: Counter, outcome: PollOutcome | None) -> None:
        if outcome is None:
            polls.labels("dropped").inc()
            return
        state = outcome.state
        if state.cause is not None and state.failures:
            polls.labels("failed").inc()
            self._causes.labels(state.cause.value).inc()
            return
        polls.labels("news" if outcome.entries else "nothing").inc()
        if outcome.entries:
            self._entries.inc(len(outcome.entries))
            self._hits.inc(len(outcome.hits))
        for alert in outcome.alerts:
            self._alerts.labels(alert.priority.name.lower()).inc()

    def attempted(self, claimed: ClaimedDelivery, settlement: Settlement | None, seconds: float, now: datetime) -> None:
        """Count one attempt to deliver; see `Meter`."""
        delivery = claimed.delivery
        kind = self._types.get(delivery.channel, "unknown")
        self._sends.labels(delivery.channel, kind, ENDS.get(type(settlement), "dropped")).inc()
        self._send_time.labels(kind).observe(seconds)
        news = delivery.kind in (DeliveryKind.POST, DeliveryKind.REPLY) and delivery.alert_id and not claimed.was_held
        if news and isinstance(settlement, Sent) and isinstance(delivery.message, Message):
            self._news_time.observe(max((now - delivery.message.seen_at).total_seconds(), 0.0))

    def stored(self, call: str, *, waited: float, took: float, failed: bool) -> None:
        """Count one call of the store; see `Meter`."""
        self._store_wait.observe(waited)
        self._store_time.observe(took)
        self._store_calls.labels(call).observe(took)
        if failed:
            self._store_errors.inc()

    def parser_started(self) -> None:
        """Count a process that parses; see `Meter`."""
        self._parsers.inc()

    def parser_stopped(self) -> None:
        """Count a process that broke down; see `Meter`."""
        self._broken.inc()

    def lagged(self, seconds: float) -> None:
        """Note how late the event loop was; see `Meter`."""
        self._lag.observe(seconds)

    def failed(self) -> None:
        """Count an internal error; see `Meter`."""
        self._errors.inc()

    def reloaded(self, now: datetime, *, well: bool) -> None:
        """Note that the files were read; see `Meter`."""
        self._well.set(well)
        if well:
            self._loaded_at.set(now.timestamp())

    def uses(self, *, rules: int, rules_hash: str, feeds: int, channels: Mapping[str, str]) -> None:
        """Note what the files say; see `Meter`."""
        self._rules.set(rules)
        self._feeds.set(feeds)
        self._ruleset.info({"hash": rules_hash})
        for channel, kind in self._types.items() - channels.items():
            with suppress(KeyError):  # that is what it raises where the series is gone already
                self._channels.remove(channel, kind)
        self._types = dict(channels)
        for channel, kind in channels.items():
            self._channels.labels(channel, kind).set(1)
            for end in ENDS.values():  # from 0 on: who asks for an increase sees the first one
                self._sends.labels(channel, kind, end)

    def at_work(self, kind: str, count: int) -> None:
        """Note how many pieces of work of a kind are under way."""
        self._busy.labels(kind).set(count)


class LevelsCollector(Collector):
    """Tell what the store counted last; nothing where it could not."""

    def __init__(self) -> None:
        self._levels: Levels | None = None
        self._now: datetime | None = None

    def show(self, levels: Levels | None, now: datetime) -> None:
        """Take what the store counts at this time, None = it does not answer."""
        self._levels, self._now = levels, now

    def collect(self) -> Iterator[Metric]:
        """Make metrics of it."""
        levels, now = self._levels, self._now
        if now is None:  # nobody has asked the store yet
            return
        yield GaugeMetricFamily("monitor_store_up", "Whether the store answers.", value=levels is not None)
        if levels is None:
            return
        feeds = GaugeMetricFamily("monitor_feeds", "Watched feeds, by health.", labels=["health"])
        for health, count in levels.feeds.items():
            feeds.add_metric([health], count)
        yield feeds
        late = (now - levels.feed_due).total_seconds() if levels.feed_due else 0.0
        yield GaugeMetricFamily("monitor_poll_lag_seconds", "How long the longest waiting feed is due.", value=late)
        yield from _lanes(levels, now)
        yield GaugeMetricFamily(
            "monitor_breakers_open", "Rules and feeds whose alerts are held.", value=levels.breakers
        )
        yield GaugeMetricFamily("monitor_nodes", "Daemons that live.", value=levels.nodes)


def _lanes(levels: Levels, now: datetime) -> Iterator[Metric]:
    names = ["channel", "state"]
    counts = GaugeMetricFamily("monitor_outbox_messages", "Messages that are not settled.", labels=names)
    oldest = GaugeMetricFamily("monitor_outbox_oldest_age_seconds", "Since the oldest of them.", labels=names)
    for lane in levels.lanes:
        counts.add_metric([lane.channel, lane.state], lane.count)
        oldest.add_metric([lane.channel, lane.state], (now - lane.since).total_seconds())
    yield counts
    yield oldest
