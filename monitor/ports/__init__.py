"""The doors of the house: what the pipeline asks of the world outside, in its own words.

`monitor.testing` has a fake for each of them.
"""

from monitor.ports.doors import ArticleFetcher, Clock, Fetcher, Hear, HubClient, Listener, Notifier, Parser
from monitor.ports.records import (
    AlertRecord,
    Cursor,
    DeadReport,
    DeliveryRecord,
    EntryRecord,
    FeedFindings,
    FeedReport,
    HitRecord,
    NodeReport,
    OwedReport,
    Pruned,
    PrunePlace,
    RuleStats,
    Sighting,
    StateReport,
    StatusReport,
)
from monitor.ports.store import Store

__all__ = [
    "AlertRecord",
    "ArticleFetcher",
    "Clock",
    "Cursor",
    "DeadReport",
    "DeliveryRecord",
    "EntryRecord",
    "FeedFindings",
    "FeedReport",
    "Fetcher",
    "Hear",
    "HitRecord",
    "HubClient",
    "Listener",
    "NodeReport",
    "Notifier",
    "OwedReport",
    "Parser",
    "PrunePlace",
    "Pruned",
    "RuleStats",
    "Sighting",
    "StateReport",
    "StatusReport",
    "Store",
]
